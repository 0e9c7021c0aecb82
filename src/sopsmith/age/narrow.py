"""Open a data key's age file for an X25519 identity through OpenSSL, or not at all.

A data key is opened once a file, and nothing else that is done for a file takes as long. pyrage
takes 126 µs where OpenSSL's curve and the rest below take 50, and loading its library is a tenth
of the plugin's start. This reader knows one shape: armored as age writes it, one X25519 stanza,
at most grease beside it, and a payload of one chunk. For all else, and for whatever does
not prove to be genuine, it returns None: then pyrage has the word, and the words for why.
`tests/properties/test_age_agrees.py` proves that pyrage opens alike whatever this one opens.

Source: C2SP age.md (header, X25519 recipient stanza, payload); RFC 2104, RFC 5869, RFC 7748.
"""

from __future__ import annotations

from _operator import _compare_digest
from binascii import Error as Base64Error
from binascii import a2b_base64, b2a_base64

from sopsmith.age import bech32
from sopsmith.hashes import sha256

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


_IDENTITY = "age-secret-key-"
_BEGIN = "-----BEGIN AGE ENCRYPTED FILE-----"
_END = "-----END AGE ENCRYPTED FILE-----"
_VERSION = b"age-encryption.org/v1\n"
_LABEL = b"age-encryption.org/v1/X25519"
_COLUMNS = 64
_KEY_SIZE = 32  # bytes, of the curve and of every hash and cipher here
_FILE_KEY = 16  # bytes
_TAG = 16  # bytes
_NONCE = 16  # bytes, of the payload
_CHUNK = 64 * 1024  # bytes of plaintext; a longer one would have several
_LAST = bytes(11) + b"\1"  # the nonce of a chunk that is both the first and the last
_INNER = bytes(value ^ 0x36 for value in range(256))
_OUTER = bytes(value ^ 0x5C for value in range(256))


class _Unsure(Exception):
    """Something is here that only pyrage knows."""


class Key:
    """An X25519 identity's secret, ready for OpenSSL.

    Args:
        secret: Its 32 bytes.
    """

    __slots__ = ("_exchange", "_public", "_public_key", "_recipient")

    def __init__(self, secret: bytes) -> None:
        # The native module: cryptography's Python layers would load for nothing.
        from cryptography.hazmat.bindings._rust import openssl

        private = openssl.x25519.from_private_bytes(secret)
        self._exchange = private.exchange
        self._public_key = openssl.x25519.from_public_bytes
        self._public: bytes = private.public_key().public_bytes_raw()
        self._recipient = ""

    @property
    def recipient(self) -> str:
        """Its recipient, `age1…`."""
        if not self._recipient:
            self._recipient = bech32.encode("age", self._public)
        return self._recipient

    def open(self, armored: str) -> bytes | None:
        """Return what an age file holds, or None where that is not certain."""
        try:
            share, wrapped, signed, mac, payload = _read(armored)
            file_key = self._unwrap(share, wrapped)
            if not _compare_digest(_mac(_derive(file_key, b"", b"header"), signed), mac):
                return None
            nonce, chunk = payload[:_NONCE], payload[_NONCE:]
            return _open(_derive(file_key, nonce, b"payload"), _LAST, chunk)
        except _Unsure:
            return None

    def _unwrap(self, share: bytes, wrapped: bytes) -> bytes:
        try:
            shared = self._exchange(self._public_key(share))
        except ValueError:
            # A share of low order gives nothing but zeros, with which anybody could wrap.
            raise _Unsure from None
        return _open(_derive(shared, share + self._public, _LABEL), bytes(12), wrapped)


def read_identity(line: str) -> Key | None:
    """Return the key of an `AGE-SECRET-KEY-1…` in capitals, or None where it is not one."""
    secret = bech32.decode(_IDENTITY, line.lower()) if line == line.upper() else None
    return Key(secret) if secret is not None and len(secret) == _KEY_SIZE else None


