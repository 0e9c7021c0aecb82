"""Single keys and sections of INI are set and taken away, and nothing else changes."""

from __future__ import annotations

import pytest

from sopsmith.errors import FormatError
from sopsmith.formats import ini
from sopsmith.formats.place import Token, drop, put
from sopsmith.formats.splice import splice
from sopsmith.formats.tree import Address

TEXT = '; c\n[a]\nk    = v\nlong = x ; y\n\n[b]\nm = """l1\nl2"""\n; end\n'


def after_put(text: str, address: Address, value: object) -> str:
    (tree,) = ini.parse(text)
    return splice(text, put(ini, text, tree, address, value, last="sops"))


def after_drop(text: str, address: Address) -> str:
    (tree,) = ini.parse(text)
    return splice(text, drop(ini, text, tree, address, last="sops"))


@pytest.mark.parametrize(
    ("address", "value", "old", "new"),
    [
        (("a", "k"), "w", "= v", "= w"),
        (("a", "k"), "x#y", "= v", "= `x#y`"),
        (("a", "k"), Token("ENC[x]"), "= v", "= ENC[x]"),
        (("a", "long"), "z", "x ; y", "z ; y"),
        (("b", "m"), "", '"""l1\nl2"""', ""),
        (("a", "n"), "1", "; y\n", "; y\nn    = 1\n"),
        (("b", "n=o"), "1", 'l2"""\n', 'l2"""\n`n=o` = 1\n'),
        (("c", "n"), "1", 'l2"""\n', 'l2"""\n\n[c]\nn = 1\n'),
        (("DEFAULT", "g"), "1", 'l2"""\n', 'l2"""\n\n[DEFAULT]\ng = 1\n'),
        (("b",), {"x": "1", "yy": "2"}, 'm = """l1\nl2"""', "x  = 1\nyy = 2"),
    ],
)
def test_a_value_is_put_without_a_change_of_the_rest(
    address: Address, value: object, old: str, new: str
) -> None:
    assert after_put(TEXT, address, value) == TEXT.replace(old, new)


def test_a_first_section_needs_no_text_around_it() -> None:
    assert after_put("", ("a", "k"), "v") == "[a]\nk = v\n"
    assert after_put("", ("DEFAULT", "k"), "v") == "k = v\n"


def test_a_key_behind_a_last_line_without_an_end_gets_one_of_its_own() -> None:
    assert after_put("[a]\nk=v", ("a", "m"), "w") == "[a]\nk=v\nm = w\n"


@pytest.mark.parametrize(
    ("address", "gone"),
    [
        (("a", "long"), "long = x ; y\n"),
        (("b", "m"), 'm = """l1\nl2"""\n'),
        (("a",), "[a]\nk    = v\nlong = x ; y\n\n"),
    ],
)
def test_what_is_dropped_goes_with_its_lines(address: Address, gone: str) -> None:
    assert after_drop(TEXT, address) == TEXT.replace(gone, "")


@pytest.mark.parametrize(
    ("address", "value"),
    [
        (("a", "k"), ["CANARY"]),
        (("a", "k"), None),
        (("a", "-"), "CANARY"),
        (("c",), "CANARY"),
        (("c]", "k"), "CANARY"),
        (("a", "k"), '`CANARY"""\n'),
    ],
)
def test_what_ini_cannot_hold_is_refused(address: Address, value: object) -> None:
    with pytest.raises(FormatError) as caught:
        after_put(TEXT, address, value)
    assert "CANARY" not in str(caught.value)
