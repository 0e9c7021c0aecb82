"""Shells that complete get files where files stand, and the environments that there are."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.unit.flows.keys_at import Place

from sopsmith.cli.main import run


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    made = Place(tmp_path)
    monkeypatch.chdir(made.root)
    return made


@pytest.fixture
def complete(monkeypatch: pytest.MonkeyPatch, capfd: Any) -> Any:
    """Return a function that gives what bash is told of the last word of a line."""

    def ask(line: str) -> list[str]:
        words = line.split(" ")
        monkeypatch.setenv("_SOPSMITH_COMPLETE", "bash_complete")
        monkeypatch.setenv("COMP_WORDS", "\n".join(words))
        monkeypatch.setenv("COMP_CWORD", str(len(words) - 1))
        with pytest.raises(SystemExit):
            run([])
        return str(capfd.readouterr().out).split()

    return ask


def test_files_and_folders_are_completed_where_they_stand(place: Place, complete: Any) -> None:
    for line in ("decrypt x", "explain x", "render x", "git resolve x", "generate --env-file x"):
        assert complete(f"sopsmith {line}") == ["file,x"], line
    assert complete("sopsmith status --repo x") == ["dir,x"]


def test_environments_are_those_of_the_repository(place: Place, complete: Any) -> None:
    assert complete("sopsmith doctor -e ") == ["plain,core", "plain,dev", "plain,prod"]
    assert complete("sopsmith key rotate --environment p") == ["plain,prod"]
    assert complete("sopsmith recipients add d") == ["plain,dev"]


def test_outside_of_a_repository_nothing_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, complete: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    assert complete("sopsmith doctor -e ") == []


def test_commands_and_options_are_completed(place: Place, complete: Any) -> None:
    assert complete("sopsmith key ro") == ["plain,rotate"]
    assert complete("sopsmith doctor --no-") == ["plain,--no-cluster"]


def test_the_script_is_one_that_bash_reads(capfd: Any) -> None:
    assert run(["completion", "bash"]) == 0
    script = capfd.readouterr().out
    assert subprocess.run(["bash", "-n"], input=script.encode(), check=False).returncode == 0
