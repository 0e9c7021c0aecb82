"""Find the pods that do not notice when a Secret changes.

The kubelet brings a changed Secret into a running pod where it is mounted as a volume. A mount
by `subPath` and a variable of the environment keep what they were when the container started.

Source: Kubernetes "Secrets", section "Mounted Secrets are updated automatically".
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sopsmith.kube.key_secret import NAME


def find_stuck_pods(pods: list[dict[str, Any]], since: datetime, secret: str = NAME) -> list[str]:
    """Return the pods that see a Secret only at their start, and started before a moment.

    A container that was started again since has the new value, however old its pod is.
    """
    return [
        pod["metadata"]["name"]
        for pod in pods
        if any(_started_before(pod, one, since) for one in _reading_once(pod, secret))
    ]


def _reading_once(pod: dict[str, Any], secret: str) -> list[dict[str, Any]]:
    spec = pod.get("spec") or {}
    volumes = {one["name"] for one in spec.get("volumes") or [] if _is_of(one, secret)}
    containers = [*(spec.get("containers") or []), *(spec.get("initContainers") or [])]
    return [one for one in containers if _by_variable(one, secret) or _by_sub_path(one, volumes)]


def _is_of(volume: dict[str, Any], secret: str) -> bool:
    projected = (volume.get("projected") or {}).get("sources") or []
    names = [(one.get("secret") or {}).get("name") for one in projected]
    return secret in {(volume.get("secret") or {}).get("secretName"), *names}


def _by_variable(container: dict[str, Any], secret: str) -> bool:
    single = [(one.get("valueFrom") or {}).get("secretKeyRef") for one in _list(container, "env")]
    whole = [one.get("secretRef") for one in _list(container, "envFrom")]
    return any((reference or {}).get("name") == secret for reference in (*single, *whole))


def _by_sub_path(container: dict[str, Any], volumes: set[str]) -> bool:
    mounts = _list(container, "volumeMounts")
    return any(
        one.get("name") in volumes and (one.get("subPath") or one.get("subPathExpr"))
        for one in mounts
    )


def _list(container: dict[str, Any], field: str) -> list[dict[str, Any]]:
    return container.get(field) or []


def _started_before(pod: dict[str, Any], container: dict[str, Any], since: datetime) -> bool:
    status = pod.get("status") or {}
    text = str(status.get("startTime") or "")
    for one in status.get("containerStatuses") or []:
        if one.get("name") == container.get("name"):
            running = (one.get("state") or {}).get("running") or {}
            text = str(running.get("startedAt") or text)
    return bool(text) and datetime.fromisoformat(text) < since
