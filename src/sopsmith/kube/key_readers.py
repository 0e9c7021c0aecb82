"""Find the pods that do not notice when the key Secret changes.

The kubelet brings a changed Secret into a running pod where it is mounted as a volume. A mount
by `subPath` and a variable of the environment keep what they were when the container started.

Source: Kubernetes "Secrets", section "Mounted Secrets are updated automatically".
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sopsmith.kube.key_secret import NAME


def find_stuck_pods(pods: list[dict[str, Any]], since: datetime) -> list[str]:
    """Return the pods that started before a moment and see the Secret only at their start."""
    return [
        pod["metadata"]["name"]
        for pod in pods
        if _reads_once(pod.get("spec") or {}) and _started_before(pod, since)
    ]


def _reads_once(spec: dict[str, Any]) -> bool:
    volumes = {one["name"] for one in spec.get("volumes") or [] if _is_ours(one)}
    containers = [*(spec.get("containers") or []), *(spec.get("initContainers") or [])]
    return any(_by_variable(one) or _by_sub_path(one, volumes) for one in containers)


def _is_ours(volume: dict[str, Any]) -> bool:
    projected = (volume.get("projected") or {}).get("sources") or []
    names = [(one.get("secret") or {}).get("name") for one in projected]
    return NAME in {(volume.get("secret") or {}).get("secretName"), *names}


def _by_variable(container: dict[str, Any]) -> bool:
    single = [(one.get("valueFrom") or {}).get("secretKeyRef") for one in _list(container, "env")]
    whole = [one.get("secretRef") for one in _list(container, "envFrom")]
    return any((reference or {}).get("name") == NAME for reference in (*single, *whole))


def _by_sub_path(container: dict[str, Any], volumes: set[str]) -> bool:
    mounts = _list(container, "volumeMounts")
    return any(
        one.get("name") in volumes and (one.get("subPath") or one.get("subPathExpr"))
        for one in mounts
    )


def _list(container: dict[str, Any], field: str) -> list[dict[str, Any]]:
    return container.get(field) or []


def _started_before(pod: dict[str, Any], since: datetime) -> bool:
    text = str((pod.get("status") or {}).get("startTime") or "")
    return bool(text) and datetime.fromisoformat(text) < since
