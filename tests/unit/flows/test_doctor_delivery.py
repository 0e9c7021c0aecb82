"""Secrets that are missing, changed by hand or behind, and pods with old ones, are found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.unit.flows.cluster_at import OVERLAY, A, Delivered, put, put_keys
from tests.unit.flows.keys_at import DEV, OTHER
from tests.unit.flows.keys_at import SECRET as MANIFEST

from sopsmith.flows.doctor_delivery import CHECKS
from sopsmith.kube.kinds import NAMESPACE, POD, SECRET
from sopsmith.repo.diagnosis import ERROR, UNKNOWN, WARNING, Finding

READS = {"envFrom": [{"secretRef": {"name": "a"}}]}


@pytest.fixture
def at(tmp_path: Path) -> Delivered:
    return Delivered(tmp_path)


def one_of(at: Delivered) -> Finding:
    (one,) = at.found(CHECKS)
    return one


def put_pod(at: Delivered, started: str, container: dict[str, Any]) -> None:
    put(at.cluster, POD, "app", "kube-system", spec={"containers": [container]},
        status={"startTime": f"2026-11-24T{started}:00Z"})  # fmt: skip


def test_what_git_says_is_well(at: Delivered) -> None:
    assert at.found(CHECKS) == []


def test_a_missing_secret_is_found_with_the_file_that_promises_it(at: Delivered) -> None:
    at.cluster.delete(SECRET, "a", "kube-system")
    one = one_of(at)
    assert (one.code, one.level, one.subject) == ("secret-missing", ERROR, "Secret kube-system/a")
    assert one.message.endswith(f"{A} promises it")


def test_secrets_with_an_application_of_their_own_are_looked_for(at: Delivered) -> None:
    overlay = at.place.root / OVERLAY / "kustomization.yaml"
    overlay.write_text(overlay.read_text().replace("  - ./secrets\n", ""))
    at.cluster.delete(SECRET, "a", "kube-system")
    assert at.found(CHECKS) == []
    at.place.put(f"{OVERLAY}/platform-secrets/kustomization.yaml", "resources: [../secrets]\n")
    assert one_of(at).code == "secret-missing"


def test_a_missing_namespace_is_found(at: Delivered) -> None:
    at.cluster.delete(NAMESPACE, "kube-system")
    one = one_of(at)
    assert (one.code, one.subject) == ("namespace-missing", "namespace kube-system")
    assert one.hint == "kubectl --context fake create namespace kube-system"


def test_a_value_that_somebody_wrote_by_hand_is_drift_and_who_did_is_named(at: Delivered) -> None:
    at.put_secret("canary-value", "kubectl-edit")
    one = one_of(at)
    assert (one.code, one.level) == ("secret-drift", ERROR)
    assert one.message == "value: not what Git says; kubectl-edit wrote it at 2026-11-24T13:00:00Z"
    assert "canary" not in repr(one)


def test_a_key_that_was_added_by_hand_is_drift(at: Delivered) -> None:
    stored = at.cluster.objects[(SECRET, "kube-system", "a")]
    stored["data"]["more"] = "bW9yZQ=="
    stored["metadata"]["managedFields"] = []
    assert one_of(at).message.startswith("more: not what Git says; somebody wrote it")


def test_a_key_that_was_taken_out_by_hand_is_drift(at: Delivered) -> None:
    at.put_secret(manager="kubectl-edit")
    at.cluster.objects[(SECRET, "kube-system", "a")]["data"] = {}
    assert one_of(at).message.startswith("value: not what Git says; kubectl-edit wrote it")


def test_each_secret_of_a_file_is_compared_with_its_own(at: Delivered) -> None:
    other = MANIFEST.replace("name: a\n", "name: ab\n").replace("made-up", "other")
    at.place.lock(A, DEV[1], text=f"{other}---\n{MANIFEST}")
    put(at.cluster, SECRET, "ab", "kube-system", stringData={"value": "other"})
    assert at.found(CHECKS) == []
    put(at.cluster, SECRET, "ab", "kube-system", stringData={"value": "made-up"})
    assert one_of(at).subject == "Secret kube-system/ab"


def test_another_value_by_argo_cd_is_a_git_that_is_ahead(at: Delivered) -> None:
    at.put_secret("older")
    one = one_of(at)
    assert (one.code, one.level) == ("secret-behind", WARNING)


def test_without_an_identity_nothing_is_said_of_values(at: Delivered) -> None:
    at.place.lock(A, OTHER[1])
    one = one_of(at)
    assert (one.code, one.level) == ("secret-drift", UNKNOWN)
    assert "no identity at hand opens 1 of the files" in one.message


def test_rights_that_lack_are_named_and_no_absence_is_claimed(at: Delivered) -> None:
    at.cluster.deny("get", SECRET, "kube-system")
    one = one_of(at)
    assert (one.code, one.level) == ("secret-missing", UNKNOWN)
    assert "get secrets in namespace kube-system" in one.message


def test_nobody_guesses_which_environment_a_cluster_is(at: Delivered) -> None:
    found = at.found(CHECKS, environment="")
    assert {one.level for one in found} == {UNKNOWN}
    assert {one.hint for one in found} == {"--environment NAME"}


def test_a_pod_that_started_before_its_secret_changed_is_found(at: Delivered) -> None:
    put_pod(at, "12:59", READS)
    one = one_of(at)
    assert (one.code, one.level, one.subject) == ("pod-outdated", WARNING, "Pod kube-system/app")


@pytest.mark.parametrize(("started", "container"), [("13:01", READS), ("12:59", {})],
                         ids=["later", "reads nothing"])  # fmt: skip
def test_other_pods_are_well(at: Delivered, started: str, container: dict[str, Any]) -> None:
    put_pod(at, started, container)
    assert at.found(CHECKS) == []


def test_pods_that_cannot_be_listed_are_not_called_well(at: Delivered) -> None:
    at.cluster.deny("list", POD, "kube-system")
    one = one_of(at)
    assert (one.code, one.level) == ("pod-outdated", UNKNOWN)
    assert "list pods in namespace kube-system" in one.message


def test_a_secret_of_a_name_with_a_hash_is_compared(at: Delivered) -> None:
    hashed = "    annotations:\n        kustomize.config.k8s.io/needs-hash: 'true'\n"
    at.place.lock(A, DEV[1], text=MANIFEST.replace("    name: a\n", f"    name: a\n{hashed}"))
    at.put_secret("older")
    stored = at.cluster.objects.pop((SECRET, "kube-system", "a"))
    stored["metadata"]["name"] = "a-1234567890"
    at.cluster.objects[(SECRET, "kube-system", "a-1234567890")] = stored
    assert one_of(at).code == "secret-behind"


def test_a_pod_with_an_older_key_secret_is_found(at: Delivered) -> None:
    put_keys(at.cluster, DEV[0].reveal() + b"\n")
    reads = {"env": [{"name": "K", "valueFrom": {"secretKeyRef": {"name": "sops-age"}}}]}
    put(at.cluster, POD, "repo-server", spec={"containers": [reads]},
        status={"startTime": "2026-11-23T00:00:00Z"})  # fmt: skip
    assert one_of(at).subject == "Pod argocd/repo-server"
