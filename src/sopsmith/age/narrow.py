"""Open an age file for an X25519 identity through OpenSSL, or not at all.

A data key is opened once a file, and nothing else that is done for a file takes as long. pyrage
takes 126 µs where OpenSSL's curve and the rest take 60, and loading its library is a tenth
of the plugin's start. This reader knows one shape: armored as age writes it, one X25519 stanza and
at most grease beside it. For all else, and for whatever does not prove to be genuine, it
returns None: then pyrage has the word, and the words for why.
`tests/properties/test_age_agrees.py` proves that pyrage opens alike whatever this one opens.

Source: C2SP age.md (X25519 recipient stanza); RFC 7748.
"""

from __future__ import annotations

from sopsmith.age import bech32
from sopsmith.age.file import FILE_KEY, TAG, File, Unreadable, decode, derive, unseal
from sopsmith.secret import Secret

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_IDENTITY = "age-secret-key-"
_LABEL = b"age-encryption.org/v1/X25519"
_KEY_SIZE = 32  # bytes


class Key:
    """An X25519 identity's secret, made ready for OpenSSL when it is first needed.

    Of the identities at hand few open anything, and working out a recipient takes as long as
    opening a file.

    Args:
        secret: Its 32 bytes.
    """

    __slots__ = ("_private", "_public", "_recipient", "_secret")

    def __init__(self, secret: bytes) -> None:
        self._secret = Secret(secret)
        self._private: Any = None
        self._public = b""
        self._recipient = ""

    @property
    def recipient(self) -> str:
        """Its recipient, `age1…`."""
        if not self._recipient:
            self._make_ready()
            self._recipient = bech32.encode("age", self._public)
        return self._recipient

    def open(self, armored: str) -> bytes | None:
        """Return what an age file holds, or None where that is not certain."""
        try:
            file = File(armored)
            share, wrapped = _find(file)
            return file.open(self._unwrap(share, wrapped))
        except Unreadable:
            return None

    def _unwrap(self, share: bytes, wrapped: bytes) -> bytes:
        self._make_ready()
        try:
            shared = self._private.exchange(_x25519().from_public_bytes(share))
        except ValueError:
            # A share of low order gives nothing but zeros, with which anybody could wrap.
            raise Unreadable from None
        return unseal(derive(shared, share + self._public, _LABEL), bytes(12), wrapped)

    def _make_ready(self) -> None:
        if self._private is None:
            self._private = _x25519().from_private_bytes(self._secret.reveal())
            self._public = self._private.public_key().public_bytes_raw()


def read_identity(line: str) -> Key | None:
    """Return the key of an `AGE-SECRET-KEY-1…` in capitals, or None where it is not one."""
    secret = bech32.decode(_IDENTITY, line.lower()) if line == line.upper() else None
    return Key(secret) if secret is not None and len(secret) == _KEY_SIZE else None


def _find(file: File) -> tuple[bytes, bytes]:
    """Return the share and the wrapped file key of the one X25519 stanza.

    Raises:
        Unreadable: There is not one, or something else than grease stands beside it.
    """
    found: list[tuple[bytes, bytes]] = []
    for words, body in file.stanzas:
        if words[0] == b"X25519" and len(words) == 2:
            found.append((decode(words[1]), body))
        elif not words[0].endswith(b"-grease"):
            raise Unreadable
    if len(found) != 1 or (len(found[0][0]), len(found[0][1])) != (_KEY_SIZE, FILE_KEY + TAG):
        raise Unreadable
    return found[0]


def _x25519() -> Any:
    # The native module: cryptography's Python layers would load for nothing.
    from cryptography.hazmat.bindings._rust import openssl

    return openssl.x25519
