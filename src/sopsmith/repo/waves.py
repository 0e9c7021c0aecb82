"""Prove from the manifests that no consumer is synced before its Secrets are.

Argo CD applies waves in their order and waits for each to be healthy. Inside a wave it applies
Secrets before workloads and custom objects, but the Secrets of another Application come when
that one gets to it: what reads them must stand in a later wave than that Application.

Source: argo-cd gitops-engine pkg/sync/sync_tasks.go (the order of kinds),
docs/user-guide/sync-waves.md.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sopsmith.kube.argocd_apps import WAVE
from sopsmith.repo.argocd_apps import SECRETS

Object = dict[str, Any]

CONSUMERS: dict[str, tuple[str, ...]] = {
    "hcloud-cloud-controller-manager": ("hetzner-api-token",),
    "hcloud-ccm": ("hetzner-api-token",),
    "hcloud-csi": ("hetzner-api-token",),
    "cluster-autoscaler": ("hetzner-api-token",),
    "cert-manager": ("hetzner-dns-token",),
    "cert-manager-webhook-hetzner": ("hetzner-dns-token",),
    "external-dns": ("hetzner-dns-token",),
    "velero": ("hetzner-s3-access-key", "hetzner-s3-secret-key"),
    "tenants": ("org-name", "tenants-repo-name"),
}
"""Secrets that the Applications of the platform's table read, by the Application's name."""


class Late(NamedTuple):
    """A Secret that comes too late, or may.

    Attributes:
        consumer: `Application cert-manager`.
        secret: Its name.
        wave: The consumer's.
        comes: The wave of the Secret, or of the Application that brings it.
    """

    consumer: str
    secret: str
    wave: int
    comes: int


def find_late_secrets(objects: list[Object], carried: set[str]) -> list[Late]:
    """Return the consumers among some objects whose Secrets come too late.

    Args:
        objects: What one Application renders to.
        carried: Names of the Secrets that the Application `platform-secrets` among them brings.
    """
    own = {_name(one): wave_of(one) for one in objects if one.get("kind") == "Secret"}
    brought = next((wave_of(one) for one in objects if _is_carrier(one)), None)
    return [
        Late(f"{one.get('kind')} {_name(one)}", secret, wave_of(one), comes)
        for one in objects
        if one.get("kind") != "Secret" and not _is_carrier(one)
        for secret in sorted(secrets_read_by(one))
        for comes in [own.get(secret, brought if secret in carried else None)]
        # What stands in one wave with its Secret is applied behind it; what stands in one wave
        # with the Application that brings the Secret may not be.
        if comes is not None and wave_of(one) < comes + (secret not in own)
    ]


def wave_of(one: Object) -> int:
    """Return the wave of an object; Argo CD takes what is no number for 0."""
    annotations = (one.get("metadata") or {}).get("annotations") or {}
    try:
        return int(annotations.get(WAVE, 0))
    except (TypeError, ValueError):
        return 0


def secrets_read_by(one: Object) -> set[str]:
    """Return the names of the Secrets that an object reads."""
    found: set[str] = set()
    if one.get("kind") in {"Application", "ApplicationSet"}:
        found |= set(CONSUMERS.get(_name(one), ()))
    _collect(one.get("spec"), found)
    return found


def _collect(value: object, found: set[str]) -> None:
    if isinstance(value, list):
        for item in value:
            _collect(item, found)
    elif isinstance(value, dict):
        for key, part in value.items():
            if key == "secretName" and isinstance(part, str):
                found.add(part)
            elif key in {"secretKeyRef", "secretRef"} and isinstance(part, dict):
                found.add(str(part.get("name")))
            elif key == "imagePullSecrets" and isinstance(part, list):
                found |= {str(item.get("name")) for item in part if isinstance(item, dict)}
            _collect(part, found)


def _is_carrier(one: Object) -> bool:
    return one.get("kind") == "Application" and _name(one) == SECRETS


def _name(one: Object) -> str:
    return str((one.get("metadata") or {}).get("name"))
