"""Each fault of Argo CD's installation is found by its name."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.flows.cluster_at import (
    OVERLAY,
    PROJECTS,
    SYNCED,
    Delivered,
    put,
    put_application,
    put_repo_server,
)

from sopsmith.flows.doctor_argocd import CHECKS
from sopsmith.kube.argocd_config import build_cm
from sopsmith.kube.argocd_pod import BUILD_OPTIONS, Pod, build_init_container, build_sidecar
from sopsmith.kube.kinds import CONFIGMAP, DEPLOYMENT, NETWORK_POLICY, SECRET
from sopsmith.repo.diagnosis import ERROR, UNKNOWN, WARNING, Finding

INIT = "argocd: {mode: init-container}\n"


@pytest.fixture
def at(tmp_path: Path) -> Delivered:
    made = Delivered(tmp_path)
    put_application(made.cluster, SYNCED, source={"path": OVERLAY, "plugin": {"name": "sopsmith"}})
    return made


def one_of(at: Delivered) -> Finding:
    (one,) = at.found(CHECKS)
    return one


def put_cm(at: Delivered, options: str) -> None:
    put(at.cluster, CONFIGMAP, "argocd-cm", data=build_cm(options))


def test_the_manifests_of_sopsmith_are_well(at: Delivered) -> None:
    assert at.found(CHECKS) == []


def test_the_manifests_with_upstream_ksops_are_well(at: Delivered) -> None:
    at.place.settings(INIT)
    put_cm(at, BUILD_OPTIONS)
    put_repo_server(at.cluster, build_init_container("example.com/ksops", "sops-age"))
    assert at.found(CHECKS) == []


def test_a_repo_server_that_is_not_there_is_found(at: Delivered) -> None:
    at.cluster.delete(DEPLOYMENT, "argocd-repo-server", "argocd")
    assert one_of(at).code == "repo-server-missing"


@pytest.mark.parametrize(
    ("mode", "pod", "message"),
    [
        ("", Pod([{"name": "argocd-repo-server"}], [], [], [], []), "has no sidecar sopsmith"),
        ("", build_sidecar("x", {}), "does not mount Secret sops-age for project platform-secrets"),
        (INIT, build_sidecar("x", PROJECTS), "has no ksops"),
        (INIT, build_init_container("x", "sops-age")._replace(env=[], mounts=[]), "no identity"),
    ],
    ids=["sidecar", "mount", "ksops", "identity"],
)
def test_a_repo_server_that_lacks_something_is_found(
    at: Delivered, mode: str, pod: Pod, message: str
) -> None:
    at.place.settings(mode)
    put_cm(at, BUILD_OPTIONS if mode else "")
    put_repo_server(at.cluster, pod)
    found = at.found(CHECKS)
    assert {one.code for one in found} == {"plugin-missing"}
    assert any(message in one.message for one in found)


@pytest.mark.parametrize(
    ("mode", "options", "level", "message"),
    [
        ("", "--enable-alpha-plugins", ERROR, "Secrets vanish without an error"),
        (INIT, "", ERROR, "no generator makes a Secret"),
        (INIT, "--enable-exec", ERROR, "no generator makes a Secret"),
        ("", BUILD_OPTIONS, WARNING, "lets every repository run programs"),
    ],
    ids=["alpha alone", "none", "exec alone", "too many"],
)
def test_build_options_that_do_not_fit_are_found(
    at: Delivered, mode: str, options: str, level: str, message: str
) -> None:
    at.place.settings(mode)
    if mode:
        put_repo_server(at.cluster, build_init_container("x", "sops-age"))
    put_cm(at, options)
    one = one_of(at)
    assert (one.code, one.level) == ("build-options", level)
    assert message in one.message


def test_an_application_that_renders_without_the_plugin_needs_the_options(at: Delivered) -> None:
    put_application(at.cluster, SYNCED)
    assert one_of(at).code == "build-options"


def test_an_application_without_generators_needs_no_options(at: Delivered) -> None:
    put_application(at.cluster, SYNCED, source={"path": "bootstrap/argocd/base"})
    assert at.found(CHECKS) == []


def test_a_health_check_that_is_missing_is_found(at: Delivered) -> None:
    put(at.cluster, CONFIGMAP, "argocd-cm", data={})
    one = one_of(at)
    assert (one.code, one.level) == ("application-health", WARNING)


def test_the_source_hydrator_is_found_where_it_is_on_and_where_it_is_used(at: Delivered) -> None:
    put(at.cluster, CONFIGMAP, "argocd-cmd-params-cm", data={"hydrator.enabled": "true"})
    hydrated = {"drySource": {"path": OVERLAY}}
    put_application(at.cluster, SYNCED, source=None, sourceHydrator=hydrated)
    found = [one for one in at.found(CHECKS) if one.code == "source-hydrator"]
    assert [one.subject for one in found] == [
        "ConfigMap argocd/argocd-cmd-params-cm",
        "Application argocd/platform",
    ]


@pytest.mark.parametrize("kind", [NETWORK_POLICY, SECRET], ids=["policy", "password"])
def test_a_redis_that_is_open_is_found(at: Delivered, kind: object) -> None:
    for key in [key for key in at.cluster.objects if key[0] == kind and "redis" in key[2]]:
        del at.cluster.objects[key]
    one = one_of(at)
    assert (one.code, one.level) == ("redis-open", WARNING)


def test_rights_that_lack_are_named(at: Delivered) -> None:
    at.cluster.deny("list", DEPLOYMENT)
    one = one_of(at)
    assert (one.code, one.level) == ("plugin-missing", UNKNOWN)
    assert "list deployments.apps in namespace argocd" in one.message
