"""No identity leaves this machine for somebody whom nobody here has accepted."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cli.test_key_backup import Laptop, said

from sopsmith import age
from sopsmith.cli.main import run
from sopsmith.repo.recipients import NamedRecipient
from sopsmith.repo.recovery_edit import add_recovery

STRANGER = age.generate()[1]


@pytest.fixture
def laptop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Laptop:
    """Return a laptop whose repository names a stranger's recovery recipient and store."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    made = Laptop(tmp_path, monkeypatch)
    name(STRANGER)
    store(tmp_path / "theirs")
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    return made


def name(recipient: str) -> None:
    """Let the repository name a recovery recipient."""
    path = Path("sopsmith.yaml")
    path.write_bytes(add_recovery(path.read_bytes(), NamedRecipient(recipient, "a friend")))


def store(folder: Path) -> None:
    """Let the repository keep backups in a folder."""
    folder.mkdir()
    with Path("sopsmith.yaml").open("a") as handle:
        handle.write(f"backup: {{store: 'file://{folder}'}}\n")


def answer(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Sit at a terminal and type."""
    terminal = io.StringIO(text)
    terminal.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr(sys, "stdin", terminal)


@pytest.mark.parametrize(
    "words",
    [("key", "backup"), ("key", "backup", "--force"),
     ("key", "rotate", "-e", "prod", "--no-cluster")],
    ids=" ".join,
)  # fmt: skip
def test_in_a_strangers_clone_nothing_leaves(
    laptop: Laptop, capfd: pytest.CaptureFixture[str], tmp_path: Path, words: tuple[str, ...]
) -> None:
    before = laptop.keys.read_bytes()
    _, err = said(capfd, *words, code=2)
    assert not [*(tmp_path / "theirs").iterdir()]
    assert laptop.keys.read_bytes() == before
    assert "nobody has accepted here yet" in err
    assert f"identities of this machine are backed up for {STRANGER}" in err
    hint = err.splitlines()[-1]
    assert hint.startswith("hint: if you know them: sopsmith " + " ".join(words[:2]))
    assert f"--accept-recovery {STRANGER} --accept-store {tmp_path / 'theirs'}" in hint


def test_a_dry_run_says_what_would_be_asked(
    laptop: Laptop, capfd: pytest.CaptureFixture[str]
) -> None:
    _, err = said(capfd, "key", "backup", "--dry-run")
    assert f"would ask first: identities of this machine are backed up for {STRANGER}" in err


def test_what_is_accepted_on_the_command_line_is_remembered(
    laptop: Laptop, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    place = f"{tmp_path / 'theirs'}/"
    said(capfd, "key", "backup", "--accept-recovery", STRANGER, code=2)
    said(capfd, "key", "backup", "--accept-recovery", STRANGER, "--accept-store", place)
    said(capfd, "key", "backup", "--force")
    remembered = laptop.home / ".local/share/sopsmith/accepted-recovery.json"
    assert remembered.stat().st_mode & 0o777 == 0o600
    # A change of either by anybody asks again.
    settings = Path("sopsmith.yaml")
    settings.write_text(settings.read_text().replace(STRANGER, age.generate()[1]))
    said(capfd, "key", "backup", code=2)


def test_a_terminal_is_shown_who_named_whom_and_asked(
    laptop: Laptop, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    git = ("git", "-c", "user.name=Eve", "-c", "user.email=eve@example.org")
    for words in (("init", "-q"), ("add", "sopsmith.yaml"), ("commit", "-q", "-m", "x")):
        subprocess.run((*git, *words), check=True)
    answer(monkeypatch, "n\n")
    capfd.readouterr()
    assert run(["key", "backup"]) == 130
    err = capfd.readouterr().err
    assert f"to whoever can open    {STRANGER} (a friend), named by Eve <eve@example.org>" in err
    assert "send the identity of" in err and "(dev)" in err
    answer(monkeypatch, "y\n")
    said(capfd, "key", "backup")


def test_a_recovery_identity_that_was_made_here_is_accepted_by_that(
    laptop: Laptop, capfd: pytest.CaptureFixture[str]
) -> None:
    text = Path("sopsmith.yaml").read_text()
    Path("sopsmith.yaml").write_text(text[: text.index("recovery:")])
    laptop.recovery()
    said(capfd, "key", "backup")


def test_who_restores_has_the_recovery_identity_and_is_not_asked_again(
    laptop: Laptop, capfd: pytest.CaptureFixture[str]
) -> None:
    text = Path("sopsmith.yaml").read_text()
    Path("sopsmith.yaml").write_text(text[: text.index("recovery:")])
    path = laptop.recovery()
    said(capfd, "key", "backup")
    laptop.lose()
    (laptop.home / ".local/share/sopsmith/accepted-recovery.json").unlink()
    said(capfd, "key", "restore", "--identity-file", str(path))
    said(capfd, "key", "backup", "--force")
