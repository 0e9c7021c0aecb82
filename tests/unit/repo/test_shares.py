"""Shares give the identity back, and a wrong one is named rather than giving a wrong identity."""

from __future__ import annotations

import itertools
import os

import pytest

from sopsmith import age
from sopsmith.errors import MasterKeyError, UsageError
from sopsmith.repo.shares import find_shares, join_shares, parse_share, split_identity
from sopsmith.secret import Secret

IDENTITY, RECIPIENT = age.generate()


def split(
    needed: int = 3, parts: int = 5, key: tuple[Secret, str] = (IDENTITY, RECIPIENT)
) -> list[str]:
    """Return the lines of shares."""
    return [one.reveal().decode() for one in split_identity(*key, needed, parts, os.urandom)]


LINES = split()


def join(*lines: str) -> Secret:
    """Put shares together, each under the name of its place."""
    return join_shares([(f"share {number}", line) for number, line in enumerate(lines, start=1)])


def refused(match: str, *lines: str) -> None:
    """Make sure that shares are refused and none is quoted."""
    with pytest.raises(MasterKeyError, match=match) as caught:
        join(*lines)
    for line in lines:
        assert not any(word in str(caught.value) for word in line.split()[5:6] if len(word) > 20)


@pytest.mark.parametrize("chosen", list(itertools.permutations(range(5), 3))[::7])
def test_any_three_of_five_in_any_order_give_the_identity(chosen: tuple[int, ...]) -> None:
    assert join(*(LINES[one] for one in chosen)) == IDENTITY


def test_more_than_are_needed_give_it_too() -> None:
    assert join(*LINES) == IDENTITY


def test_two_of_three_are_too_few() -> None:
    refused("2 shares cannot .* 3 are needed", *LINES[:2])


def test_no_share_is_none() -> None:
    refused("none was given")


def test_one_that_is_given_twice_does_not_count_twice() -> None:
    refused("share 3: holds share 1, which share 1 has given already", LINES[0], LINES[1], LINES[0])


def test_a_share_of_another_identity_is_named() -> None:
    refused("share 2: is a share of another", LINES[0], split(key=age.generate())[1], LINES[2])


def test_shares_of_another_splitting_give_no_wrong_identity() -> None:
    refused("no identity", LINES[0], LINES[1], split()[2])


def test_forged_shares_that_give_an_identity_give_none_for_this_recipient() -> None:
    refused("no identity", *split(2, 2, key=(age.generate()[0], RECIPIENT)))


def test_every_sign_that_is_mistyped_is_noticed() -> None:
    line = LINES[0]
    for at in range(len(line)):
        wrong = f"{line[:at]}{'x' if line[at] != 'x' else 'y'}{line[at + 1 :]}"
        with pytest.raises(MasterKeyError):
            parse_share(wrong, "share")


def test_shares_are_found_where_a_terminal_or_a_letter_has_wrapped_them() -> None:
    text = "\n> share 1:\n" + "\n\n".join(one.replace(" ", "\n  ") for one in LINES)
    assert find_shares(text) == LINES


def test_an_identity_is_no_share() -> None:
    identity = IDENTITY.reveal().decode()
    assert find_shares(identity) == []
    refused("is no share", identity)


@pytest.mark.parametrize(("needed", "parts"), [(1, 3), (3, 2), (2, 256), (0, 0)])
def test_numbers_that_cannot_be_are_refused(needed: int, parts: int) -> None:
    with pytest.raises(UsageError):
        split_identity(IDENTITY, RECIPIENT, needed, parts, os.urandom)


def test_what_hides_the_identity_in_a_share_is_chance_alone() -> None:
    bare = split_identity(IDENTITY, RECIPIENT, 2, 2, bytes)[0].reveal().decode()
    assert parse_share(bare, "").part.reveal()[:-1] == IDENTITY.reveal()
    assert IDENTITY.reveal()[20:30] not in parse_share(split(2, 2)[0], "").part.reveal()