def _read(armored: str) -> tuple[bytes, bytes, bytes, bytes, bytes]:
    """Return an age file's share, wrapped file key, header as it is signed, MAC and payload.

    Raises:
        _Unsure: It is not of the one shape, to the letter.
    """
    data = _unarmor(armored)
    if not data.startswith(_VERSION):
        raise _Unsure
    share, wrapped, at = b"", b"", len(_VERSION)
    while data[at : at + 3] == b"-> ":
        words, at = _line(data, at)
        body, at = _body(data, at)
        kind, *arguments = words[3:].split(b" ")
        if kind == b"X25519" and not share and len(arguments) == 1:
            share, wrapped = _decode(arguments[0]), body
        elif not kind.endswith(b"-grease") or not _is_visible([kind, *arguments]):
            raise _Unsure
    last, end = _line(data, at)
    payload = data[end:]
    sizes = len(share), len(wrapped), len(payload) - _NONCE - _TAG
    if sizes[:2] != (_KEY_SIZE, _FILE_KEY + _TAG) or not 0 < sizes[2] <= _CHUNK:
        raise _Unsure
    if last[:4] != b"--- ":
        raise _Unsure
    return share, wrapped, data[: at + 3], _decode(last[4:]), payload


def _unarmor(armored: str) -> bytes:
    lines = armored.split("\n")
    if lines[0] != _BEGIN or lines.pop() != _END or len(lines) < 2:
        raise _Unsure
    text = "".join(lines[1:])
    # Every line is full but the last one, which has something.
    if len(lines) - 1 != -(-len(text) // _COLUMNS) or any(
        len(line) != _COLUMNS for line in lines[1:-1]
    ):
        raise _Unsure
    try:
        data = a2b_base64(text)
    except (Base64Error, ValueError):
        raise _Unsure from None
    # One text stands for some bytes: no strange letters, and no bits beyond the end.
    if b2a_base64(data, newline=False).decode() != text:
        raise _Unsure
    return data


def _line(data: bytes, at: int) -> tuple[bytes, int]:
    end = data.find(b"\n", at)
    if end < 0:
        raise _Unsure
    return data[at:end], end + 1


def _is_visible(words: list[bytes]) -> bool:
    return all(words) and b"".join(words).isascii() and b"".join(words).decode().isprintable()


def _body(data: bytes, at: int) -> tuple[bytes, int]:
    """Return the body of a stanza, whose last line is a short one, and where it ends."""
    lines = []
    while True:
        line, at = _line(data, at)
        lines.append(line)
        if len(line) < _COLUMNS:
            return _decode(b"".join(lines)), at
        if len(line) > _COLUMNS:
            raise _Unsure


def _decode(text: bytes) -> bytes:
    """Return what base64 without padding holds."""
    try:
        data = a2b_base64(text + b"=" * (-len(text) % 4))
    except Base64Error:
        raise _Unsure from None
    if b2a_base64(data, newline=False).rstrip(b"=") != text:
        raise _Unsure
    return data


def _open(key: bytes, nonce: bytes, sealed: bytes) -> bytes:
    cipher = _cipher()
    try:
        return bytes(cipher(key).decrypt(nonce, sealed, None))
    except _refusals():
        raise _Unsure from None


def _refusals() -> tuple[type[Exception], ...]:
    """Return what the cipher raises; Python asks only once something was raised."""
    from cryptography.exceptions import InvalidTag

    return InvalidTag, ValueError


def _cipher() -> Any:
    from cryptography.hazmat.bindings._rust import openssl

    return openssl.aead.ChaCha20Poly1305


def _derive(secret: bytes, salt: bytes, label: bytes) -> bytes:
    """Return 32 bytes of HKDF with SHA-256."""
    return _mac(_mac(salt, secret), label + b"\1")


def _mac(key: bytes, message: bytes) -> bytes:
    """Return HMAC with SHA-256 of a key of 64 bytes at most.

    The module `hmac` would load OpenSSL's hashes, which costs more than opening a file.
    """
    block = key.ljust(64, b"\0")
    inner = sha256(block.translate(_INNER) + message).digest()
    return bytes(sha256(block.translate(_OUTER) + inner).digest())
