"""The attacker of the tests is a real one, who finds a planted identity however it is packed."""

from __future__ import annotations

import base64
import gzip
import json
import os
import zlib
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from tests.attacker import Attacker

from sopsmith import age
from sopsmith.repo.shares import split_identity
from sopsmith.sops.config import CreationRule
from sopsmith.sops.document import encrypt
from sopsmith.sops.selectors import Selector

IDENTITY, RECIPIENT = age.generate()
DOOR, DOORKEEPER = age.generate()
TEXT = IDENTITY.reveal()
KEYS = b"# public key: " + RECIPIENT.encode() + b"\n" + TEXT + b"\n"


def _b64(data: bytes) -> bytes:
    return base64.b64encode(data)


def _secret(data: bytes) -> bytes:
    return b"kind: Secret\ndata:\n    keys.txt: " + _b64(data) + b"\n"


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "as it is": lambda data: b"x" * 100 + data,
    "lower case": lambda data: data.lower(),
    "base64": lambda data: b"token: " + _b64(data),
    "base64 in lines": lambda data: b"    " + base64.encodebytes(data).replace(b"\n", b"\n    "),
    "base64 behind letters": lambda data: b"abc" + _b64(data),
    "base64 twice": lambda data: _b64(b'{"a":"' + _b64(data) + b'"}'),
    "base64 for URLs": lambda data: base64.urlsafe_b64encode(data).rstrip(b"="),
    "hex": lambda data: data.hex().encode(),
    "gzip": lambda data: b"junk" + gzip.compress(data),
    "zlib": lambda data: zlib.compress(b"blob 99\0" + data),
    "gzip in base64": lambda data: _b64(gzip.compress(data)),
    "UTF-16": lambda data: data.decode().encode("utf-16"),
    "JSON": lambda data: json.dumps({"keys": json.dumps(data.decode())}).encode(),
    "a Secret": _secret,
}


@pytest.mark.parametrize("how", PACKED)
def test_an_identity_is_found_however_it_is_packed(how: str) -> None:
    attacker = Attacker((TEXT.decode(),))
    assert list(attacker.search({"pile": PACKED[how](KEYS)})) == [RECIPIENT]
    assert attacker.traces


def test_what_is_encrypted_is_opened_with_what_lies_beside_it() -> None:
    rule = CreationRule((DOORKEEPER,), Selector("encrypted_regex", "^data$"))
    now = datetime(2026, 11, 24, tzinfo=UTC)
    last, recipient = age.generate()
    pile = {
        "backup": json.dumps({"payload": age.wrap(RECIPIENT, last)}).encode(),
        "secret": encrypt(_secret(TEXT), "yaml", rule, now=now, path="x.yaml"),
        "door": gzip.compress(DOOR.reveal()),
    }
    assert {*Attacker().search(pile)} == {DOORKEEPER, RECIPIENT, recipient}
    del pile["door"]
    assert Attacker((TEXT.decode(),)).search(pile) == {}


@pytest.mark.parametrize(("count", "found"), [(1, False), (2, True)])
def test_shares_are_joined_where_there_are_enough(count: int, found: bool) -> None:
    shares = split_identity(IDENTITY, RECIPIENT, 2, 3, os.urandom)
    pile = {str(n): _b64(one.reveal() + b"\n") for n, one in enumerate(shares[:count])}
    assert bool(Attacker((TEXT.decode(),)).search(pile)) is found


@pytest.mark.parametrize("part", ["middle", "raw"])
def test_a_part_of_a_known_identity_is_a_trace(part: str) -> None:
    raw = Attacker((TEXT.decode(),))._raw[0]
    attacker = Attacker((TEXT.decode(),))
    attacker.search({"pile": b"....." + (_b64(TEXT[30:50]) if part == "middle" else raw)})
    assert attacker.traces == ["pile"]


def test_a_recipient_is_neither() -> None:
    attacker = Attacker((TEXT.decode(),))
    assert attacker.search({"a": RECIPIENT.encode() * 3}) == {}
    assert attacker.traces == []
