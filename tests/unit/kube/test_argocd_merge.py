"""A patch reaches a running workload as it reaches the manifests."""

from __future__ import annotations

from typing import Any

import pytest

from sopsmith.kube.argocd_merge import merge, own_container
from sopsmith.kube.argocd_pod import build_deployment_patch, build_init_container, build_sidecar

PODS = [build_sidecar("i", {"p": "sops-age"}), build_init_container("k", "sops-age")]


def deployment(name: str, **spec: Any) -> dict[str, Any]:
    """Return a Deployment of one container."""
    own = {"name": name, "image": "i", "env": [{"name": "A", "value": "a"}]}
    return {"spec": {"replicas": 2, "template": {"spec": {"containers": [own], **spec}}}}


@pytest.mark.parametrize("pod", PODS, ids=["sidecar", "init-container"])
@pytest.mark.parametrize("name", ["argocd-repo-server", "repo-server"])
def test_twice_is_once_and_nothing_is_lost(pod: Any, name: str) -> None:
    found = deployment(name, volumes=[{"name": "tmp", "emptyDir": {}}])
    patch = build_deployment_patch(pod, own_container(found))
    once = merge(found, patch)
    assert merge(once, patch) == once
    spec = once["spec"]["template"]["spec"]
    assert once["spec"]["replicas"] == 2
    assert spec["volumes"][0] == {"name": "tmp", "emptyDir": {}}
    assert spec["containers"][0]["env"][0] == {"name": "A", "value": "a"}


def test_lists_that_are_missing_or_null_are_made() -> None:
    found = deployment("argocd-repo-server", volumes=None, initContainers=None)
    spec = merge(found, build_deployment_patch(PODS[1], "argocd-repo-server"))["spec"]["template"]
    assert [one["name"] for one in spec["spec"]["initContainers"]] == ["install-ksops"]
    assert [one["name"] for one in spec["spec"]["volumes"]] == ["custom-tools", "sopsmith-sops-age"]
    assert [one["name"] for one in spec["spec"]["containers"]] == ["argocd-repo-server"]


def test_neither_side_is_changed() -> None:
    found = deployment("argocd-repo-server")
    patch = build_deployment_patch(PODS[0], "argocd-repo-server")
    before = repr((found, patch))
    merge(found, patch)
    assert repr((found, patch)) == before
