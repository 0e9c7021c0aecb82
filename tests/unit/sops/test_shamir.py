"""A secret is split so that enough parts give it back, and fewer say nothing."""

from __future__ import annotations

import itertools
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sopsmith.errors import Tampered
from sopsmith.secret import Secret
from sopsmith.sops.shamir import combine, split


@given(data=st.binary(min_size=1, max_size=40), parts=st.integers(2, 6), extra=st.integers(0, 4))
def test_any_enough_parts_give_the_secret_back(data: bytes, parts: int, extra: int) -> None:
    threshold = max(2, parts - extra)
    shares = split(Secret(data), parts, threshold, os.urandom)
    for chosen in itertools.combinations(shares, threshold):
        assert combine(list(chosen)).reveal() == data


def test_too_few_parts_give_something_else() -> None:
    shares = split(Secret(b"k" * 32), 3, 3, os.urandom)
    assert combine(shares[:2]).reveal() != b"k" * 32


def test_a_part_is_the_values_and_its_number_behind_them() -> None:
    shares = split(Secret(b"k" * 32), 3, 2, os.urandom)
    assert [(len(part.reveal()), part.reveal()[-1]) for part in shares] == [
        (33, 1),
        (33, 2),
        (33, 3),
    ]


@pytest.mark.parametrize(
    "parts", [[b"ab\x01", b"abc\x02"], [b"ab\x01", b"ac\x01"], [b"ab\0", b"b\x02"]]
)
def test_parts_that_do_not_fit_are_refused(parts: list[bytes]) -> None:
    with pytest.raises(Tampered):
        combine([Secret(part) for part in parts])


@pytest.mark.parametrize(("parts", "threshold"), [(1, 1), (2, 3), (3, 1), (256, 2)])
def test_numbers_that_do_not_fit_are_refused(parts: int, threshold: int) -> None:
    with pytest.raises(ValueError, match="cannot split"):
        split(Secret(b"k"), parts, threshold, os.urandom)
