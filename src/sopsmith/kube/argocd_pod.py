"""Say what the pod of Argo CD's repo-server needs, in either mode.

Source: argo-cd docs/operator-manual/config-management-plugins.md (the sidecar),
manifests/base/repo-server (names of volumes and containers); kustomize-sops README (the
`install` subcommand, from 4.4.0 on, whose image has no shell).
"""

from __future__ import annotations

from typing import Any, NamedTuple

Object = dict[str, Any]

PLUGIN = "sopsmith"
"""Name of the plugin, which an Application gives under `spec.source.plugin.name`."""
KEYS = "/keys"
AGE_FOLDER = "/sops-age"
KEY_FILE = "keys.txt"
BUILD_OPTIONS = "--enable-alpha-plugins --enable-exec"
USER = 999
"""Argo CD's own, which owns the socket that the repo-server and the sidecar share."""
# The kubelet gives the files of a Secret to root, and USER has to read them. No other container
# of the pod mounts the volume.
_READABLE = 0o444


class Pod(NamedTuple):
    """What is added to the repo-server's pod.

    Attributes:
        env: Of the repo-server's own container, as are `mounts`.
    """

    containers: list[Object]
    init_containers: list[Object]
    volumes: list[Object]
    env: list[Object]
    mounts: list[Object]


def build_sidecar(image: str, projects: dict[str, str]) -> Pod:
    """Return a pod whose sidecar alone has identities, one folder a project.

    Args:
        projects: Name of the Secret with the identities of each Argo CD project. A Secret that
            is not there keeps nothing from starting; its project opens nothing then.
    """
    secrets = dict.fromkeys(projects.values())
    mounts = [
        {"name": secret_volume(secret), "mountPath": f"{KEYS}/{project}", "readOnly": True}
        for project, secret in projects.items()
    ]
    container: Object = {
        "name": PLUGIN,
        "image": image,
        "command": ["/var/run/argocd/argocd-cmp-server"],
        # Where kustomize's tree lies: in memory, and the container's own. /dev/shm is the pod's,
        # and every plugin in it runs as the same user.
        "env": [{"name": "SOPSMITH_MEMORY", "value": "/tmp"}],  # noqa: S108
        "securityContext": security_context(),
        "resources": {
            "requests": {"cpu": "100m", "memory": "128Mi"},
            "limits": {"cpu": "1", "memory": "512Mi"},
        },
        "volumeMounts": [
            {"name": "var-files", "mountPath": "/var/run/argocd", "readOnly": True},
            {"name": "plugins", "mountPath": "/home/argocd/cmp-server/plugins"},
            {"name": "sopsmith-tmp", "mountPath": "/tmp"},  # noqa: S108
            *mounts,
        ],
    }
    memory = {"medium": "Memory", "sizeLimit": "256Mi"}
    volumes = [{"name": "sopsmith-tmp", "emptyDir": memory}, *map(_secret, secrets)]
    return Pod([container], [], volumes, [], [])


def build_init_container(image: str, secret: str) -> Pod:
    """Return a pod whose repo-server runs KSOPS with the identity at hand.

    Whoever has a repository rendered there can read the identity.
    """
    tools = {"name": "custom-tools", "mountPath": "/custom-tools"}
    install: Object = {
        "name": "install-ksops",
        "image": image,
        "command": ["/usr/local/bin/ksops", "install", "--with-kustomize", "/custom-tools"],
        "securityContext": security_context(),
        "resources": {
            "requests": {"cpu": "50m", "memory": "32Mi"},
            "limits": {"cpu": "500m", "memory": "128Mi"},
        },
        "volumeMounts": [tools],
    }
    bin_mounts = [
        {"name": "custom-tools", "mountPath": f"/usr/local/bin/{name}", "subPath": name}
        for name in ("ksops", "kustomize")
    ]
    key = {"name": secret_volume(secret), "mountPath": AGE_FOLDER, "readOnly": True}
    return Pod(
        [],
        [install],
        [{"name": "custom-tools", "emptyDir": {}}, _secret(secret)],
        [{"name": "SOPS_AGE_KEY_FILE", "value": f"{AGE_FOLDER}/{KEY_FILE}"}],
        [*bin_mounts, key],
    )


def build_deployment_patch(pod: Pod, container: str) -> Object:
    """Return a strategic merge patch of the repo-server's Deployment.

    Its lists are merged by name, and by path those of mounts, so that applying it twice, or
    where a list is missing, is the same as applying it once.
    """
    own: Object = {"name": container}
    if pod.env:
        own["env"] = pod.env
    if pod.mounts:
        own["volumeMounts"] = pod.mounts
    spec: Object = {"containers": [*pod.containers, *([own] if len(own) > 1 else [])]}
    if pod.init_containers:
        spec["initContainers"] = pod.init_containers
    spec["volumes"] = pod.volumes
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "argocd-repo-server"},
        "spec": {"template": {"spec": spec}},
    }


def build_plugin() -> Object:
    """Return the plugin's configuration, which is part of the sidecar's image.

    No Application is rendered by it unasked: there is nothing under `discover`.
    """
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "ConfigManagementPlugin",
        "metadata": {"name": PLUGIN},
        "spec": {
            "generate": {"command": ["sopsmith-cmp", "generate"]},
            "preserveFileMode": False,
            "provideGitCreds": False,
        },
    }


def security_context() -> Object:
    """Return what a container may do: nothing besides running as a plain user."""
    return {
        "runAsNonRoot": True,
        "runAsUser": USER,
        "readOnlyRootFilesystem": True,
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def secret_volume(secret: str) -> str:
    """Return the name of the volume with a Secret's files."""
    # A volume's name may have no dots.
    return f"sopsmith-{secret.replace('.', '-')}"


def _secret(name: str) -> Object:
    source = {"secretName": name, "defaultMode": _READABLE, "optional": True}
    return {"name": secret_volume(name), "secret": source}
