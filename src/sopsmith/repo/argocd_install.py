"""Write what installs Argo CD with sopsmith: patches of the official manifests, values, or a CR.

Source: argo-helm charts/argo-cd/values.yaml and templates/argocd-repo-server (the container is
named `repo-server` there); argocd-operator api/v1beta1/argocd_types.go.
"""

from __future__ import annotations

from typing import Any

from sopsmith.kube.argocd_config import (
    APPLICATION_HEALTH,
    build_cm,
    build_config_map,
    build_network_policies,
    build_params,
)
from sopsmith.kube.argocd_pod import (
    BUILD_OPTIONS,
    Pod,
    build_deployment_patch,
    build_init_container,
    build_sidecar,
)
from sopsmith.kube.argocd_redis import (
    build_patches,
    client_arguments,
    mount,
    server_arguments,
    volume,
)
from sopsmith.kube.write import quote, write_document, write_documents
from sopsmith.repo.argocd_settings import (
    HELM,
    INIT_CONTAINER,
    KUSTOMIZE,
    SECRETS_PROJECT,
    ArgocdSettings,
    needed_image,
)

Object = dict[str, Any]

MARK = "# Written by `sopsmith argocd manifests` from sopsmith.yaml: change that, and run it again."
FOLDER = "install"
"""Where the files stand, in the Argo CD tree."""
_NO_BASE = """\
# Name what is patched here in sopsmith.yaml, pinned to a version, and run the command again:
# argocd:
#   base: https://raw.githubusercontent.com/argoproj/argo-cd/v3.2.6/manifests/install.yaml
"""


def build_pod(settings: ArgocdSettings) -> Pod:
    """Return what the repo-server's pod gets.

    Raises:
        LayoutError: The sidecar's image is not named.
    """
    image = needed_image(settings)
    if settings.mode == INIT_CONTAINER:
        secret = settings.projects.get(SECRETS_PROJECT) or next(iter(settings.projects.values()))
        return build_init_container(image, secret)
    return build_sidecar(image, settings.projects)


def build_install_files(settings: ArgocdSettings) -> dict[str, str]:
    """Return the text of each file, by its name in the folder.

    Raises:
        LayoutError: The sidecar's image is not named.
    """
    pod = build_pod(settings)
    if settings.install == HELM:
        return {"values.yaml": _text(_helm(settings, pod))}
    policies = build_network_policies(settings.namespace)
    if settings.install == KUSTOMIZE:
        return {**_kustomize(settings, pod), "network-policies.yaml": _text(*policies)}
    return {"argocd.yaml": _text(_operator(settings, pod), *policies)}


def _options(settings: ArgocdSettings) -> str:
    return BUILD_OPTIONS if settings.mode == INIT_CONTAINER else ""


def _kustomize(settings: ArgocdSettings, pod: Pod) -> dict[str, str]:
    patches = {
        "repo-server.yaml": build_deployment_patch(pod, "argocd-repo-server"),
        "argocd-cm.yaml": build_config_map("argocd-cm", build_cm(_options(settings))),
        "argocd-cmd-params-cm.yaml": build_config_map(
            "argocd-cmd-params-cm", build_params(settings.manifest_cache)
        ),
    }
    if settings.redis_tls:
        patches |= {f"redis-tls-{one['metadata']['name']}.yaml": one for one in build_patches()}
    bases = [settings.base] if settings.base else []
    kustomization: Object = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "namespace": settings.namespace,
        "resources": [*bases, "network-policies.yaml"],
        # Without a base there is nothing yet that a patch could be for.
        "patches": [_patch(name, one) for name, one in patches.items()] if bases else [],
    }
    head = "" if bases else _NO_BASE
    texts = {name: _text(one) for name, one in patches.items()}
    return {"kustomization.yaml": head + write_document(kustomization), **texts}


def _patch(name: str, patch: Object) -> Object:
    # By its target a patch finds its object in a base that sets a namespace, too.
    target = {"kind": patch["kind"], "name": patch["metadata"]["name"]}
    return {"path": name, "target": target}


def _helm(settings: ArgocdSettings, pod: Pod) -> Object:
    repo_server: Object = {
        "extraContainers": pod.containers,
        "initContainers": pod.init_containers,
        "volumes": pod.volumes,
        "volumeMounts": pod.mounts,
        "env": pod.env,
    }
    values: Object = {
        "configs": {
            "cm": build_cm(_options(settings)),
            "params": build_params(settings.manifest_cache),
        },
        "global": {"networkPolicy": {"create": True}},
        "repoServer": {name: part for name, part in repo_server.items() if part},
        "extraObjects": build_network_policies(settings.namespace),
    }
    if settings.redis_tls:
        values["redis"] = {
            "extraArgs": server_arguments(),
            "volumes": [volume(whole=True)],
            "volumeMounts": [mount()],
        }
        for name in ("server", "repoServer", "controller"):
            part = values.setdefault(name, {})
            part["extraArgs"] = client_arguments()
            part["volumes"] = [*part.get("volumes", []), volume(whole=False)]
            part["volumeMounts"] = [*part.get("volumeMounts", []), mount()]
    return values


def _operator(settings: ArgocdSettings, pod: Pod) -> Object:
    repo: Object = {
        "sidecarContainers": pod.containers,
        "initContainers": pod.init_containers,
        "volumes": pod.volumes,
        "volumeMounts": pod.mounts,
        "env": [
            {"name": "ARGOCD_REPO_CACHE_EXPIRATION", "value": settings.manifest_cache},
            *pod.env,
        ],
    }
    spec: Object = {
        "repo": {name: part for name, part in repo.items() if part},
        "resourceHealthChecks": [
            {"group": "argoproj.io", "kind": "Application", "check": APPLICATION_HEALTH}
        ],
    }
    if _options(settings):
        spec["kustomizeBuildOptions"] = _options(settings)
    return {
        "apiVersion": "argoproj.io/v1beta1",
        "kind": "ArgoCD",
        # Redis and the repo-server get their labels from this name.
        "metadata": {"name": "argocd", "namespace": settings.namespace},
        "spec": spec,
    }


def _text(*objects: Object) -> str:
    """Return objects as YAML, with the script of the health check as people read it."""
    lines = write_documents(list(objects)).splitlines(keepends=True)
    return "".join(map(_opened, lines))


def _opened(line: str) -> str:
    head, found, _ = line.partition(f": {quote(APPLICATION_HEALTH)}\n")
    if not found:
        return line
    pad = " " * (len(head) - len(head.lstrip(" -")) + 2)
    script = "".join(f"{pad}{one}" for one in APPLICATION_HEALTH.splitlines(keepends=True))
    return f"{head}: |\n{script}"


def with_mark(text: str) -> bytes:
    """Return a file as it is written, with the line that says who wrote it."""
    return f"{MARK}\n{text}".encode()
