"""Encrypt with a passphrase as age does, at a cost that a test can pay.

The library measures how long its machine takes and makes opening last a second, or a minute on
a busy one. Source: C2SP age.md, the scrypt recipient.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_COST = 10  # logarithm to the base 2; age's own is 18 or more


def lock(text: bytes, passphrase: str, *, armored: bool = False) -> bytes:
    """Return an age file of less than 64 KiB that the passphrase opens."""
    file_key, salt, nonce = os.urandom(16), os.urandom(16), os.urandom(16)
    wrap = hashlib.scrypt(
        passphrase.encode(), salt=b"age-encryption.org/v1/scrypt" + salt, n=2**_COST, r=8, p=1,
        dklen=32,
    )  # fmt: skip
    body = ChaCha20Poly1305(wrap).encrypt(bytes(12), file_key, None)
    header = f"age-encryption.org/v1\n-> scrypt {_text(salt)} {_COST}\n{_text(body)}\n---"
    mac = hmac.digest(_derive(file_key, b"", b"header"), header.encode(), "sha256")
    stream = ChaCha20Poly1305(_derive(file_key, nonce, b"payload"))
    sealed = stream.encrypt(bytes(11) + b"\1", text, None)
    data = header.encode() + f" {_text(mac)}\n".encode() + nonce + sealed
    return _armor(data) if armored else data


def _armor(data: bytes) -> bytes:
    lines = base64.encodebytes(data).replace(b"\n", b"")
    rows = b"\n".join(lines[at : at + 64] for at in range(0, len(lines), 64))
    name = b"AGE ENCRYPTED FILE"
    return b"-----BEGIN %s-----\n%s\n-----END %s-----\n" % (name, rows, name)


def _derive(key: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt, info).derive(key)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")
