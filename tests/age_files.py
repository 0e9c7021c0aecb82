"""Write age files by hand, signed whatever stands in them, and hold what opens against pyrage."""

from __future__ import annotations

import base64

import pyrage
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sopsmith.age import bech32
from sopsmith.age.narrow import read_identity

SECRET = bytes(range(1, 33))
IDENTITY = bech32.encode("age-secret-key-", SECRET).upper()
NATIVE = pyrage.x25519.Identity.from_str(IDENTITY)
BEGIN, END = "-----BEGIN AGE ENCRYPTED FILE-----", "-----END AGE ENCRYPTED FILE-----"
FILE_KEY = bytes(range(100, 116))


def derive(secret: bytes, salt: bytes, label: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt, label).derive(secret)


def encode(data: bytes) -> bytes:
    return base64.b64encode(data).rstrip(b"=")


def wrap_lines(text: bytes, columns: int) -> bytes:
    lines = [text[at : at + columns] for at in range(0, len(text), columns)]
    full = not lines or len(lines[-1]) == columns
    return b"\n".join([*lines, *([b""] if full else [])]) + b"\n"


def x25519_stanza(seed: bytes, file_key: bytes) -> bytes:
    ephemeral = X25519PrivateKey.from_private_bytes(seed)
    share = ephemeral.public_key().public_bytes_raw()
    mine = X25519PrivateKey.from_private_bytes(SECRET).public_key().public_bytes_raw()
    shared = ephemeral.exchange(X25519PublicKey.from_public_bytes(mine))
    key = derive(shared, share + mine, b"age-encryption.org/v1/X25519")
    body = ChaCha20Poly1305(key).encrypt(bytes(12), file_key, None)
    return b"-> X25519 " + encode(share) + b"\n" + encode(body) + b"\n"


def write_file(stanzas: list[bytes], content: bytes, last: bytes = b"---") -> bytes:
    """Return an age file whose header is signed, whatever stands in it."""
    head = b"age-encryption.org/v1\n" + b"".join(stanzas) + last
    signer = HMAC(derive(FILE_KEY, b"", b"header"), SHA256())
    signer.update(head)
    nonce = bytes(range(16))
    cipher = ChaCha20Poly1305(derive(FILE_KEY, nonce, b"payload"))
    payload = nonce + cipher.encrypt(bytes(11) + b"\1", content, None)
    return head + b" " + encode(signer.finalize()) + b"\n" + payload


def armor(data: bytes, columns: int = 64) -> str:
    text = base64.b64encode(data).decode()
    lines = [text[at : at + columns] for at in range(0, len(text), columns)]
    return "\n".join([BEGIN, *lines, END])


def agree(text: str) -> bytes | None:
    """Return what the narrow reader opens, once it is known that pyrage opens the same."""
    key = read_identity(IDENTITY)
    assert key is not None
    found = key.open(text)
    if found is not None:
        assert bytes(pyrage.decrypt(text.encode(), [NATIVE])) == found
    return found
