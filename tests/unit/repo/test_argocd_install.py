"""What installs Argo CD says the same in its three forms, and gives nobody more than they need."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from sopsmith.errors import LayoutError
from sopsmith.kube.argocd_pod import build_plugin
from sopsmith.repo.argocd_install import build_install_files
from sopsmith.repo.argocd_settings import (
    HELM,
    INIT_CONTAINER,
    KUSTOMIZE,
    OPERATOR,
    ArgocdSettings,
    parse_argocd,
)
from sopsmith.repo.strict import Fields

IMAGE = "registry.example.com/sopsmith@sha256:" + "0" * 64
CONTAINER = Path(__file__).parents[3] / "container"


def built(**fields: Any) -> dict[str, Any]:
    """Return the first document of each file."""
    files = build_install_files(ArgocdSettings(image=IMAGE, **fields))
    return {name: next(yaml.safe_load_all(text)) for name, text in files.items()}


def sidecar_of(install: str) -> dict[str, Any]:
    """Return the sidecar's container."""
    files = built(install=install)
    if install == HELM:
        return dict(files["values.yaml"]["repoServer"]["extraContainers"][0])
    if install == OPERATOR:
        return dict(files["argocd.yaml"]["spec"]["repo"]["sidecarContainers"][0])
    return dict(files["repo-server.yaml"]["spec"]["template"]["spec"]["containers"][0])


def test_all_three_forms_have_the_same_sidecar() -> None:
    assert sidecar_of(KUSTOMIZE) == sidecar_of(HELM) == sidecar_of(OPERATOR)


def test_the_sidecar_may_do_nothing_besides_running() -> None:
    assert sidecar_of(KUSTOMIZE)["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": 999,
        "readOnlyRootFilesystem": True,
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def test_each_project_has_a_folder_of_its_own() -> None:
    projects = {"platform-secrets": "sops-age", "shop": "sops-age-shop"}
    (container,) = built(install=HELM, projects=projects)["values.yaml"]["repoServer"][
        "extraContainers"
    ]
    mounts = {
        one["mountPath"]: (one["name"], one.get("readOnly")) for one in container["volumeMounts"]
    }
    assert mounts["/keys/platform-secrets"] == ("sopsmith-sops-age", True)
    assert mounts["/keys/shop"] == ("sopsmith-sops-age-shop", True)


def test_what_the_sidecar_writes_stays_in_memory() -> None:
    volumes = built(install=HELM)["values.yaml"]["repoServer"]["volumes"]
    (tmp,) = (one for one in volumes if one["name"] == "sopsmith-tmp")
    assert tmp["emptyDir"] == {"medium": "Memory", "sizeLimit": "256Mi"}


def test_a_user_that_is_not_root_can_read_the_identity() -> None:
    volumes = built(install=HELM)["values.yaml"]["repoServer"]["volumes"]
    (key,) = (one["secret"] for one in volumes if one["name"] == "sopsmith-sops-age")
    assert key == {"secretName": "sops-age", "defaultMode": 0o444, "optional": True}


@pytest.mark.parametrize("install", [KUSTOMIZE, HELM, OPERATOR])
def test_only_the_init_container_mode_lets_kustomize_run_programs(install: str) -> None:
    texts = {
        mode: "".join(
            build_install_files(ArgocdSettings(mode=mode, install=install, image=IMAGE)).values()
        )
        for mode in ("sidecar", INIT_CONTAINER)
    }
    assert "--enable-exec" in texts[INIT_CONTAINER]
    assert "--enable-exec" not in texts["sidecar"]


@pytest.mark.parametrize("install", [KUSTOMIZE, HELM, OPERATOR])
def test_rendered_secrets_stay_in_redis_for_minutes_and_out_of_git(install: str) -> None:
    text = "".join(build_install_files(ArgocdSettings(image=IMAGE, install=install)).values())
    assert "10m" in text
    assert ("hydrator.enabled" in text) == (install != OPERATOR)


def test_the_repo_server_reaches_redis_names_and_git_and_no_credentials_of_the_cloud() -> None:
    policies = yaml.safe_load_all(
        build_install_files(ArgocdSettings(image=IMAGE))["network-policies.yaml"]
    )
    (egress,) = (
        one["spec"]["egress"]
        for one in policies
        if one["metadata"]["name"] == "sopsmith-argocd-repo-server"
    )
    ports = [[port["port"] for port in rule["ports"]] for rule in egress]
    assert ports == [[53, 53], [6379, 26379], [443, 22]]
    assert "169.254.0.0/16" in egress[2]["to"][0]["ipBlock"]["except"]


@pytest.mark.parametrize("install", [KUSTOMIZE, HELM, OPERATOR])
def test_argo_cd_waits_for_applications_inside_of_applications(install: str) -> None:
    text = "".join(build_install_files(ArgocdSettings(image=IMAGE, install=install)).values())
    assert "hs.status = obj.status.health.status" in text


def test_the_sidecar_has_an_image_that_somebody_built() -> None:
    with pytest.raises(LayoutError, match="image of the sidecar"):
        build_install_files(ArgocdSettings())
    assert "viaductoss/ksops:v" in str(build_install_files(ArgocdSettings(mode=INIT_CONTAINER)))


def test_a_kustomization_without_a_base_says_how_to_name_one() -> None:
    text = build_install_files(ArgocdSettings(image=IMAGE))["kustomization.yaml"]
    assert "#   base: " in text
    assert yaml.safe_load(text)["patches"] == []


def test_helm_gets_tls_for_every_part_that_talks_to_redis() -> None:
    values = built(install=HELM, redis_tls=True)["values.yaml"]
    for part in ("server", "repoServer", "controller"):
        assert "--redis-use-tls" in values[part]["extraArgs"]
    key = values["redis"]["volumes"][0]["secret"]
    assert "items" not in key
    assert values["server"]["volumes"][0]["secret"]["items"] == [
        {"key": "ca.crt", "path": "ca.crt"}
    ]


def test_the_images_plugin_configuration_is_what_is_built_here() -> None:
    assert yaml.safe_load((CONTAINER / "plugin.yaml").read_text()) == build_plugin()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"mode": "both"}, "is none of"),
        ({"image": "a b"}, "signs that do not belong"),
        ({"manifest_cache": "soon"}, "no duration"),
        ({"redis_tls": "yes"}, "true or false was expected"),
        ({"projects": {"Not A Name": "x"}}, "Not A Name"),
        ({"wrong": "x"}, "no field"),
    ],
)
def test_a_wrong_setting_is_refused(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(LayoutError, match=said):
        parse_argocd(Fields({"argocd": fields}, None, "sopsmith.yaml", ""))


def test_settings_are_read() -> None:
    fields = {"install": "helm", "projects": {"shop": "sops-age-shop"}, "redis_tls": True}
    found = parse_argocd(Fields({"argocd": fields}, None, "sopsmith.yaml", ""))
    assert (found.install, found.projects, found.redis_tls) == (
        "helm", {"shop": "sops-age-shop"}, True,
    )  # fmt: skip
