"""Build Argo CD's Applications and projects of a platform.

Source: argo-cd docs/operator-manual/{application,project}.yaml; docs/user-guide/auto_sync.md,
sync-options.md, sync-waves.md.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sopsmith.kube.argocd_pod import PLUGIN

Object = dict[str, Any]

WAVE = "argocd.argoproj.io/sync-wave"
HERE = "https://kubernetes.default.svc"
"""The cluster that Argo CD itself runs in."""
_RETRY = {"limit": 10, "backoff": {"duration": "10s", "factor": 2, "maxDuration": "3m"}}


class Source(NamedTuple):
    """What an Application renders.

    Attributes:
        confined: By the sidecar, and not by the repo-server itself.
    """

    repository: str
    revision: str
    path: str
    confined: bool


class Place(NamedTuple):
    """Where an Application or a project belongs.

    Attributes:
        namespace: Argo CD's own.
    """

    name: str
    namespace: str
    wave: int


def build_application(place: Place, project: str, source: Source, namespace: str) -> Object:
    """Return an Application that follows Git by itself, and tries again when it fails.

    Secrets are applied by the server: otherwise each would carry its own values once more, in
    the annotation that `kubectl apply` keeps.

    Args:
        namespace: Of what has none of its own.
    """
    what: Object = {
        "repoURL": source.repository,
        "targetRevision": source.revision,
        "path": source.path,
    }
    if source.confined:
        what["plugin"] = {"name": PLUGIN}
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": _metadata(place),
        "spec": {
            "project": project,
            "source": what,
            "destination": {"server": HERE, "namespace": namespace},
            "syncPolicy": {
                # An Application that renders to nothing is a mistake, and removes nothing.
                "automated": {"prune": True, "selfHeal": True, "allowEmpty": False},
                "syncOptions": ["ServerSideApply=true"],
                "retry": _RETRY,
            },
        },
    }


def build_project(
    place: Place,
    description: str,
    repository: str,
    namespaces: list[str],
    kinds: list[tuple[str, str]],
) -> Object:
    """Return a project that may deploy these kinds into these namespaces, and nothing else.

    Args:
        kinds: API group and kind.
    """
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "AppProject",
        "metadata": _metadata(place),
        "spec": {
            "description": description,
            "sourceRepos": [repository],
            "destinations": [{"server": HERE, "namespace": name} for name in namespaces],
            "clusterResourceWhitelist": [],
            "namespaceResourceWhitelist": [{"group": group, "kind": kind} for group, kind in kinds],
        },
    }


def _metadata(place: Place) -> Object:
    return {
        "name": place.name,
        "namespace": place.namespace,
        "annotations": {WAVE: str(place.wave)},
    }
