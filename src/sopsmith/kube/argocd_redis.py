"""Have redis speak TLS, and Argo CD check its certificate.

Arguments are one list that a patch replaces whole, so each patch names all of them, as the
official manifests have them.

Source: argo-cd manifests/base (the arguments), util/cache/cache.go (the flags of redis);
redis.conf (tls-port and those beside it).
"""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]

SECRET = "argocd-redis-tls"  # noqa: S105 - the name of one
"""Holds `tls.crt`, `tls.key` and `ca.crt`; cert-manager makes them so."""
VOLUME = "sopsmith-redis-tls"
FOLDER = "/app/config/redis/tls"
CLIENTS = (
    ("Deployment", "argocd-server"),
    ("Deployment", "argocd-repo-server"),
    ("StatefulSet", "argocd-application-controller"),
)
_PLAIN = ["--save", "", "--appendonly", "no", "--requirepass $(REDIS_PASSWORD)"]


def client_arguments() -> list[str]:
    """Return the flags of every part of Argo CD that talks to redis."""
    return ["--redis-use-tls", f"--redis-ca-certificate={FOLDER}/ca.crt"]


def server_arguments() -> list[str]:
    """Return the flags of redis, besides those that it has: no port in clear is left."""
    return [
        "--port", "0", "--tls-port", "6379", "--tls-auth-clients", "no",
        "--tls-cert-file", f"{FOLDER}/tls.crt", "--tls-key-file", f"{FOLDER}/tls.key",
    ]  # fmt: skip


def mount() -> Object:
    """Return the mount of the certificate."""
    return {"name": VOLUME, "mountPath": FOLDER, "readOnly": True}


def volume(*, whole: bool) -> Object:
    """Return the volume with the certificate; with its key for redis alone."""
    source: Object = {"secretName": SECRET, "defaultMode": 0o444}
    if not whole:
        source["items"] = [{"key": "ca.crt", "path": "ca.crt"}]
    return {"name": VOLUME, "secret": source}


def build_patches() -> list[Object]:
    """Return strategic merge patches of the official manifests."""
    redis = _patch("Deployment", "argocd-redis", "redis", [*_PLAIN, *server_arguments()])
    clients = [
        _patch(kind, name, name, [f"/usr/local/bin/{name}", *client_arguments()])
        for kind, name in CLIENTS
    ]
    return [redis, *clients]


def _patch(kind: str, name: str, container: str, arguments: list[str]) -> Object:
    own = {"name": container, "args": arguments, "volumeMounts": [mount()]}
    spec = {"containers": [own], "volumes": [volume(whole=name == "argocd-redis")]}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name},
        "spec": {"template": {"spec": spec}},
    }
