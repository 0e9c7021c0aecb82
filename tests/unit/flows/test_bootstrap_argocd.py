"""Argo CD is patched when that is asked for, and the wait says what it waits for."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.bootstrapping import IMAGE, Platform, workload

from sopsmith.flows.steps import BLOCKED, DONE, NEEDED, Result
from sopsmith.kube.kinds import (
    APPLICATION,
    APPPROJECT,
    ARGOCD,
    DEPLOYMENT,
    NAMESPACE,
    SECRET,
    STATEFULSET,
)
from sopsmith.ports import Object

REPO_SERVER = (DEPLOYMENT, "argocd", "argocd-repo-server")
ROOT = (APPLICATION, "argocd", "platform-bootstrap")


@pytest.fixture
def platform(tmp_path: Path) -> Platform:
    made = Platform(tmp_path)
    made.run("namespace")
    made.install_argocd()
    return made


def only(results: list[Result]) -> Result:
    (result,) = results
    return result


def pod(platform: Platform) -> Object:
    found: Object = platform.cluster.objects[REPO_SERVER]["spec"]["template"]["spec"]
    return found


def test_without_being_asked_argo_cd_is_only_looked_at(platform: Platform) -> None:
    before = platform.everything()
    seen = only(platform.run("argocd", patch_argocd=False)).before
    assert seen.state == BLOCKED and "Deployment argocd-repo-server" in seen.why
    assert "--apply-argocd" in seen.hint and platform.everything() == before


def test_the_sidecar_is_merged_into_what_runs(platform: Platform) -> None:
    assert only(platform.run("argocd")).state == DONE
    names = {one["name"]: one for one in pod(platform)["containers"]}
    assert names["sopsmith"]["image"] == IMAGE
    assert names["argocd-repo-server"]["volumeMounts"] == [{"name": "tmp", "mountPath": "/tmp"}]
    assert only(platform.run("argocd", patch_argocd=False)).state == DONE


def test_the_container_of_the_helm_chart_has_another_name(tmp_path: Path) -> None:
    platform = Platform(tmp_path, install="helm")
    platform.edit("mode: sidecar", "mode: init-container\n  redis_tls: true")
    platform.run("namespace")
    platform.install_argocd((DEPLOYMENT, workload(container="repo-server")))
    assert only(platform.run("argocd")).state == DONE
    (container,) = pod(platform)["containers"]
    assert container["name"] == "repo-server" and container["env"]
    assert "args" not in container


def test_the_operator_gets_its_resource(tmp_path: Path) -> None:
    platform = Platform(tmp_path, install="operator")
    platform.run("namespace")
    assert only(platform.run("argocd")).state == DONE
    spec = platform.cluster.objects[(ARGOCD, "argocd", "argocd")]["spec"]
    assert spec["repo"]["sidecarContainers"][0]["image"] == IMAGE


def test_no_workload_is_made_of_a_patch_alone(platform: Platform) -> None:
    platform.edit("argocd:\n", "argocd:\n  redis_tls: true\n")
    for name in ("argocd-redis", "argocd-server"):
        platform.cluster.put(DEPLOYMENT, workload(name, "c"))
    seen = only(platform.run("argocd")).before
    assert seen.state == BLOCKED and "no StatefulSet argocd-application-controller" in seen.why
    assert not any(kind == STATEFULSET for kind, _, _ in platform.cluster.objects)


def test_manifests_that_are_not_in_git_are_asked_for(platform: Platform) -> None:
    (platform.root / "bootstrap/argocd/install/repo-server.yaml").unlink()
    seen = only(platform.run("argocd")).before
    assert (seen.state, seen.hint) == (BLOCKED, "sopsmith argocd manifests")


def test_a_project_comes_before_what_is_in_it(platform: Platform) -> None:
    assert only(platform.run("applications")).state == DONE
    applied = [name for name in platform.life.writes if name.startswith("apply")]
    assert applied == ["apply appprojects"] * 2 + ["apply applications"]


def test_what_argo_cd_leaves_out_when_it_writes_is_no_difference(platform: Platform) -> None:
    platform.run("applications")
    project = platform.cluster.objects[(APPPROJECT, "argocd", "platform")]
    del project["spec"]["clusterResourceWhitelist"]
    del platform.cluster.objects[ROOT]["spec"]["syncPolicy"]["automated"]["allowEmpty"]
    assert only(platform.run("applications")).before.state == DONE


def test_an_application_that_was_kept_from_pruning_stays_so(platform: Platform) -> None:
    platform.run("applications")
    platform.cluster.objects[ROOT]["spec"]["syncPolicy"]["automated"]["prune"] = False
    seen = only(platform.run("applications")).before
    assert seen.state == BLOCKED and "does not prune" in seen.why
    assert not platform.cluster.objects[ROOT]["spec"]["syncPolicy"]["automated"]["prune"]


def test_applications_that_are_not_in_git_are_asked_for(platform: Platform) -> None:
    folder = platform.settings().overlay_folder("prod")
    (platform.root / folder / "platform-secrets.yaml").unlink()
    seen = only(platform.run("applications")).before
    assert seen.state == BLOCKED and seen.hint.startswith("sopsmith argocd applications")


def test_of_another_environment_nothing_is_asked(platform: Platform) -> None:
    folder = platform.settings().overlay_folder("dev")
    (platform.root / folder / "platform-secrets.yaml").unlink()
    assert only(platform.run("applications")).state == DONE


def test_the_wait_ends_when_every_secret_is_there(platform: Platform) -> None:
    platform.run("applications")
    assert only(platform.run("wait")).state == DONE
    assert platform.said[0].startswith("waiting 60 s more for 2 of 2 Secrets")


def test_a_secret_without_a_key_that_git_has_is_not_there_yet(platform: Platform) -> None:
    platform.deliver("db")
    place = {"name": "dns", "namespace": "kube-system"}
    platform.cluster.put(SECRET, {"metadata": place, "stringData": {"other": "x"}})
    assert "kube-system/dns without value" in platform.look("wait")["wait"].before.why


def test_a_secret_whose_name_gets_a_hash_is_not_waited_for(platform: Platform) -> None:
    folder = platform.root / platform.settings().secrets_folder("prod")
    annotation = "    annotations: {kustomize.config.k8s.io/needs-hash: 'true'}\n"
    path = folder / "db.secret.yaml"
    path.write_text(path.read_text().replace("stringData:", f"{annotation}stringData:"))
    assert "1 of 1 that Git promises are missing: " in platform.look("wait")["wait"].before.why


def test_the_wait_has_an_end_and_says_why(platform: Platform) -> None:
    platform.run("applications")
    platform.argocd_works = False
    status = {
        "sync": {"status": "Unknown"},
        "conditions": [
            {"type": "ComparisonError", "message": "hunter2: unable to resolve 'main' to a commit"}
        ],
        "operationState": {"phase": "Failed", "message": "hunter2"},
    }
    platform.cluster.objects[ROOT]["status"] = status
    result = only(platform.run("wait"))
    assert result.state == NEEDED and result.after is not None
    assert "the repository has no such branch, tag or commit" in result.after.why
    assert "hunter2" not in repr((result, platform.said)) and len(platform.said) == 2


def test_a_wait_that_may_not_ask_about_applications_says_so(platform: Platform) -> None:
    platform.cluster.deny("get", APPLICATION)
    platform.argocd_works = False
    assert "not allowed to get applications" in platform.look("wait")["wait"].before.why


def test_somebody_elses_namespace_of_that_name_will_do(tmp_path: Path) -> None:
    platform = Platform(tmp_path)
    step = platform.steps("namespace")[0]
    platform.cluster.put(NAMESPACE, {"metadata": {"name": "argocd"}})
    step.apply()
    assert step.check().state == DONE
