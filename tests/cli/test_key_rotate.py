"""key rotate and key status as a user runs them, on a platform without a cluster."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.world import World

from sopsmith import age
from sopsmith.adapters.files import LocalFiles
from sopsmith.cli.consent_words import remember_recovery
from sopsmith.cli.main import run
from sopsmith.cli.rotation_words import show
from sopsmith.flows.backup_checks import readers_of
from sopsmith.flows.rotation import Outcome, find_rotations
from sopsmith.repo.key_file import parse_key_file
from sopsmith.repo.root import read_settings

RECOVERY = age.generate()[1]
ROTATE = ("key", "rotate", "-e", "prod")


class Site:
    """A repository in a world of its own, and what commands say there."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any) -> None:
        self.world = World(folder)
        for name, value in self.world.environ.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("XDG_DATA_HOME", raising=False)
        monkeypatch.chdir(self.world.work)
        self.capfd = capfd
        (self.world.work / ".env").write_text("PROD_DB_PASSWORD=made-up\nDNS_TOKEN=made-up\n")
        self.git("init", "-q", "-b", "main")
        self.run("init", ".")
        self.run("generate")
        settings = self.world.work / "sopsmith.yaml"
        settings.write_text(settings.read_text() + f"recovery:\n  recipients: [{RECOVERY}]\n")
        self.accept()
        self.commit()

    def accept(self) -> None:
        """Accept the recovery recipient, as whoever has made it has."""
        files, here = LocalFiles(), "."
        settings = read_settings(files, here)
        remember_recovery(here, settings, [RECOVERY], readers_of(settings, ()))

    def run(self, *argv: str) -> tuple[int, str, str]:
        """Run a command; return exit code, stdout and stderr."""
        self.capfd.readouterr()
        code = run(list(argv))
        said = self.capfd.readouterr()
        return code, said.out, said.err

    def git(self, *words: str) -> None:
        """Run git."""
        subprocess.run(["git", *words], check=True, capture_output=True)

    def commit(self) -> None:
        """Commit everything."""
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "a change")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any) -> Site:
    return Site(tmp_path, monkeypatch, capfd)


def test_a_rotation_stops_for_the_push_and_ends_when_told(site: Site) -> None:
    code, said, told = site.run(*ROTATE, "--no-cluster")
    assert code == 0
    assert said.startswith("prod: sync: ")
    assert "commit and push" in said
    assert "move: move the repository to the new recipient" in told
    assert (
        "\nnext: git add --all && git commit --message 'Rotate an identity' && git push, then "
        in told
    )
    assert told.endswith(": sopsmith key rotate --environment prod --no-cluster --synced\n")
    (row,) = json.loads(site.run("key", "status", "-o", "json")[1])
    assert row["next"] == "sync"
    assert row["command"] == "sopsmith key rotate --environment prod --no-cluster --synced"
    assert row["backup"].endswith("backup-000001.json")
    site.commit()
    code, said, _ = site.run(*ROTATE, "--no-cluster", "--synced")
    assert (code, said.split(": ")[:2]) == (0, ["prod", f"done at {said[14:34]}"])
    assert "done" in site.run("key", "status")[1]
    assert site.world.keys_file.read_text().count("# retired: ") == 1
    assert site.world.keys_file.stat().st_mode & 0o777 == 0o600
    assert site.run("verify")[0] == 0


def test_no_identity_is_ever_said(site: Site) -> None:
    said = "".join(map(str, site.run(*ROTATE, "--no-cluster")))
    said += "".join(map(str, site.run("key", "status", "-o", "json")))
    state = (site.world.work / ".sopsmith/rotations/prod.json").read_text()
    for entry in parse_key_file(site.world.keys_file.read_bytes(), "keys.txt"):
        assert entry.line.reveal().decode() not in said + state


def test_a_cluster_is_named_and_never_guessed(site: Site) -> None:
    code, said, told = site.run(*ROTATE)
    assert (code, said) == (2, "")
    assert "names no context for prod" in told


def test_an_environment_that_is_tied_goes_nowhere_else(site: Site) -> None:
    settings = site.world.work / "sopsmith.yaml"
    settings.write_text(settings.read_text().replace("  prod:", "  prod:\n    context: prod@prod"))
    for flags in (("--context", "dev@dev"), ("--no-cluster",)):
        code, _, told = site.run(*ROTATE, *flags)
        assert code == 2
        assert "tied to the context prod@prod" in told


def test_a_dry_run_writes_nothing(site: Site) -> None:
    before = site.world.keys_file.read_bytes()
    code, said, _ = site.run(*ROTATE, "--no-cluster", "--dry-run")
    assert code == 0
    assert said.splitlines()[1].startswith("generate")
    assert site.world.keys_file.read_bytes() == before
    assert not (site.world.work / ".sopsmith/rotations").exists()


def test_a_wait_that_is_no_duration_is_refused(site: Site) -> None:
    code, _, told = site.run(*ROTATE, "--no-cluster", "--wait", "soon")
    assert code == 2
    assert "1h30m" in told


def test_a_wait_that_was_not_long_enough_ends_with_3(site: Site) -> None:
    site.run(*ROTATE, "--no-cluster")
    (rotation,) = find_rotations(LocalFiles(), ".")
    assert show(Outcome(rotation, "not yet"), waited=True, as_json=False) == 3
    assert show(Outcome(rotation, "not yet"), waited=False, as_json=False) == 0


def test_what_cannot_be_taken_back_says_so(site: Site) -> None:
    assert site.run(*ROTATE, "--no-cluster", "--abort")[0] == 2
    site.run(*ROTATE, "--no-cluster")
    code, _, told = site.run(*ROTATE, "--no-cluster", "--abort")
    assert code == 2
    assert "nothing is taken back" in told


def test_no_rotation_is_said(site: Site) -> None:
    code, said, told = site.run("key", "status")
    assert (code, said) == (0, "")
    assert "no rotation has been begun" in told
