"""Look for age identities in a pile of bytes as somebody would who has stolen it.

Every blob is taken as it is, unpacked in each way that it may have been packed (base64, hex,
gzip, zlib, UTF-16, escapes of JSON), and what is encrypted is opened with whatever turned up
before, age files and SOPS files, until nothing new turns up. Shares of an identity are joined.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import re
import zlib
from collections.abc import Iterator
from contextlib import suppress
from itertools import combinations

from pyrage import DecryptError, decrypt, x25519

from sopsmith import age
from sopsmith.errors import Error
from sopsmith.flows.crypt import DecryptOptions, decrypt_bytes
from sopsmith.repo.shares import find_shares, join_shares
from sopsmith.sops.keyring import Keyring

_IDENTITY = re.compile(rb"AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}", re.IGNORECASE)
# Not the words alone, which a rule that looks for identities has as well.
_MARK = re.compile(rb"AGE-SECRET-KEY-(?:PQ-)?1[02-9AC-HJ-NP-Z]{4}", re.IGNORECASE)
_ARMOR = re.compile(rb"-----BEGIN AGE ENCRYPTED FILE-----.*?-----END AGE ENCRYPTED FILE-----", re.S)
_BASE64 = re.compile(rb"(?:[A-Za-z0-9+/_-]{4}(?:\r?\n[ \t]*)?){6,}[A-Za-z0-9+/_-]{0,3}")
_HEX = re.compile(rb"(?:[0-9A-Fa-f]{2}){32,}")
_PACKED = re.compile(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]")
_BINARY = b"age-encryption.org/v1\n"
_HEAD = "AGE-SECRET-KEY-1"
_ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_WINDOW = 16  # characters of an identity that nothing holds by chance


class Attacker:
    """Somebody with a pile, and what it yields.

    Args:
        known: Texts of identities that a test knows to exist: their parts and raw bytes count.

    Attributes:
        identities: What was found, text by recipient.
        traces: Where parts of known identities, or the beginning of one, stand.
        opened: How many encrypted things were opened.
    """

    def __init__(self, known: tuple[str, ...] = ()) -> None:
        self.identities: dict[str, str] = {}
        self.traces: list[str] = []
        self.opened = 0
        self._seen: set[bytes] = set()
        self._locked: list[bytes] = []
        self._shares: set[str] = set()
        self._parts = [part for text in known for part in _parts_of(text)]
        self._raw = [_raw(text) for text in known]

    def search(self, pile: dict[str, bytes]) -> dict[str, str]:
        """Take a pile apart to the last byte, and return the identities that it yields."""
        for name, data in pile.items():
            self._take(name, data)
        while self._open_more():
            pass
        return self.identities

    def _take(self, name: str, data: bytes) -> None:
        todo = [data]
        while todo:
            blob = todo.pop()
            if len(blob) < _WINDOW or blob in self._seen:
                continue
            self._seen.add(blob)
            self._look(name, blob)
            todo += _unpack(blob)

    def _look(self, name: str, blob: bytes) -> None:
        for found in _IDENTITY.findall(blob):
            with suppress(Error):
                (identity,) = age.parse_identities(found.decode().upper(), name)
                self.identities[identity.recipient] = found.decode().upper()
        upper = blob.upper()
        parts = any(part in upper for part in self._parts) or any(one in blob for one in self._raw)
        if parts or _MARK.search(blob):
            self.traces.append(name)
        self._shares.update(find_shares(blob.decode("utf-8", "replace")))
        if b"ENC[" in blob or _BINARY in blob or _ARMOR.search(blob):
            self._locked.append(blob)

    def _open_more(self) -> bool:
        """Open what can be opened with what is there, and tell whether more came of it."""
        before = len(self._seen), len(self.identities)
        self._join()
        texts = list(self.identities.values())
        for blob in list(self._locked) if texts else ():
            for plain in _decrypt(blob, texts):
                self.opened += plain not in self._seen
                self._take("opened", plain)
        return before != (len(self._seen), len(self.identities))

    def _join(self) -> None:
        for count in range(2, len(self._shares) + 1):
            for some in combinations(sorted(self._shares), count):
                with suppress(Error):
                    self._take("shares", join_shares([("", one) for one in some]).reveal())


def _parts_of(text: str) -> Iterator[bytes]:
    """Yield every part of an identity's text that is long enough."""
    body = text.removeprefix(_HEAD)
    for start in range(len(body) - _WINDOW + 1):
        yield body[start : start + _WINDOW].encode()


def _raw(text: str) -> bytes:
    """Return the 32 bytes that an identity's text stands for: Bech32, without its six of a sum."""
    number = 0
    for letter in text.removeprefix(_HEAD).lower()[:-6]:
        number = number << 5 | _ALPHABET.index(letter)
    return (number >> 4).to_bytes(32, "big")


def _unpack(blob: bytes) -> Iterator[bytes]:
    for run in _BASE64.findall(blob):
        text = re.sub(rb"\s", b"", run).translate(bytes.maketrans(b"-_", b"+/"))
        # Where a run begins is not sure: letters before it may be of the same alphabet.
        for start in range(4):
            part = text[start:]
            with suppress(binascii.Error, ValueError):
                yield base64.b64decode(part[: len(part) // 4 * 4] + _rest(part))
    for run in _HEX.findall(blob):
        with suppress(ValueError):
            yield bytes.fromhex(run[: len(run) // 2 * 2].decode())
    for found in _PACKED.finditer(blob):
        with suppress(OSError, EOFError, zlib.error):
            yield _inflate(blob[found.start() :])
    if blob.count(0) * 3 > len(blob):
        yield blob.replace(b"\0", b"")
    if b"\\" in blob:
        yield blob.replace(b"\\r", b"").replace(b"\\n", b"\n").replace(b'\\"', b'"')


def _rest(part: bytes) -> bytes:
    tail = part[len(part) // 4 * 4 :]
    return tail + b"=" * (4 - len(tail)) if len(tail) > 1 else b""


def _inflate(data: bytes) -> bytes:
    if data[:2] == b"\x1f\x8b":
        with suppress(OSError, EOFError, zlib.error):
            return gzip.decompress(data)
    return zlib.decompressobj(wbits=47).decompress(data)


def _decrypt(blob: bytes, texts: list[str]) -> Iterator[bytes]:
    natives = [x25519.Identity.from_str(text) for text in texts]
    at = blob.find(_BINARY)
    for one in (*_ARMOR.findall(blob), *([blob[at:]] if at >= 0 else [])):
        with suppress(DecryptError):
            yield bytes(decrypt(one, natives))
    keyring = Keyring(age.parse_identities("\n".join(texts), "the pile"), ["the pile"])
    for name in ("x.yaml", "x.json", "x.env", "x.ini") if b"ENC[" in blob else ():
        with suppress(Error):
            yield decrypt_bytes(blob, name, keyring, DecryptOptions(ignore_mac=True))
