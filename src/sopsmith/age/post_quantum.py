"""Seal and open age files for post-quantum recipients: ML-KEM-768 with X25519.

These are the `age1pq1…` of `age-keygen -pq`, which pyrage does not know. cryptography has the
hybrid public key encryption that they are made of; the frame is `sopsmith.age.file`.

Source: C2SP age.md (MLKEM768-X25519 hybrid recipient type); RFC 9180; draft-ietf-hpke-pq (a seed is
stretched by SHAKE256); FIPS 203.
"""

from __future__ import annotations

import os

from sopsmith.age import bech32
from sopsmith.age.file import FILE_KEY, TAG, File, Unreadable, decode, encode, refusals, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

RECIPIENT = "age1pq1"
IDENTITY = "AGE-SECRET-KEY-PQ-1"
_KIND = b"mlkem768x25519"
_LABEL = b"age-encryption.org/mlkem768x25519"
_SEED = 32  # bytes
_LATTICE_SEED = 64  # bytes
_LATTICE_PUBLIC = 1184  # bytes
_CURVE = 32  # bytes
_SHARE = 1088 + _CURVE  # bytes: a lattice ciphertext and a point


class Key:
    """A post-quantum identity.

    Args:
        seed: Its 32 bytes.
    """

    __slots__ = ("_private", "_public", "_recipient")

    def __init__(self, seed: bytes) -> None:
        from cryptography.hazmat.bindings._rust import openssl

        stretched = _stretch(seed)
        lattice = openssl.mlkem.from_mlkem768_seed_bytes(stretched[:_LATTICE_SEED])
        curve = openssl.x25519.from_private_bytes(stretched[_LATTICE_SEED:])
        halves = (key.public_key().public_bytes_raw() for key in (lattice, curve))
        self._public: bytes = b"".join(halves)
        self._private = openssl.hpke.MLKEM768X25519PrivateKey(lattice, curve)
        self._recipient = ""

    @property
    def recipient(self) -> str:
        """Its recipient, `age1pq1…`, worked out when it is first asked for."""
        if not self._recipient:
            self._recipient = bech32.encode("age1pq", self._public)
        return self._recipient

    def open(self, armored: str) -> bytes | None:
        """Return what an age file holds, or None where no stanza is for this identity.

        Raises:
            Unreadable: It is not an age file, or was changed.
        """
        file = File(armored.replace("\r\n", "\n"))
        for words, body in file.stanzas:
            file_key = self._unwrap(words, body) if words[0] == _KIND else None
            if file_key is not None:
                return file.open(file_key)
        return None

    def _unwrap(self, words: list[bytes], body: bytes) -> bytes | None:
        share = decode(words[1]) if len(words) == 2 else b""
        if (len(share), len(body)) != (_SHARE, FILE_KEY + TAG):
            raise Unreadable
        try:
            return bytes(_suite().decrypt(share + body, self._private, _LABEL))
        except refusals():
            return None


def generate() -> tuple[bytes, str]:
    """Return a new identity's text and its recipient."""
    seed = os.urandom(_SEED)
    text = bech32.encode(IDENTITY.lower().removesuffix("1"), seed).upper()
    return text.encode(), Key(seed).recipient


def read_identity(line: str) -> Key | None:
    """Return the key of an `AGE-SECRET-KEY-PQ-1…` in capitals, or None where it is not one."""
    if line != line.upper():
        return None
    seed = bech32.decode(IDENTITY.lower().removesuffix("1"), line.lower())
    return Key(seed) if seed is not None and len(seed) == _SEED else None


def read_recipient(text: str) -> Any:
    """Return the public key of an `age1pq1…`, or None where it is not one."""
    from cryptography.hazmat.bindings._rust import openssl

    public = bech32.decode(RECIPIENT.removesuffix("1"), text)
    if public is None or len(public) != _LATTICE_PUBLIC + _CURVE:
        return None
    try:
        lattice = openssl.mlkem.from_mlkem768_public_bytes(public[:_LATTICE_PUBLIC])
    except ValueError:
        # Numbers beyond the field's, which FIPS 203 has refused.
        return None
    curve = openssl.x25519.from_public_bytes(public[_LATTICE_PUBLIC:])
    return openssl.hpke.MLKEM768X25519PublicKey(lattice, curve)


def seal(recipients: Sequence[Any], content: bytes) -> str:
    """Return an armored age file that each of some recipients opens alone.

    Args:
        recipients: What `read_recipient` returns.
    """
    file_key = os.urandom(FILE_KEY)
    stanzas = []
    for public in recipients:
        sealed = bytes(_suite().encrypt(file_key, public, _LABEL))
        stanzas.append(([_KIND, encode(sealed[:_SHARE])], sealed[_SHARE:]))
    return write(stanzas, file_key, os.urandom(16), content)


def _suite() -> Any:
    from cryptography.hazmat.bindings._rust import openssl

    hpke = openssl.hpke
    return hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)


def _stretch(seed: bytes) -> bytes:
    from hashlib import shake_256

    return shake_256(seed).digest(_LATTICE_SEED + _CURVE)
