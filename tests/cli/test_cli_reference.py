"""The page of commands says what the commands say."""

from __future__ import annotations

from cli_reference import TARGET, build_reference


def test_the_reference_of_commands_is_what_make_reference_writes() -> None:
    assert TARGET.read_text(encoding="utf-8") == build_reference(), "run make reference"
