"""What git calls goes past click, and does there what the commands do."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sopsmith import age
from sopsmith.cli import main, start
from sopsmith.sops.config import CreationRule
from sopsmith.sops.document import encrypt
from sopsmith.sops.selectors import Selector

NAME = "a.secret.yaml"
NOW = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with an encrypted file, for the identity at hand, outside of any git."""
    identity, recipient = age.generate()
    rule = CreationRule((recipient,), Selector("encrypted_regex", "^data$"))
    data = encrypt(b"data:\n    one: 1\n    two: x\n", "yaml", rule, now=NOW, path=NAME)
    (tmp_path / NAME).write_bytes(data)
    for name, value in {
        "SOPS_AGE_KEY": identity.reveal().decode(), "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1", "GIT_CEILING_DIRECTORIES": str(tmp_path.parent),
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def shown(capfdbinary: pytest.CaptureFixture[bytes]) -> bytes:
    return capfdbinary.readouterr().out


def test_textconv_shows_what_the_command_shows(
    folder: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert start.run_driver(["git", "textconv", NAME]) == 0
    quick = shown(capfdbinary)
    assert b"two: <str 1 byte #" in quick
    assert main.run(["git", "textconv", NAME]) == 0
    assert shown(capfdbinary) == quick


@pytest.mark.parametrize("setting", ["sopsmith.reveal", "sopsmith.byValue"])
def test_settings_of_git_are_the_commands(
    folder: Path, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", setting)
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "true")
    assert start.run_driver(["git", "textconv", NAME]) is None


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["--help"],
        ["git"],
        ["git", "textconv"],
        ["git", "textconv", "--help"],
        ["git", "textconv", "none.secret.yaml"],
        ["git", "textconv", NAME, "--reveal"],
        ["git", "merge-driver", "none", "none", "none", NAME, "--marker-size", "7"],
        ["git", "merge-driver", NAME, NAME, NAME, NAME, "--marker-size", "0"],
        ["git", "merge-driver", NAME, NAME, NAME, NAME],
        ["verify", "textconv", NAME],
    ],
)
def test_all_else_is_left_to_the_commands(
    folder: Path, argv: list[str], capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert start.run_driver(argv) is None
    assert capfdbinary.readouterr() == (b"", b"")


def test_a_merge_is_the_commands(folder: Path) -> None:
    base = (folder / NAME).read_bytes()
    for name in ("base", "ours", "again"):
        (folder / name).write_bytes(base)
    (folder / "theirs").write_bytes(base.replace(b"data:\n", b"# theirs\ndata:\n"))
    words = ["theirs", NAME, "--marker-size", "7"]
    assert start.run_driver(["git", "merge-driver", "base", "ours", *words]) == 0
    assert main.run(["git", "merge-driver", "base", "again", *words]) == 0
    assert (folder / "ours").read_bytes() == (folder / "again").read_bytes() != base
