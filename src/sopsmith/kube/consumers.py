"""Find which Secrets a manifest reads, and which ones appear because of it. Pure, on plain values.

Source: Kubernetes pkg/apis/core/types.go (EnvFromSource, SecretKeySelector, SecretVolumeSource,
SecretProjection, ServiceAccount), networking/v1 IngressTLS, gateway-api SecretObjectReference;
external-secrets ExternalSecretTarget, cert-manager CertificateSpec, kustomize secretargs.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

Object = dict[str, Any]

_MADE_BY_ISSUER = "privateKeySecretRef"
"""cert-manager writes the Secret that an ACME issuer names so."""
_TARGETS = frozenset({"ExternalSecret", "PushSecret"})


class Use(NamedTuple):
    """A manifest reads a Secret.

    Attributes:
        namespace: "" where the manifest names none, and kustomize or Argo CD gives it one.
        consumer: `Deployment web`.
        how: `env`, `envFrom`, `volume`, `projected`, `TLS`, `image pull`, `service account`,
            or `reference` for the fields of other kinds.
        optional: The consumer starts without it.
    """

    secret: str
    namespace: str
    consumer: str
    how: str
    optional: bool = False


def find_uses(manifest: Object) -> Iterator[Use]:
    """Yield each Secret that an object reads, the items of a list included."""
    for one in _objects(manifest):
        metadata = _mapping(one.get("metadata"))
        kind, namespace = str(one.get("kind") or ""), str(metadata.get("namespace") or "")
        if not kind or kind in {"Secret", "Certificate", "SealedSecret", *_TARGETS}:
            continue
        consumer = f"{kind} {metadata.get('name') or ''}".rstrip()
        parts = {key: part for key, part in one.items() if key not in {"metadata", "items"}}
        for how, found in _collect(parts, top=kind == "ServiceAccount"):
            name = found.get("name") or found.get("secretName")
            if isinstance(name, str) and name:
                where = str(found.get("namespace") or namespace)
                yield Use(name, where, consumer, how, found.get("optional") is True)


def find_made(manifest: Object) -> Iterator[tuple[str, str]]:
    """Yield namespace and name of each Secret that stands in a manifest, or is made for it."""
    for one in _objects(manifest):
        metadata, spec = _mapping(one.get("metadata")), _mapping(one.get("spec"))
        kind, namespace = one.get("kind"), str(metadata.get("namespace") or "")
        name: object = None
        if kind in {"Secret", "SealedSecret"}:
            name = metadata.get("name")
        elif kind == "ExternalSecret":
            name = _mapping(spec.get("target")).get("name") or metadata.get("name")
        elif kind == "Certificate":
            name = spec.get("secretName")
        elif kind in {"Issuer", "ClusterIssuer"}:
            name = _mapping(_mapping(spec.get("acme")).get(_MADE_BY_ISSUER)).get("name")
        if isinstance(name, str) and name:
            yield namespace, name
        for entry in _list(one.get("secretGenerator")):
            if isinstance(entry, dict) and isinstance(entry.get("name"), str):
                yield str(entry.get("namespace") or one.get("namespace") or ""), entry["name"]


def _objects(manifest: Object) -> Iterator[Object]:
    yield manifest
    for item in _list(manifest.get("items")):
        if isinstance(item, dict):
            yield from _objects(item)


def _collect(value: object, *, top: bool = False) -> Iterator[tuple[str, Object]]:
    """Yield how and by which reference, for every reference below a value."""
    for item in _list(value):
        yield from _collect(item)
    for key, part in _mapping(value).items():
        if key == "imagePullSecrets":
            yield from (("image pull", one) for one in _list(part) if isinstance(one, dict))
        elif key == "secrets" and top:
            yield from (("service account", one) for one in _list(part) if isinstance(one, dict))
        elif key == "tls" and isinstance(part, list):
            yield from (("TLS", one) for one in part if isinstance(one, dict))
        elif key == "certificateRefs":
            yield from (
                ("TLS", one) for one in _list(part)
                if isinstance(one, dict) and one.get("kind", "Secret") == "Secret"
            )  # fmt: skip
        elif isinstance(part, dict) and (how := _how(key, part)):
            yield how, part
        elif key in {"secretName", "existingSecret"} and isinstance(part, str):
            yield "reference", {"name": part}
        elif isinstance(part, dict | list):
            yield from _collect(part)


def _how(key: str, part: Object) -> str:
    """Return how a field's mapping refers to a Secret, or "" where it does not."""
    if key == "secret" and ("secretName" in part or "name" in part):
        return "volume" if "secretName" in part else "projected"
    if key == "secretKeyRef":
        return "env"
    if key == "secretRef":
        return "envFrom"
    other = key.endswith("SecretRef") and key != _MADE_BY_ISSUER
    return "reference" if other and "name" in part else ""


def _mapping(value: object) -> Object:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
