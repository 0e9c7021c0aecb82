"""The hooks for other repositories are commands that exist, and refuse what they are for."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.world import World

PAGE = Path(__file__).parents[2] / ".pre-commit-hooks.yaml"
HOOKS: list[dict[str, Any]] = yaml.safe_load(PAGE.read_text("utf-8"))
PLAIN = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: plain\nstringData:\n  value: made-up\n"


def run(world: World, hook: dict[str, Any], *names: str) -> int:
    """Run a hook as pre-commit does and return its exit code."""
    given = names if hook.get("pass_filenames", True) else ()
    return world.attempt(*shlex.split(hook["entry"]), *given).returncode


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: str(hook["id"]))
def test_a_hook_passes_what_is_sound_and_refuses_a_plain_secret(
    tmp_path: Path, hook: dict[str, Any]
) -> None:
    world = World(tmp_path)
    (world.work / "a.yaml").write_text("a: 1\n")
    assert run(world, hook, "a.yaml") == 0
    (world.work / "a.yaml").write_text(PLAIN)
    assert run(world, hook, "a.yaml") == 3
