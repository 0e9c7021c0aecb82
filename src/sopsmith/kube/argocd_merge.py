"""Merge a patch into a workload that runs, as kustomize and the API server do.

`bootstrap --apply` changes a running installation with the patches that stand in Git. Lists of
things with a name are merged by it, those of mounts by their path; any other list is replaced.

Source: Kubernetes `PodSpec` and `Container` (patchMergeKey in staging/src/k8s.io/api/core/v1).
"""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]

_KEYS = {
    "containers": "name",
    "initContainers": "name",
    "volumes": "name",
    "env": "name",
    "volumeMounts": "mountPath",
}


def merge(found: Object, patch: Object) -> Object:
    """Return an object with a strategic merge patch in it; neither is changed.

    What is merged twice is the same as what is merged once.
    """
    merged = dict(found)
    for name, value in patch.items():
        present = merged.get(name)
        if isinstance(value, dict):
            merged[name] = merge(present if isinstance(present, dict) else {}, value)
        elif isinstance(value, list) and name in _KEYS:
            merged[name] = _merge_list(present or [], value, _KEYS[name])
        else:
            merged[name] = value
    return merged


def own_container(deployment: Object) -> str:
    """Return the name of the repo-server's own container, which the Helm chart calls otherwise."""
    spec = deployment.get("spec", {}).get("template", {}).get("spec", {})
    names = [one.get("name") for one in spec.get("containers") or []]
    return "repo-server" if "repo-server" in names else "argocd-repo-server"


def _merge_list(present: list[Object], wanted: list[Object], key: str) -> list[Object]:
    patches = {one[key]: one for one in wanted}
    names = [one.get(key) for one in present]
    merged = [merge(one, patches.get(one.get(key), {})) for one in present]
    return merged + [merge({}, one) for one in wanted if one[key] not in names]
