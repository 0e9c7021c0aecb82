"""Write shares of a recovery identity as text, and put the identity together from them. Pure.

A share is one line that people can print, copy and read out. It says what it belongs to, so that
a wrong, doubled, mistyped or foreign one is named rather than giving a wrong identity:

    sopsmith-share-1 SET NUMBER NEEDED PARTS SHARE CHECK

SET is told from the recovery recipient, SHARE is the number's part in base32, CHECK is over
all before it. The parts are Shamir's: fewer than NEEDED say nothing about the identity.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable
from typing import NamedTuple

from sopsmith.age import parse_identities
from sopsmith.errors import Error, MasterKeyError, UsageError
from sopsmith.secret import Secret
from sopsmith.sops.shamir import combine, split

MARK = "sopsmith-share-1"
_WORDS = 7


class Share(NamedTuple):
    """A share.

    Attributes:
        set: Which recovery identity it is of.
        number: From 1 to `parts`.
        needed: How many shares give the identity.
        part: Shamir's, with the number at its end.
    """

    set: str
    number: int
    needed: int
    parts: int
    part: Secret


def split_identity(
    identity: Secret, recipient: str, needed: int, parts: int, random: Callable[[int], bytes]
) -> list[Secret]:
    """Return the lines of shares, of which `needed` give the identity back.

    Raises:
        UsageError: The numbers do not fit.
    """
    if not 2 <= needed <= parts <= 255:
        raise UsageError(
            f"{needed} of {parts} shares cannot be: at least 2 are needed, and at most 255 made"
        )
    name = _set_of(recipient)
    return [
        _write(Share(name, number, needed, parts, part))
        for number, part in enumerate(split(identity, parts, needed, random), start=1)
    ]


def join_shares(lines: list[tuple[str, str]]) -> Secret:
    """Return the identity that shares stand for.

    Args:
        lines: Where each share is from, for messages, and its line.

    Raises:
        MasterKeyError: One is mistyped or foreign, one is given twice, or there are too few.
            No share is quoted.
    """
    shares: dict[int, tuple[str, Share]] = {}
    for place, line in lines:
        share = parse_share(line, place)
        first_place, first = next(iter(shares.values()), (place, share))
        if (share.set, share.needed, share.parts) != (first.set, first.needed, first.parts):
            raise MasterKeyError(
                f"is a share of another recovery identity than {first_place}", path=place
            )
        if share.number in shares:
            raise MasterKeyError(
                f"holds share {share.number}, which {shares[share.number][0]} has given already",
                path=place,
                hint="each share counts once: ask another holder for theirs",
            )
        shares[share.number] = place, share
    found = [share for _, share in shares.values()]
    if not found or len(found) < found[0].needed:
        have = "1 share" if len(found) == 1 else f"{len(found)} shares"
        needed = f"{found[0].needed} are needed" if found else "none was given"
        raise MasterKeyError(f"{have} cannot give the recovery identity: {needed}")
    return _joined(found)


def parse_share(line: str, place: str) -> Share:
    """Return the share that a line is.

    Raises:
        MasterKeyError: It is none, or mistyped.
    """
    words = line.split()
    if len(words) != _WORDS or words[0] != MARK:
        raise MasterKeyError(
            "is no share",
            path=place,
            hint=f"a share is one line of seven words, the first of which is {MARK}",
        )
    if words[6].lower() != _check(words[:6]):
        raise MasterKeyError("is mistyped or cut: its check does not fit", path=place)
    try:
        number, needed, parts = map(int, words[2:5])
        part = Secret(base64.b32decode(words[5] + "=" * (-len(words[5]) % 8)))
    except (ValueError, binascii.Error):
        raise MasterKeyError("is no share", path=place) from None
    return Share(words[1], number, needed, parts, part)


def find_shares(text: str) -> list[str]:
    """Return the shares of a text, also where a terminal or a letter has wrapped their lines."""
    words = text.split()
    starts = [at for at, word in enumerate(words) if word.startswith(MARK)]
    return [" ".join(words[at : at + _WORDS]) for at in starts]


def _joined(found: list[Share]) -> Secret:
    try:
        identity = combine([share.part for share in found])
        (one,) = parse_identities(identity.reveal().decode("utf-8", "replace"), "shares")
        fits = _set_of(one.recipient) == found[0].set
    except (Error, ValueError):
        identity, fits = Secret(b""), False
    if not fits:
        raise MasterKeyError(
            "the shares give no identity: they were made at different times, or forged"
        )
    return identity


def _write(share: Share) -> Secret:
    part = base64.b32encode(share.part.reveal()).decode().rstrip("=")
    numbers = map(str, (share.number, share.needed, share.parts))
    words = [MARK, share.set, *numbers, part]
    return Secret(" ".join([*words, _check(words)]).encode())


def _check(words: list[str]) -> str:
    return hashlib.sha256(" ".join(words).encode()).hexdigest()[:8]


def _set_of(recipient: str) -> str:
    return hashlib.sha256(f"sopsmith share of {recipient}".encode()).hexdigest()[:8]
