"""The real kustomize gives the waves that the check follows patches to."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from tests.unit.repo.test_wave_patches import EARLIER, LATER, OVERLAY, levels
from tests.world import World

from sopsmith.repo.diagnosis import OK
from sopsmith.repo.waves import find_late_secrets

pytestmark = pytest.mark.e2e
CASES = LATER | EARLIER


@pytest.mark.parametrize("way", CASES)
def test_the_real_kustomize_says_the_same(tmp_path: Path, tools: Path, way: str) -> None:
    world = World(tmp_path, (tools,))
    ours = levels(world.work, CASES[way])[0][0]
    built = world.run("kustomize", "build", OVERLAY)
    late = find_late_secrets(list(yaml.safe_load_all(built)), set())
    assert (ours == OK) == (not late)
