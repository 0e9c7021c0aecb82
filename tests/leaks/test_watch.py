"""The watch of this room finds the canary in each form that it may take."""

from __future__ import annotations

import base64
import subprocess

import pytest
from tests.leaks.watch import CANARY, DIGITS, IDENTITY, assert_silent

FORMS = {
    "itself": CANARY,
    "a cut one": CANARY[3:10],
    "lower case": CANARY.lower(),
    "hexadecimal": CANARY.encode().hex(),
    "a number": DIGITS,
    "a cut number": f"{DIGITS[:8]}…",
    "an identity": IDENTITY,
    "a cut identity": IDENTITY[30:45],
    **{
        f"base64 behind {pad} bytes": base64.b64encode(b"x" * pad + CANARY.encode()).decode()
        for pad in range(4)
    },
}


@pytest.mark.parametrize("form", FORMS)
def test_each_form_of_the_canary_is_found(form: str) -> None:
    with pytest.raises(AssertionError):
        assert_silent(f"error: a line with {FORMS[form]} in it".encode(), "stderr")


def test_ordinary_words_are_not_taken_for_it() -> None:
    said = subprocess.run(["git", "--version"], capture_output=True, check=True).stdout
    assert_silent(said + b"error: stringData.value: value was changed or moved", "stderr")
