"""A `rotate` that is killed leaves every file old or new, and the next run finishes it."""

from __future__ import annotations

from pathlib import Path

from tests.killed_rekey import KilledTree
from tests.world import World


def test_a_killed_rotation_leaves_files_that_open_and_the_next_run_finishes(
    tmp_path: Path,
) -> None:
    tree = KilledTree(World(tmp_path))
    for number in range(2):
        tree.round(number)
    assert tree.killed
