"""What kustomizations do to a manifest is known, or it is known that something may be done."""

from __future__ import annotations

import pytest

from sopsmith.repo.kustomized import Around, find_around

PATCH = "kind: ExternalSecret\nmetadata: {name: db}\n"


@pytest.mark.parametrize(
    "extra",
    ["namePrefix: x-", "nameSuffix: -x", "patches: [{path: patch.yaml}]",
     "patches: [{target: {kind: ExternalSecret}, patch: '[]'}]",
     "patchesStrategicMerge: [patch.yaml]"],
    ids=["prefix", "suffix", "path", "target", "merge"],
)  # fmt: skip
def test_what_changes_a_manifest_beyond_its_namespace_is_named(extra: str) -> None:
    files = {
        "k/kustomization.yaml": f"resources: [../base]\n{extra}\n".encode(),
        "k/patch.yaml": PATCH.encode(),
        "base/kustomization.yaml": b"resources: [db.yaml]\n",
    }
    assert find_around(files, "ExternalSecret")["base/db.yaml"].trouble.startswith("k/kustom")


def test_patches_of_other_kinds_change_nothing() -> None:
    files = {
        "kustomization.yaml": b"namespace: shop\nresources: [db.yaml, https://example.org/x]\n"
        b"patches: [{target: {kind: Deployment}, patch: '[]'}]\n",
        "broken/kustomization.yaml": b"resources: [",
    }
    found = find_around(files, "ExternalSecret")
    assert found == {"db.yaml": Around(frozenset({"shop"}))}


def test_kustomizations_in_a_circle_come_to_an_end() -> None:
    files = {
        "kustomization.yaml": b"resources: [a]\n",
        "a/kustomization.yaml": b"resources: [../b, x.yaml]\n",
        "b/kustomization.yaml": b"resources: [../a]\n",
    }
    assert "a/x.yaml" in find_around(files, "ExternalSecret")
