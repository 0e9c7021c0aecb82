"""What is written for people cannot steer their terminal, whoever chose the words."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sopsmith import age
from sopsmith.cli.main import run
from sopsmith.cli.plain_lines import put_lines
from sopsmith.cli.table import table
from sopsmith.cli.talk import brief, note, plain, report, say, warn
from sopsmith.errors import Error

# Clear the screen, overwrite the line, set the title, turn the text around, the C1 way to begin.
HOSTILE = "a\x1b[2J\rb\x1b]0;t\x07\u202ec\x9b31m"


@pytest.mark.parametrize("speak", [say, warn, note], ids=["say", "warn", "note"])
def test_no_line_for_people_steers_a_terminal(
    speak: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    speak(HOSTILE)
    assert "".join(capsys.readouterr().err.split(": ")[-1:]).rstrip("\n").isprintable()


def test_no_error_and_no_hint_steers_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    report(Error(HOSTILE, path=HOSTILE, hint=HOSTILE))
    assert capsys.readouterr().err.replace("\n", "").isprintable()


def test_no_cell_of_a_table_steers_a_terminal_or_forges_a_row() -> None:
    made = table(("NAME", "WHO"), [("x\ny", HOSTILE)])
    assert made.count("\n") == 2
    assert made.replace("\n", "").isprintable()


def test_no_line_of_data_for_people_steers_a_terminal(
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    put_lines(["x\ny", HOSTILE])
    out = capsysbinary.readouterr().out.decode()
    assert out.count("\n") == 2
    assert out.replace("\n", "").isprintable()


def test_layout_stays(capsys: pytest.CaptureFixture[str]) -> None:
    say("a\n\tb é")
    assert capsys.readouterr().err == "a\n\tb é\n"


def test_a_byte_that_is_no_text_stays_for_the_stream_to_escape() -> None:
    assert plain("\udcff") == "\udcff"


def test_an_identity_in_the_place_of_a_word_is_not_said_again(
    capfd: pytest.CaptureFixture[str],
) -> None:
    identity = age.generate()[0].reveal().decode()
    for word in (identity, identity.lower()):
        for argv in (["recipients", "who", word], ["status", word], ["key", "open", word]):
            assert run(argv) != 0
    said = capfd.readouterr()
    assert "AGE-SECRET-KEY-…" in said.err
    assert identity[20:].lower() not in said.err.lower() + said.out.lower()


def test_a_recipient_of_two_thousand_signs_is_cut_to_what_tells_it_apart() -> None:
    long = "age1pq1" + "qpzry9x8gf" * 195 + "kplkw2"
    assert brief(f"for dev: {long}, as asked") == "for dev: age1pq1qpzry9x8gf…kplkw2, as asked"
    short = age.generate()[1]
    assert brief(short) == short
    assert "…" in table(("RECIPIENT",), [(long,)])
