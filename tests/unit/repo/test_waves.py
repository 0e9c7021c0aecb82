"""Nothing that reads a Secret may be synced before it."""

from __future__ import annotations

from typing import Any

import pytest

from sopsmith.kube.argocd_apps import WAVE
from sopsmith.repo.waves import find_late_secrets


def one(kind: str, name: str, wave: str | None = None, **spec: Any) -> dict[str, Any]:
    """Return an object of a wave."""
    annotations = {} if wave is None else {WAVE: wave}
    return {"kind": kind, "metadata": {"name": name, "annotations": annotations}, "spec": spec}


CARRIER = one("Application", "platform-secrets", "0")
CARRIED = {"hetzner-api-token", "hetzner-dns-token"}


def late(*objects: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the consumers that are too early, and for what."""
    return [(found.consumer, found.secret) for found in find_late_secrets([*objects], CARRIED)]


def test_the_platforms_table_is_in_order() -> None:
    table = [
        one("Application", "hcloud-cloud-controller-manager", "1"),
        one("Application", "cert-manager", "4"),
        one("Application", "external-dns", "4"),
    ]
    assert late(CARRIER, *table) == []


@pytest.mark.parametrize("wave", ["0", "-1", None])
def test_an_application_must_come_after_the_one_that_brings_its_secrets(wave: str | None) -> None:
    ccm = one("Application", "hcloud-ccm", wave)
    assert late(CARRIER, ccm) == [("Application hcloud-ccm", "hetzner-api-token")]


def test_a_secret_of_the_same_application_comes_before_what_stands_in_its_wave() -> None:
    secret = one("Secret", "hetzner-dns-token", "2")
    assert late(secret, one("Application", "external-dns", "2")) == []
    assert late(secret, one("Application", "external-dns", "1")) != []


@pytest.mark.parametrize(
    "spec",
    [
        {"template": {"spec": {"volumes": [{"secret": {"secretName": "token"}}]}}},
        {"template": {"spec": {"containers": [{"envFrom": [{"secretRef": {"name": "token"}}]}]}}},
        {"containers": [{"env": [{"valueFrom": {"secretKeyRef": {"name": "token"}}}]}]},
        {"imagePullSecrets": [{"name": "token"}]},
        {"solvers": [{"apiTokenSecretRef": {"name": "other"}}, {"secretName": "token"}]},
    ],
)
def test_a_reference_by_name_counts(spec: dict[str, Any]) -> None:
    secret = one("Secret", "token", "3")
    assert late(secret, one("Deployment", "app", "1", **spec)) == [("Deployment app", "token")]


def test_a_secret_that_nobody_brings_here_is_no_matter_of_waves() -> None:
    assert late(one("Pod", "p", "0", imagePullSecrets=[{"name": "elsewhere"}])) == []
