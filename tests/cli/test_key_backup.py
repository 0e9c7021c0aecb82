"""Identities that were lost come back from a backup, with a recovery identity or its shares."""

from __future__ import annotations

import io
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from tests.unit.flows.backup_stage import Site
from tests.unit.flows.stage import ROOT

from sopsmith import age
from sopsmith.cli.main import run
from sopsmith.repo.backups import RECORD
from sopsmith.repo.context_edit import tie_context

SETTINGS = "sopsmith.yaml"


class Laptop:
    """A repository with encrypted files, and a HOME with their identities."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.home, self.repo, self.safe = folder / "home", folder / "repo", folder / "safe"
        self.keys = self.home / ".config/sops/age/keys.txt"
        self.store = self.home / ".local/share/sopsmith/backups"
        self._monkeypatch = monkeypatch
        site = Site()
        for path, data in site.files.held.items():
            self._put(self.repo / path.removeprefix(f"{ROOT}/"), path.startswith(ROOT), data)
        self._put(self.keys, True, site.files.held["/home/keys.txt"])
        self.safe.mkdir()
        monkeypatch.chdir(self.repo)
        for name in [name for name in os.environ if name.startswith(("SOPS", "AWS_", "XDG_"))]:
            monkeypatch.delenv(name)
        monkeypatch.setenv("HOME", str(self.home))

    def _put(self, path: Path, here: bool, data: bytes) -> None:
        if here:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)

    def recovery(self, *words: str) -> Path:
        """Make a recovery identity, and return where it is."""
        path = self.safe / "recovery.txt"
        assert run(["key", "recovery", "generate", "--out", str(path), *words]) == 0
        return path

    def lose(self) -> bytes:
        """Lose the identities, and return what was lost."""
        data = self.keys.read_bytes()
        self.keys.unlink()
        return data

    def pipe(self, text: str) -> None:
        """Let a text come from standard input."""
        stream = io.TextIOWrapper(io.BytesIO(text.encode()))
        self._monkeypatch.setattr(sys, "stdin", stream)


@pytest.fixture
def laptop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Laptop:
    """Return a laptop that stands in its repository."""
    return Laptop(tmp_path, monkeypatch)


def said(capfd: pytest.CaptureFixture[str], *argv: str, code: int = 0) -> tuple[str, str]:
    """Run a command and return what it wrote to stdout and stderr."""
    capfd.readouterr()
    assert run(list(argv)) == code, capfd.readouterr().err
    captured = capfd.readouterr()
    return captured.out, captured.err


def test_a_lost_file_of_identities_comes_back(
    laptop: Laptop, capfd: pytest.CaptureFixture[str]
) -> None:
    recovery = laptop.recovery("--name", "the safe")
    assert stat.S_IMODE(recovery.stat().st_mode) == 0o600
    out, err = said(capfd, "key", "backup")
    assert out == f"{laptop.store}/backup-000001.json\n"
    assert "stored 2 identities for 1 recovery recipient, read back" in err
    lost = laptop.lose()
    _, err = said(capfd, "key", "restore", "--identity-file", str(recovery))
    assert laptop.keys.read_bytes() == lost
    assert stat.S_IMODE(laptop.keys.stat().st_mode) == 0o600
    assert "prod: 1 of 1 encrypted files open" in err
    assert run(["verify", "--jobs", "1"]) == 0


def test_a_dry_run_stores_and_restores_nothing(
    laptop: Laptop, capfd: pytest.CaptureFixture[str]
) -> None:
    recovery = laptop.recovery()
    _, err = said(capfd, "key", "backup", "--dry-run")
    assert "dry run: nothing was stored" in err
    assert not laptop.store.exists()
    assert not (laptop.repo / RECORD).exists()
    said(capfd, "key", "backup")
    laptop.lose()
    said(capfd, "key", "restore", "1", "--identity-file", str(recovery), "--dry-run")
    assert not laptop.keys.exists()


def test_json_has_what_a_program_needs(laptop: Laptop, capfd: pytest.CaptureFixture[str]) -> None:
    recovery = laptop.recovery()
    out, _ = said(capfd, "key", "backup", "-o", "json")
    made = json.loads(out)
    assert (made["number"], made["stored"], len(made["recipients"])) == (1, True, 2)
    out, _ = said(capfd, "key", "restore", "--identity-file", str(recovery), "-o", "json")
    assert json.loads(out)["opened"]["dev"] == {"opened": 1, "files": 1}


def test_the_recovery_identity_is_on_no_disk_but_where_it_was_put(
    laptop: Laptop, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    recovery = laptop.recovery().read_text().splitlines()[-1].encode()
    said(capfd, "key", "backup")
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    holding = [path.name for path in files if recovery in path.read_bytes()]
    assert holding == ["recovery.txt"]


def test_any_two_of_three_holders_restore(
    laptop: Laptop, capfd: pytest.CaptureFixture[str]
) -> None:
    holders = [age.generate() for _ in range(3)]
    to = [word for _, recipient in holders for word in ("--to", recipient)]
    folder = laptop.safe / "shares"
    said(capfd, "key", "recovery", "generate", "--shares", "2-of-3", "--out", str(folder), *to)
    said(capfd, "key", "backup")
    lost = laptop.lose()
    paths = [folder / f"share-{number}.age" for number in (1, 2, 3)]
    opened = [
        age.unwrap(path.read_text(), age.parse_identities(secret.reveal().decode(), "holder"))
        for path, (secret, _) in zip(paths, holders, strict=True)
    ]
    texts = [(one or b"").decode() for one in opened]
    laptop.pipe(texts[0])
    said(capfd, "key", "restore", code=1)
    laptop.pipe(texts[2] + texts[0])
    said(capfd, "key", "restore")
    assert laptop.keys.read_bytes() == lost


def test_a_share_for_an_identity_at_hand_is_opened_here_and_another_is_piped_in(
    laptop: Laptop, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, (_, other) = age.generate(), age.generate()
    (laptop.safe / "mine").write_bytes(mine[0].reveal())
    folder = laptop.safe / "shares"
    words = ["--shares", "2-of-2", "--to", mine[1], "--to", other, "--out", str(folder)]
    said(capfd, "key", "recovery", "generate", *words)
    monkeypatch.setenv("SOPS_AGE_KEY_FILE", str(laptop.safe / "mine"))
    share = str(folder / "share-2.age")
    _, err = said(capfd, "key", "restore", "--share", share, code=1)
    assert "encrypted to none of the identities here" in err
    share = str(folder / "share-1.age")
    _, err = said(capfd, "key", "restore", "--share", share, code=1)
    assert "1 share cannot give the recovery identity: 2 are needed" in err


def test_a_share_for_an_ssh_key_is_opened_here(
    laptop: Laptop, capfd: pytest.CaptureFixture[str]
) -> None:
    key = laptop.home / ".ssh/id_ed25519"
    key.parent.mkdir()
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    mine = key.with_suffix(".pub").read_text().strip()
    folder = laptop.safe / "shares"
    words = ["--shares", "2-of-2", "--to", mine, "--to", age.generate()[1], "--out", str(folder)]
    said(capfd, "key", "recovery", "generate", *words)
    share = str(folder / "share-1.age")
    _, err = said(capfd, "key", "restore", "--share", share, code=1)
    assert "1 share cannot give" in err


def test_printed_shares_are_printed_once_and_restore(
    laptop: Laptop, capfd: pytest.CaptureFixture[str]
) -> None:
    words = ["--shares", "2-of-3", "--print"]
    shares, _ = said(capfd, "key", "recovery", "generate", *words)
    assert len(shares.splitlines()) == 3
    said(capfd, "key", "backup")
    laptop.lose()
    laptop.pipe("\n".join(shares.splitlines()[:2]))
    said(capfd, "key", "restore")
    assert laptop.keys.exists()


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--print", "--out", "x"],
        ["--shares", "2", "--print"],
        ["--shares", "3-of-2", "--print"],
        ["--to", age.generate()[1], "--print"],
        ["--shares", "2-of-3", "--to", age.generate()[1], "--print"],
        ["--shares", "2-of-3", "--out", "../safe"],
    ],
)
def test_words_that_do_not_fit_make_nothing(laptop: Laptop, words: list[str]) -> None:
    before = (laptop.repo / SETTINGS).read_bytes()
    assert run(["key", "recovery", "generate", *words]) == 2
    assert (laptop.repo / SETTINGS).read_bytes() == before
    assert list(laptop.safe.iterdir()) == []


def test_the_recovery_identity_is_neither_put_into_the_repository_nor_over_a_file(
    laptop: Laptop, capfd: pytest.CaptureFixture[str]
) -> None:
    before = (laptop.repo / SETTINGS).read_bytes()
    taken = laptop.safe / "taken"
    taken.write_text("mine")
    for out in ("recovery.txt", str(taken)):
        said(capfd, "key", "recovery", "generate", "--out", out, code=1)
    assert taken.read_text() == "mine"
    assert (laptop.repo / SETTINGS).read_bytes() == before


def test_a_medium_that_is_not_mounted_gets_no_recovery_identity(
    laptop: Laptop, capfd: pytest.CaptureFixture[str]
) -> None:
    out = laptop.safe / "stick/recovery.txt"
    _, err = said(capfd, "key", "recovery", "generate", "--out", str(out), code=1)
    assert "is the medium mounted?" in err
    assert list(laptop.safe.iterdir()) == []


@pytest.mark.parametrize(
    "words",
    [
        ["0"],
        ["latest"],
        ["--to-cluster", "prod", "--keys-file", "x"],
        ["--context", "prod"],
        ["--to-cluster", "qa"],
        ["--to-cluster", "prod"],
        ["--to-cluster", "dev", "--context", "prod@x"],
        ["--identity-file", "x", "--share", "y"],
    ],
)
def test_words_that_do_not_fit_restore_nothing(laptop: Laptop, words: list[str]) -> None:
    before = laptop.keys.read_bytes()
    path = laptop.repo / SETTINGS
    path.write_bytes(tie_context(path.read_bytes(), "dev", "dev@x"))
    assert run(["key", "restore", *words]) == 2
    assert laptop.keys.read_bytes() == before


def test_without_recovery_recipients_the_next_step_is_named(
    laptop: Laptop, capfd: pytest.CaptureFixture[str]
) -> None:
    _, err = said(capfd, "key", "backup", code=1)
    assert "hint: sopsmith key recovery generate" in err


def test_a_drill_says_how_long_each_step_took_and_leaves_nothing(
    laptop: Laptop, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    before = sorted(tmp_path.rglob("*"))
    out, _ = said(capfd, "key", "drill", "--allow-disk", "-o", "json")
    report = json.loads(out)
    assert len(report["steps"]) == 6
    assert report["lacking"] == []
    assert report["opened"]["prod"] == {"opened": 1, "files": 1}
    assert sorted(tmp_path.rglob("*")) == before


def test_a_drill_that_lacks_a_file_ends_with_3(
    laptop: Laptop, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = laptop.repo / "bootstrap/argocd/overlays/main"
    prod = next((folder / "prod/secrets").glob("*.secret.yaml"))
    (folder / "dev/secrets/stray.secret.yaml").write_bytes(prod.read_bytes())
    laptop.keys.write_bytes(laptop.keys.read_bytes().split(b"# sopsmith: prod")[0])
    _, err = said(capfd, "key", "drill", "--allow-disk", code=3)
    assert "dev: 1 of 2 encrypted files open" in err
