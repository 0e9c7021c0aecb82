"""The place that `--extract` names."""

from __future__ import annotations

import pytest

from sopsmith.flows.crypt import BadPlace, parse_extract


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ('["a"]', ("a",)),
        (' ["a"][0]["b"] ', ("a", 0, "b")),
        ("['a b'][\"c\"]", ("a b", "c")),
        ('["\\u00e9"]', ("é",)),
    ],
)
def test_a_place_is_keys_and_indices(text: str, address: tuple[str | int, ...]) -> None:
    assert parse_extract(text) == address


@pytest.mark.parametrize(
    "text",
    ["", "a", "[", "[]", '["a"', "['a\"]", "[true]", "[-1]", "[1.5]", '["a"]b', "[" * 10_000],
)
def test_what_is_no_place_is_a_mistake_of_usage(text: str) -> None:
    with pytest.raises(BadPlace):
        parse_extract(text)
