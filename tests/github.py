"""A GitHub App to test with: its key in every form, and its variables."""

from __future__ import annotations

import base64
from functools import cache

from cryptography.hazmat.primitives import serialization as out
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from sopsmith.formats.env_file import Variable
from sopsmith.secret import Secret

REPOSITORY = "https://github.com/acme/platform"


def private_key(bits: int = 2048) -> RSAPrivateKey:
    """Return a key, made once in a run."""
    return _made(bits)


@cache
def _made(bits: int) -> RSAPrivateKey:
    return generate_private_key(65537, bits)


def pem_of(
    key: RSAPrivateKey,
    form: out.PrivateFormat = out.PrivateFormat.TraditionalOpenSSL,
    encryption: out.KeySerializationEncryption | None = None,
) -> bytes:
    """Return a key as PEM, PKCS #1 unless another form is asked for."""
    return key.private_bytes(out.Encoding.PEM, form, encryption or out.NoEncryption())


def variables(key: bytes | None = None, prefix: str = "") -> list[Variable]:
    """Return the three variables of the App."""
    values = {
        "GIT_APP_ID": b"12345",
        "GIT_APP_INSTALLATION_ID": b"67890",
        "GIT_APP_PRIVATE_KEY": pem_of(private_key()) if key is None else key,
    }
    return [Variable(prefix + name, Secret(value)) for name, value in values.items()]


def wrapped(pem: bytes) -> bytes:
    """Return a PEM in base64, as `base64 -w0` writes it."""
    return base64.b64encode(pem)
