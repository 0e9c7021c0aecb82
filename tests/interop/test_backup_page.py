"""A backup opens without sopsmith, by the original age, with the words of the how-to."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.pages import ROOT, bash, read_blocks
from tests.world import World

JQ = (
    'command -v jq >/dev/null || jq() { python3 -c "import json, sys; '
    "print(json.load(open(sys.argv[1]))['payload'], end='')\" \"$3\"; }\n"
)
"""Not every machine that runs the tests has jq; the page needs this much of it."""


@pytest.mark.e2e
def test_a_backup_opens_by_hand(tmp_path: Path) -> None:
    world = World(tmp_path, (ROOT / ".tools/bin",))
    (script,) = (
        one.script for one in read_blocks("docs/how-to/backup.md") if one.mark == "run with age"
    )
    bash(world, "sopsmith init .; sopsmith key recovery generate --name safe --out ../recovery.txt")
    bash(world, "sopsmith key backup")
    (backup,) = world.home.rglob("backup-000001.json")
    backup.rename(world.work / "backup-000007.json")
    (tmp_path / "recovery.txt").rename(world.work / "recovery.txt")
    opened = bash(world, JQ, script)
    (dev, *_others) = world.keys_file.read_text().split("AGE-SECRET-KEY-1")[1:]
    assert dev.split()[0] in opened
