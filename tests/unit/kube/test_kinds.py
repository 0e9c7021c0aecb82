"""The kind of a manifest is found by what the manifest says."""

from __future__ import annotations

import pytest

from sopsmith.kube.kinds import APPLICATION, KINDS, NAMESPACE, api_version, find_kind, resource_name
from sopsmith.ports import Kind, Object


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_found_by_its_manifest(kind: Kind) -> None:
    assert find_kind({"apiVersion": api_version(kind), "kind": kind.kind}) == kind


@pytest.mark.parametrize(
    "found", [{}, {"kind": "Secret"}, {"apiVersion": "argoproj.io/v1", "kind": "Application"}]
)
def test_what_is_not_known_has_none(found: Object) -> None:
    assert find_kind(found) is None


def test_kinds_have_the_names_that_manifests_and_rbac_use() -> None:
    assert (api_version(NAMESPACE), resource_name(NAMESPACE)) == ("v1", "namespaces")
    expected = ("argoproj.io/v1alpha1", "applications.argoproj.io")
    assert (api_version(APPLICATION), resource_name(APPLICATION)) == expected
