"""Whom a version opens for, what two values have in common, and which scope a path tells."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sopsmith import age
from sopsmith.flows.exposure import Digests, guess_scope, others_needed
from sopsmith.flows.versions import SecretName, Token, Version, read_version
from sopsmith.sops.config import Config
from sopsmith.sops.document import encrypt

A, B, C = (age.generate()[1] for _ in range(3))
SSH, OTHER_SSH = (
    Ed25519PrivateKey.generate()
    .public_key()
    .public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    .decode()
    for _ in range(2)
)
ONE, TWO, THREE, BOTH = (f"{{age: [{names}]}}" for names in (A, B, C, f"{A}, {B}"))


def version(keys: str) -> Version:
    config = Config.parse(f"creation_rules:\n  - {keys}\n".encode(), ".sops.yaml")
    now = datetime(2026, 1, 1, tzinfo=UTC)
    data = encrypt(b"a: b\n", "yaml", config.rules[0], now=now, path="x.yaml")
    found = read_version(data, "x.yaml")
    assert found
    return found


@pytest.mark.parametrize(
    ("keys", "needed"),
    [
        (f"age: '{A},{B}'", 0),
        (f"age: '{B}'", None),
        (f"key_groups: [{ONE}, {TWO}, {THREE}]", 2),
        (f"{{key_groups: [{ONE}, {TWO}, {THREE}], shamir_threshold: 2}}", 1),
        (f"{{key_groups: [{ONE}, {BOTH}, {THREE}], shamir_threshold: 2}}", 0),
    ],
    ids=["with another", "not at all", "all groups", "two groups", "alone in two groups"],
)
def test_a_recipient_opens_a_file_alone_or_with_others(keys: str, needed: int | None) -> None:
    assert others_needed(version(keys), A) == needed


def test_an_ssh_key_is_the_same_whatever_stands_behind_it() -> None:
    found = version(f"age: '{SSH} anna@old'")
    assert others_needed(found, f"{SSH} anna@new") == 0
    assert others_needed(found, OTHER_SSH) is None


def test_a_digest_is_of_the_value_and_not_of_how_it_is_written() -> None:
    secret, plain = SecretName("a", "n"), SecretName("", "")
    digests = Digests(b"key")

    def of(name: SecretName, part: str, value: str) -> bytes:
        return digests.of(Token(name, f"{part}.k", (part, "k"), ""), value)

    assert of(secret, "data", "b25lCg==") == of(secret, "stringData", "one")
    assert of(secret, "data", "no base64") == of(plain, "x", "no base64")
    assert of(plain, "data", "b25lCg==") != of(plain, "data", "one")
    assert Digests(b"other").of(Token(plain, "k", ("k",), ""), "one") != of(plain, "k", "one")


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        ("bootstrap/argocd/overlays/main/dev/secrets/a.yaml", "dev"),
        ("core/old/prod/a.yaml", "prod"),
        ("dev.yaml", ""),
        ("a/development/b.yaml", ""),
    ],
)
def test_a_scope_is_the_innermost_folder_of_its_name(path: str, scope: str) -> None:
    assert guess_scope(path, ("core", "dev", "prod")) == scope
