"""Fifty rotations of 500 files are killed at random moments."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.killed_rekey import KilledTree
from tests.world import World

ROUNDS = 50


@pytest.mark.e2e
def test_killed_rotations_leave_files_that_open_and_the_next_run_finishes(tmp_path: Path) -> None:
    tree = KilledTree(World(tmp_path))
    for number in range(ROUNDS):
        tree.round(number)
    assert tree.killed >= ROUNDS // 2
