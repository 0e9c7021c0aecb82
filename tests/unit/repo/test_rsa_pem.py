"""A private key is taken in each way in which a `.env` holds one, and never quoted."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import serialization as out
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from tests.github import pem_of, private_key, wrapped

from sopsmith.errors import EnvFileError
from sopsmith.repo.rsa_pem import read_rsa_pem
from sopsmith.secret import Secret

PKCS1 = pem_of(private_key())
PKCS8 = pem_of(private_key(), out.PrivateFormat.PKCS8)
ELLIPTIC = generate_private_key(SECP256R1()).private_bytes(
    out.Encoding.PEM, out.PrivateFormat.PKCS8, out.NoEncryption()
)


@pytest.mark.parametrize("pem", [PKCS1, PKCS8], ids=["pkcs1", "pkcs8"])
def test_every_form_gives_the_pem_itself(pem: bytes) -> None:
    forms = [pem, pem.strip(), pem.replace(b"\n", b"\r\n"), pem.replace(b"\n", b"\\n")]
    forms += [wrapped(pem), wrapped(pem.replace(b"\n", b"\r\n")), wrapped(pem) + b"\n"]
    assert {read_rsa_pem(Secret(form), "KEY").reveal() for form in forms} == {pem}


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (b"", "no private key in PEM"),
        (b"/home/me/app.pem", "no private key in PEM"),
        (PKCS1.splitlines()[1], "no private key in PEM"),
        (PKCS1[:-40], "no private key in PEM"),
        (PKCS1 + PKCS1, "no private key in PEM"),
        (PKCS1.replace(PKCS1.splitlines()[3], b"A" * 64), "damaged"),
        (ELLIPTIC, "no RSA key"),
        (PKCS1.replace(b"\n-----END", b"A" * 4096 + b"\n-----END"), "longer than the keys"),
        (pem_of(private_key(1024)), "1024 bits"),
        (
            pem_of(private_key(), out.PrivateFormat.PKCS8, out.BestAvailableEncryption(b"made-up")),
            "has a passphrase",
        ),
    ],
    ids=[
        "empty",
        "path",
        "line",
        "cut",
        "two",
        "damaged",
        "elliptic",
        "long",
        "short",
        "passphrase",
    ],
)
def test_anything_else_is_refused_without_a_word_of_it(value: bytes, why: str) -> None:
    with pytest.raises(EnvFileError, match=why) as caught:
        read_rsa_pem(Secret(value), "GIT_APP_PRIVATE_KEY")
    said = f"{caught.value} {caught.value.hint} {caught.value!r}"
    assert not [line for line in value.decode().splitlines() if len(line) > 9 and line in said]
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
