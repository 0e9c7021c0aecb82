"""`sopsmith key bucket` makes the place of backups ready, and says how it stands."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from tests.world import World

from sopsmith.cli.main import run

PAGE = Path(__file__).parents[2] / "docs/how-to/backup-storage.md"
SETTINGS = "version: 1\nenvironments: {dev: {}}\nbackup: {store: 'file://%s'}\n"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a repository whose store is a folder that is not there."""
    (tmp_path / "repo").mkdir()
    folder = tmp_path / "mnt" / "backups"
    (tmp_path / "repo" / "sopsmith.yaml").write_text(SETTINGS % folder)
    monkeypatch.chdir(tmp_path / "repo")
    return folder


def test_a_folder_is_made_for_its_owner_alone(
    store: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["key", "bucket", "--dry-run"]) == 0
    assert run(["key", "bucket", "--check"]) == 3
    assert not store.exists()
    assert run(["key", "bucket"]) == 0
    assert store.stat().st_mode & 0o777 == 0o700
    assert run(["key", "bucket", "--check"]) == 0
    assert capfd.readouterr().out.splitlines()[-2:] == [
        f"done     place for backups: {store} is there",
        "done     no access for others: closed to others",
    ]


def test_a_folder_that_others_may_enter_is_a_problem(
    store: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    store.mkdir(parents=True)
    store.chmod(0o755)
    assert run(["key", "bucket", "--check", "-o", "json"]) == 3
    seen = json.loads(capfd.readouterr().out)
    assert [(one["step"], one["state"]) for one in seen] == [
        ("store", "done"),
        ("privacy", "needed"),
    ]
    assert seen[1]["why"] == "open to other users of this machine (mode 0755)"


def test_a_file_in_its_place_blocks_and_stays(
    store: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    store.parent.mkdir()
    store.write_text("a file")
    assert run(["key", "bucket"]) == 1
    assert f"{store}: is no folder" in capfd.readouterr().out
    assert store.read_text() == "a file"


def test_the_two_ways_to_only_look_are_not_given_together(store: Path) -> None:
    assert run(["key", "bucket", "--check", "--dry-run"]) == 2


def test_the_example_of_the_how_to_runs(tmp_path: Path) -> None:
    world = World(tmp_path)
    found = re.findall(r"<!-- run -->\n```sh\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert len(found) == 1
    said = world.run("bash", "-euo", "pipefail", "-c", found[0])
    assert said.count(b"done     place for backups") == 2
