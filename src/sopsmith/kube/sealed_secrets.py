"""Open SealedSecrets with the controller's private keys.

Each value is an AES-256-GCM text (with a nonce of zeros: its key is used once) behind that key,
wrapped by RSA-OAEP. The label of the OAEP binds a value to its scope: `namespace/name` (strict),
the namespace, or nothing (cluster-wide).

Source: sealed-secrets 0.27 pkg/crypto/crypto.go (HybridDecrypt),
pkg/apis/sealedsecrets/v1alpha1/sealedsecret_expansion.go (EncryptionLabel, Unseal).
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from sopsmith.errors import ManifestError, MasterKeyError
from sopsmith.kube.external_values import own_marks
from sopsmith.kube.secret import OPAQUE, SecretManifest, check_data_key
from sopsmith.kube.templates import render
from sopsmith.ports import Kind, Object
from sopsmith.secret import Secret

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

GROUP = "bitnami.com"
SEALED = "SealedSecret"
KIND = Kind(GROUP, "v1alpha1", "sealedsecrets", SEALED)
MARK = "sealedsecrets.bitnami.com/"
NO_OWNER = f"{MARK}skip-set-owner-references"
"""The annotation of a template whose Secret gets no ownerReference."""
_KEY = "tls.key"


def is_sealed(found: object) -> bool:
    """Tell whether an object is a SealedSecret."""
    return (
        isinstance(found, dict)
        and found.get("kind") == SEALED
        and str(found.get("apiVersion", "")).startswith(f"{GROUP}/")
    )


def is_released(found: Object) -> bool:
    """Tell whether a SealedSecret says that its Secret shall have no owner.

    Source: sealed-secrets 0.27 sealedsecret_expansion.go (Unseal); controller.go (unseal) then
    takes the ownerReference off the Secret that stands, and leaves it alone from there on.
    """
    spec = found.get("spec") or {}
    metadata = (spec.get("template") or {}).get("metadata") or {}
    return (metadata.get("annotations") or {}).get(NO_OWNER) == "true"


def load_keys(data: bytes, objects: list[object], place: str) -> list[RSAPrivateKey]:
    """Return the controller's keys: of PEM blocks, or of its Secrets as kubectl prints them.

    Args:
        objects: What the bytes hold as YAML; nothing where they are no YAML.

    Raises:
        MasterKeyError: There is none in it, or one cannot be used.
    """
    blocks = [data] if b"PRIVATE KEY-----" in data else [*_of_secrets(objects)]
    keys = [_load(block, place) for one in blocks for block in _pem_blocks(one)]
    if not keys:
        raise MasterKeyError("holds no private key of the controller", path=place)
    return keys


def unseal(found: Object, keys: list[RSAPrivateKey]) -> SecretManifest:
    """Return the Secret that the controller would make of a SealedSecret.

    Raises:
        ManifestError: A value does not open with any key under the object's name and scope, or
            the template cannot be rendered.
    """
    metadata, spec = found.get("metadata") or {}, found.get("spec") or {}
    name, namespace = str(metadata.get("name") or ""), str(metadata.get("namespace") or "")
    if spec.get("data"):
        raise ManifestError("is of the old form: seal it again", key="spec.data")
    label = _label(metadata.get("annotations") or {}, namespace, name)
    data = {
        check_data_key(str(key)): _open(str(value), keys, label, str(key))
        for key, value in (spec.get("encryptedData") or {}).items()
    }
    template = spec.get("template") or {}
    data |= _render(template.get("data") or {}, data)
    marks = template.get("metadata") or {}
    return SecretManifest(
        name, namespace, str(template.get("type") or OPAQUE), data,
        _own(marks.get("labels") or {}), _own(marks.get("annotations") or {}),
        template.get("immutable") is True,
    )  # fmt: skip


def _render(template: dict[str, Any], data: dict[str, Secret]) -> dict[str, Secret]:
    if not template:
        return {}
    try:
        known = {key: value.reveal().decode() for key, value in data.items()}
    except UnicodeDecodeError:
        raise ManifestError("a template is rendered with a value that is no text") from None
    return {key: Secret(render(str(text), known).encode()) for key, text in template.items()}


def _own(marks: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in own_marks(marks).items() if not key.startswith(MARK)}


def _label(annotations: dict[str, Any], namespace: str, name: str) -> bytes:
    if annotations.get(f"{MARK}cluster-wide") == "true":
        return b""
    if annotations.get(f"{MARK}namespace-wide") == "true":
        return namespace.encode()
    return f"{namespace}/{name}".encode()


def _open(text: str, keys: list[RSAPrivateKey], label: bytes, key: str) -> Secret:
    try:
        sealed = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise ManifestError("is no base64", key=f"spec.encryptedData.{key}") from None
    size = int.from_bytes(sealed[:2], "big")
    for one in keys:
        found = _open_with(one, sealed[2 : 2 + size], sealed[2 + size :], label)
        if found is not None:
            return found
    raise ManifestError(
        "does not open: no key fits, or it was sealed for another name, namespace or scope",
        key=f"spec.encryptedData.{key}",
    )


def _open_with(key: RSAPrivateKey, wrapped: bytes, text: bytes, label: bytes) -> Secret | None:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.asymmetric import padding
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.hashes import SHA256

    scheme = padding.OAEP(padding.MGF1(SHA256()), SHA256(), label)
    try:
        session = key.decrypt(wrapped, scheme)
        return Secret(AESGCM(session).decrypt(bytes(12), text, None))
    except (ValueError, InvalidTag):
        return None


def _of_secrets(objects: list[object]) -> list[bytes]:
    found: list[bytes] = []
    for one in objects:
        if isinstance(one, dict) and isinstance(one.get("items"), list):
            found += _of_secrets(one["items"])
        elif isinstance(one, dict) and one.get("kind") == "Secret":
            text = (one.get("data") or {}).get(_KEY)
            found += [base64.b64decode(text)] if isinstance(text, str) else []
    return found


def _pem_blocks(data: bytes) -> list[bytes]:
    blocks, end = [], b"-----END "
    for part in data.split(b"-----BEGIN ")[1:]:
        head, _, body = part.partition(b"-----")
        if head.endswith(b"PRIVATE KEY") and end in body:
            foot = end + head + b"-----"
            blocks.append(b"-----BEGIN " + part.partition(foot)[0] + foot + b"\n")
    return blocks


def _load(block: bytes, place: str) -> RSAPrivateKey:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(block, None)
    except (ValueError, TypeError):
        raise MasterKeyError("holds a private key that cannot be read", path=place) from None
    if not isinstance(key, RSAPrivateKey):
        raise MasterKeyError("holds a private key that is no RSA key", path=place)
    return key
