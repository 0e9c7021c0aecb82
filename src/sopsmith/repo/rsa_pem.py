r"""Read a PEM private key in the ways in which a `.env` holds one.

- As PEM: a quoted value over many lines, or `"…\n…"` in double quotes, which the `.env` reader
  has unescaped already.
- As PEM with `\n` in place of the line ends, as single quotes or none leave it.
- As base64 of the PEM: `base64 -w0 key.pem`.

A path is refused: the value of a `.env` must mean the same on every machine.
"""

from __future__ import annotations

import base64
import binascii
import re

from sopsmith.errors import EnvFileError
from sopsmith.secret import Secret

MIN_BITS = 2048
_LIMIT = 4096  # bytes of PEM; one of 4,096 bits has 3,272, and to prove a longer takes seconds
_BLOCK = re.compile(rb"-----BEGIN ([A-Z ]+)-----\n[A-Za-z0-9+/=\n]+-----END \1-----")
_HINT = 'write "$(base64 -w0 key.pem)" of the .pem file that GitHub gave you'


def read_rsa_pem(value: Secret, name: str) -> Secret:
    """Return the key as PEM with LF as line ends, after proving that it is one.

    Args:
        name: Of the variable, for errors.

    Raises:
        EnvFileError: It is no RSA private key of 2048 bits or more, or has a passphrase.
    """
    text = _unwrapped(value.reveal().strip())
    pem = text.replace(b"\\n", b"\n").replace(b"\r\n", b"\n").strip()
    if b"ENCRYPTED" in pem:
        raise EnvFileError(
            "the private key has a passphrase, which Argo CD cannot ask for", key=name, hint=_HINT
        )
    if len(pem) > _LIMIT:
        raise EnvFileError("is longer than the keys that GitHub makes", key=name, hint=_HINT)
    if not _BLOCK.fullmatch(pem):
        raise EnvFileError("is no private key in PEM, and no base64 of one", key=name, hint=_HINT)
    _prove(pem, name)
    return Secret(pem + b"\n")


def _unwrapped(text: bytes) -> bytes:
    """Return what base64 stands for, or the text itself where it is none."""
    if text.startswith(b"-----"):
        return text
    try:
        return base64.b64decode(b"".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return text


def _prove(pem: bytes, name: str) -> None:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # What the library says may quote the key.
        raise EnvFileError("the private key is damaged", key=name, hint=_HINT) from None
    if not isinstance(key, RSAPrivateKey):
        raise EnvFileError("is no RSA key, and GitHub Apps have no others", key=name, hint=_HINT)
    if key.key_size < MIN_BITS:
        raise EnvFileError(
            f"is an RSA key of {key.key_size} bits; at least {MIN_BITS} are needed", key=name
        )
