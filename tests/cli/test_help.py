"""Read the help, and what is said about words that do not fit, as a person does."""

from __future__ import annotations

import pytest

from sopsmith.cli.main import COMMANDS, run
from sopsmith.cli.sections import SECTIONS

DATA = ("init", "generate", "render", "verify", "lint", "explain", "doctor", "status", "audit")
GROUPS = ("argocd", "git", "github-app", "groups", "plugin", "tools", "workflow")


def test_each_command_stands_under_one_heading() -> None:
    placed = [name for names in SECTIONS.values() for name in names]
    assert len(placed) == len(set(placed))
    assert set(COMMANDS) <= set(placed)


def test_the_help_has_the_headings_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    said = capsys.readouterr().out
    places = [said.index(f"\n{heading}:\n") for heading in SECTIONS]
    assert places == sorted(places)
    assert "\nCommands:\n" not in said
    assert all(f"\n  {name} " in said for name in COMMANDS)


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_cuts_no_sentence(group: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([group, "--help"]) == 0
    listed = capsys.readouterr().out.partition("\nCommands:\n")[2]
    assert listed
    assert "..." not in listed
    assert not listed.rstrip().endswith(".")


@pytest.mark.parametrize("command", DATA)
def test_what_a_machine_may_read_is_asked_for_by_one_letter(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([command, "--help"]) == 0
    assert "-o, --output [" in capsys.readouterr().out


def test_words_that_do_not_fit_are_an_error_like_any_other(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["lint", "--no-such-option"]) == 2
    said = capsys.readouterr().err.splitlines()
    assert said[0].startswith("error: no such option")
    assert said[1:] == ["hint: sopsmith lint --help"]


def test_a_word_that_is_nearly_right_is_proposed_in_the_same_sentence(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run(["lint", "--outptu", "json"])
    assert "'--outptu'; did you mean '--output'?" in capsys.readouterr().err


def test_a_command_that_is_not_there_leads_to_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["lnit"]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == "hint: sopsmith --help"


def test_words_that_do_not_fit_do_not_steer_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    run(["lint", "--\x1b[31mred"])
    assert "\x1b" not in capsys.readouterr().err


def test_no_word_at_all_is_answered_with_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 2
    said = "".join(capsys.readouterr())
    assert f"{next(iter(SECTIONS))}:" in said
    assert "error:" not in said
