"""Take an age file apart and put one together, without saying who its stanzas are for.

This is the frame that all of age's own kinds of recipients share: the armor, the header with its
MAC, the payload in chunks. It reads what age writes, to the letter, and nothing else.

Source: C2SP age.md (file header, payload, ASCII armor); RFC 2104, RFC 5869.
"""

from __future__ import annotations

from _operator import _compare_digest
from binascii import Error as Base64Error
from binascii import a2b_base64, b2a_base64

from sopsmith.hashes import sha256

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Stanza = tuple[list[bytes], bytes]
    """The words behind the arrow, of which the first is the kind, and the body."""

FILE_KEY = 16  # bytes
TAG = 16  # bytes
_BEGIN = "-----BEGIN AGE ENCRYPTED FILE-----"
_END = "-----END AGE ENCRYPTED FILE-----"
_VERSION = b"age-encryption.org/v1\n"
_COLUMNS = 64
_NONCE = 16  # bytes
_CHUNK = 64 * 1024  # bytes of plaintext
_INNER = bytes(value ^ 0x36 for value in range(256))
_OUTER = bytes(value ^ 0x5C for value in range(256))


class Unreadable(Exception):
    """It is not an age file as age writes it, or it was changed."""


class File:
    """An age file, taken apart.

    Args:
        armored: Its armor, with nothing before or behind it.

    Attributes:
        stanzas: What its header holds, in order.

    Raises:
        Unreadable: It is not of the form that age writes.
    """

    __slots__ = ("_mac", "_payload", "_signed", "stanzas")

    def __init__(self, armored: str) -> None:
        data = _unarmor(armored)
        if not data.startswith(_VERSION):
            raise Unreadable
        self.stanzas: list[Stanza] = []
        at = len(_VERSION)
        while data[at : at + 3] == b"-> ":
            words, at = _line(data, at + 3)
            body, at = _body(data, at)
            self.stanzas.append((_words(words), body))
        last, end = _line(data, at)
        if last[:4] != b"--- ":
            raise Unreadable
        self._signed = data[: at + 3]
        self._mac = decode(last[4:])
        self._payload = data[end:]

    def open(self, file_key: bytes) -> bytes:
        """Return what it holds.

        Raises:
            Unreadable: The header was not made with this key, or the payload was not.
        """
        signed = mac(derive(file_key, b"", b"header"), self._signed)
        if not _compare_digest(signed, self._mac):
            raise Unreadable
        nonce, sealed = self._payload[:_NONCE], self._payload[_NONCE:]
        key = derive(file_key, nonce, b"payload")
        size = _CHUNK + TAG
        count = max(1, -(-len(sealed) // size))
        chunks = [
            unseal(key, _chunk_nonce(number, count), sealed[number * size : (number + 1) * size])
            for number in range(count)
        ]
        if count > 1 and not chunks[-1]:
            raise Unreadable
        return b"".join(chunks)


def write(stanzas: list[Stanza], file_key: bytes, nonce: bytes, content: bytes) -> str:
    """Return an age file, armored.

    Args:
        file_key: 16 random bytes that were wrapped for each stanza.
        nonce: 16 random bytes.
    """
    lines = [_VERSION]
    for words, body in stanzas:
        text = encode(body)
        cut = [text[at : at + _COLUMNS] for at in range(0, len(text) + 1, _COLUMNS)]
        lines.append(b"-> " + b" ".join(words) + b"\n" + b"\n".join(cut) + b"\n")
    head = b"".join(lines) + b"---"
    key = derive(file_key, nonce, b"payload")
    count = max(1, -(-len(content) // _CHUNK))
    sealed = [
        seal(key, _chunk_nonce(number, count), content[number * _CHUNK : (number + 1) * _CHUNK])
        for number in range(count)
    ]
    signed = encode(mac(derive(file_key, b"", b"header"), head))
    data = b"".join([head, b" ", signed, b"\n", nonce, *sealed])
    armor = b2a_base64(data, newline=False).decode()
    rows = [armor[at : at + _COLUMNS] for at in range(0, len(armor), _COLUMNS)]
    return "\n".join([_BEGIN, *rows, _END, ""])


def encode(data: bytes) -> bytes:
    """Return bytes as base64 without padding."""
    return b2a_base64(data, newline=False).rstrip(b"=")


def decode(text: bytes) -> bytes:
    """Return what base64 without padding holds.

    Raises:
        Unreadable: It is not what `encode` writes.
    """
    try:
        data = a2b_base64(text + b"=" * (-len(text) % 4))
    except Base64Error:
        raise Unreadable from None
    if encode(data) != text:
        raise Unreadable
    return data


def derive(secret: bytes, salt: bytes, label: bytes) -> bytes:
    """Return 32 bytes of HKDF with SHA-256."""
    return mac(mac(salt, secret), label + b"\1")


def mac(key: bytes, message: bytes) -> bytes:
    """Return HMAC with SHA-256 of a key of 64 bytes at most.

    The module `hmac` would load OpenSSL's hashes, which costs more than opening a file.
    """
    block = key.ljust(64, b"\0")
    inner = sha256(block.translate(_INNER) + message).digest()
    return bytes(sha256(block.translate(_OUTER) + inner).digest())


def seal(key: bytes, nonce: bytes, content: bytes) -> bytes:
    """Return a ChaCha20-Poly1305 ciphertext with its tag."""
    return bytes(_cipher(key).encrypt(nonce, content, None))


def unseal(key: bytes, nonce: bytes, sealed: bytes) -> bytes:
    """Return the content of a ChaCha20-Poly1305 ciphertext.

    Raises:
        Unreadable: It was not made with this key and nonce.
    """
    try:
        return bytes(_cipher(key).decrypt(nonce, sealed, None))
    except refusals():
        raise Unreadable from None


def refusals() -> tuple[type[Exception], ...]:
    """Return what ciphers raise; Python asks only once something was raised."""
    from cryptography.exceptions import InvalidTag

    return InvalidTag, ValueError


def _cipher(key: bytes) -> Any:
    # The native module: cryptography's Python layers would load for nothing.
    from cryptography.hazmat.bindings._rust import openssl

    return openssl.aead.ChaCha20Poly1305(key)


def _chunk_nonce(number: int, count: int) -> bytes:
    return number.to_bytes(11, "big") + (b"\1" if number == count - 1 else b"\0")


def _unarmor(armored: str) -> bytes:
    lines = armored.split("\n")
    if lines[0] != _BEGIN or lines.pop() != _END or len(lines) < 2:
        raise Unreadable
    text = "".join(lines[1:])
    # Every line is full but the last one, which has something.
    if len(lines) - 1 != -(-len(text) // _COLUMNS) or any(
        len(line) != _COLUMNS for line in lines[1:-1]
    ):
        raise Unreadable
    try:
        data = a2b_base64(text)
    except (Base64Error, ValueError):
        raise Unreadable from None
    # One text stands for some bytes: no strange letters, and no bits beyond the end.
    if b2a_base64(data, newline=False).decode() != text:
        raise Unreadable
    return data


def _line(data: bytes, at: int) -> tuple[bytes, int]:
    end = data.find(b"\n", at)
    if end < 0:
        raise Unreadable
    return data[at:end], end + 1


def _words(line: bytes) -> list[bytes]:
    words = line.split(b" ")
    if not all(words) or not line.isascii() or not line.decode().isprintable():
        raise Unreadable
    return words


def _body(data: bytes, at: int) -> tuple[bytes, int]:
    """Return the body of a stanza, whose last line is a short one, and where it ends."""
    lines = []
    while True:
        line, at = _line(data, at)
        lines.append(line)
        if len(line) < _COLUMNS:
            return decode(b"".join(lines)), at
        if len(line) > _COLUMNS:
            raise Unreadable
