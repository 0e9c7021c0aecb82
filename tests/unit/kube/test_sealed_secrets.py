"""SealedSecrets open under their own name and scope alone."""

from __future__ import annotations

import base64
import os
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256

from sopsmith.errors import ManifestError, MasterKeyError
from sopsmith.kube.sealed_secrets import load_keys, unseal

KEY = rsa.generate_private_key(65537, 2048)
OTHER = rsa.generate_private_key(65537, 2048)


def pem(key: rsa.RSAPrivateKey) -> bytes:
    """Return a key as the controller keeps it."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )


def sealed(label: str, value: bytes = b"canary!", **template: Any) -> dict[str, Any]:
    """Return a SealedSecret shop/db whose value was sealed under a label."""
    session = os.urandom(32)
    scheme = padding.OAEP(padding.MGF1(SHA256()), SHA256(), label.encode())
    wrapped = KEY.public_key().encrypt(session, scheme)
    text = len(wrapped).to_bytes(2, "big") + wrapped
    text += AESGCM(session).encrypt(bytes(12), value, None)
    return {
        "apiVersion": "bitnami.com/v1alpha1",
        "kind": "SealedSecret",
        "metadata": {"name": "db", "namespace": "shop"},
        "spec": {"encryptedData": {"a": base64.b64encode(text).decode()}, "template": template},
    }


def annotated(found: dict[str, Any], scope: str) -> dict[str, Any]:
    """Return a SealedSecret of a wider scope."""
    found["metadata"]["annotations"] = {f"sealedsecrets.bitnami.com/{scope}": "true"}
    return found


@pytest.mark.parametrize(
    ("label", "scope"), [("shop/db", ""), ("shop", "namespace-wide"), ("", "cluster-wide")]
)
def test_each_scope_opens_with_the_key_that_fits(label: str, scope: str) -> None:
    one = annotated(sealed(label), scope) if scope else sealed(label)
    made = unseal(one, [OTHER, KEY])
    assert (made.namespace, made.name) == ("shop", "db")
    assert made.data["a"].reveal() == b"canary!"


@pytest.mark.parametrize(("label", "key"), [("shop/other", KEY), ("shop", KEY), ("shop/db", OTHER)])
def test_a_value_of_another_name_scope_or_key_does_not_open(
    label: str, key: rsa.RSAPrivateKey
) -> None:
    with pytest.raises(ManifestError, match="does not open"):
        unseal(sealed(label), [key])


def test_the_template_gives_type_labels_and_further_values() -> None:
    one = sealed(
        "shop/db", type="kubernetes.io/basic-auth", data={"url": "pg://{{ .a }}@h"},
        metadata={"labels": {"app": "x"},
                  "annotations": {"sealedsecrets.bitnami.com/patch": "true"}},
    )  # fmt: skip
    made = unseal(one, [KEY])
    assert (made.type, made.labels, made.annotations) == (
        "kubernetes.io/basic-auth", {"app": "x"}, {},
    )  # fmt: skip
    assert made.data["url"].reveal() == b"pg://canary!@h"


def test_keys_come_as_pem_blocks_or_as_the_controllers_secrets() -> None:
    both = pem(OTHER) + b"-----BEGIN CERTIFICATE-----\nxx\n-----END CERTIFICATE-----\n" + pem(KEY)
    secrets: list[object] = [
        {"kind": "List", "items": [
            {"kind": "Secret", "data": {"tls.key": base64.b64encode(pem(KEY)).decode()}}]}
    ]  # fmt: skip
    assert len(load_keys(both, [], "-")) == 2
    assert len(load_keys(b"kind: List", secrets, "-")) == 1
    with pytest.raises(MasterKeyError):
        load_keys(b"nothing", [], "-")
