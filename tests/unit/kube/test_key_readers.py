"""Pods that see the key Secret only when they start are found, and no others."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from sopsmith.kube.key_readers import find_stuck_pods

SINCE = datetime(2026, 11, 24, 14, tzinfo=UTC)
VOLUME = {"name": "key", "secret": {"secretName": "sops-age"}}
PROJECTED = {"name": "key", "projected": {"sources": [{"secret": {"name": "sops-age"}}]}}
OTHER = {"name": "key", "secret": {"secretName": "other"}}
WHOLE = {"volumeMounts": [{"name": "key", "mountPath": "/key"}]}
PART = {"volumeMounts": [{"name": "key", "mountPath": "/key/keys.txt", "subPath": "keys.txt"}]}
VARIABLE = {"env": [{"name": "K", "valueFrom": {"secretKeyRef": {"name": "sops-age"}}}]}
ALL = {"envFrom": [{"secretRef": {"name": "sops-age"}}]}


def pod(container: dict[str, Any], *volumes: dict[str, Any], start: str = "13:59") -> Any:
    return {
        "metadata": {"name": "repo-server"},
        "spec": {"containers": [{"env": None}, container], "volumes": list(volumes)},
        "status": {"startTime": f"2026-11-24T{start}:00Z"},
    }


@pytest.mark.parametrize(
    ("one", "stuck"),
    [
        (pod(WHOLE, VOLUME), False),
        (pod(PART, VOLUME), True),
        (pod(PART, PROJECTED), True),
        (pod(PART, OTHER), False),
        (pod(VARIABLE), True),
        (pod(ALL), True),
        (pod({}), False),
        (pod(VARIABLE, start="14:01"), False),
        ({"metadata": {"name": "pending"}}, False),
    ],
)
def test_a_pod_that_reads_once_is_found(one: dict[str, Any], stuck: bool) -> None:
    assert bool(find_stuck_pods([one], SINCE)) is stuck


def test_a_container_that_was_started_again_has_the_new_value() -> None:
    one = pod(VARIABLE | {"name": "app"})
    again = {"name": "app", "state": {"running": {"startedAt": "2026-11-24T14:01:00Z"}}}
    one["status"]["containerStatuses"] = [again]
    assert find_stuck_pods([one], SINCE) == []


def test_a_pod_is_asked_about_one_secret() -> None:
    assert find_stuck_pods([pod(VARIABLE)], SINCE, "other") == []
    reads = {"envFrom": [{"secretRef": {"name": "other"}}]}
    assert find_stuck_pods([pod(reads)], SINCE, "other") == ["repo-server"]
