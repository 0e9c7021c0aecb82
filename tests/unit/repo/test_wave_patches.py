"""Patches of kustomizations are followed to the sync waves that they make, or named."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from sopsmith.adapters.rooted import RootedFiles
from sopsmith.flows.applications import check_waves
from sopsmith.kube.argocd_apps import WAVE
from sopsmith.repo.diagnosis import ERROR, OK, UNKNOWN, Finding
from sopsmith.repo.settings import RepoSettings, Scope

OVERLAY = "bootstrap/argocd/overlays/main/prod"
APP = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: %s
  namespace: argocd
  annotations: {argocd.argoproj.io/sync-wave: "%s"}
"""
SECRET = """\
apiVersion: v1
kind: Secret
metadata: {name: hetzner-dns-token, namespace: argocd, annotations: {%s: "%s"}}
"""
MERGE = f"""\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: external-dns
  namespace: argocd
  annotations: {{{WAVE}: "9"}}
"""
AT = "/metadata/annotations/argocd.argoproj.io~1sync-wave"
JSON = [{"op": "replace", "path": AT, "value": "9"}]
TARGET = {"kind": "Application", "name": "external-.*"}
INNER = {"resources": ["../base"]}
LATER: dict[str, dict[str, object]] = {
    "merge": {**INNER, "patchesStrategicMerge": [MERGE]},
    "merge-file": {**INNER, "patchesStrategicMerge": ["merge.yaml"]},
    "patch": {**INNER, "patches": [{"patch": MERGE}]},
    "patch-file": {**INNER, "patches": [{"path": "merge.yaml"}]},
    "patch-target": {**INNER, "patches": [{"patch": MERGE, "target": TARGET}]},
    "json": {**INNER, "patches": [{"patch": yaml.safe_dump(JSON), "target": TARGET}]},
    "json-file": {**INNER, "patches": [{"path": "json.yaml", "target": TARGET}]},
    "json6902": {
        **INNER,
        "patchesJson6902": [{
            "path": "json.yaml",
            "target": {"group": "argoproj.io", "version": "v1alpha1", **TARGET,
                       "name": "external-dns"},
        }],
    },
    "all": {
        **INNER,
        "patches": [{
            "patch": yaml.safe_dump(
                [{"op": "add", "path": "/metadata/annotations", "value": {WAVE: "9"}}]
            ),
            "target": {"kind": "Application"},
        }],
    },
    "common": {**INNER, "commonAnnotations": {WAVE: "9"}},
    "component": {**INNER, "components": ["../component"]},
    "secret-gone": {
        **INNER,
        "patches": [{
            "patch": "apiVersion: v1\nkind: Secret\n$patch: delete\n"
            "metadata: {name: hetzner-dns-token, namespace: argocd}\n"
        }],
    },
}  # fmt: skip
"""Patches after which `external-dns`, which stands before its Secret, does so no more."""
EARLIER: dict[str, dict[str, object]] = {
    "removed": {
        **INNER,
        "patches": [{
            "patch": yaml.safe_dump([{"op": "remove", "path": AT}]),
            "target": {"kind": "Application"},
        }],
    },
    "null": {**INNER, "patches": [{"patch": MERGE.replace('"9"', "null"), "target": TARGET}]},
    "other": {**INNER, "patches": [{"patch": MERGE.replace("external-dns", "cert-manager")}]},
    "partly": {
        **INNER,
        "patches": [{"patch": yaml.safe_dump(JSON), "target": {"name": "cert", "kind": ".*"}}],
    },
}  # fmt: skip
"""Patches after which it still does."""


def json(operation: dict[str, object]) -> dict[str, object]:
    """Return an entry of `patches` with one JSON operation."""
    return {"patch": yaml.safe_dump([operation]), "target": TARGET}


def write(root: Path, fields: dict[str, object]) -> None:
    """Write a repository whose overlay is what these fields say."""
    for name, data in {
        "sopsmith.yaml": "version: 1\n",
        f"{OVERLAY}/../base/kustomization.yaml": "resources: [dns.yaml, cert.yaml, secret.yaml]\n",
        f"{OVERLAY}/../base/dns.yaml": APP % ("external-dns", "1"),
        f"{OVERLAY}/../base/cert.yaml": APP % ("cert-manager", "7"),
        f"{OVERLAY}/../base/secret.yaml": SECRET % (WAVE, "3"),
        f"{OVERLAY}/../component/kustomization.yaml": yaml.safe_dump(
            {"apiVersion": "kustomize.config.k8s.io/v1alpha1", "kind": "Component",
             "patches": [{"patch": MERGE}]}
        ),
        f"{OVERLAY}/merge.yaml": MERGE,
        f"{OVERLAY}/json.yaml": yaml.safe_dump(JSON),
        f"{OVERLAY}/kustomization.yaml": yaml.safe_dump(fields),
    }.items():  # fmt: skip
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.resolve().write_text(data)


def found(root: Path) -> list[Finding]:
    files = RootedFiles(str(root))
    settings = RepoSettings(environments=(Scope("prod", "PROD_"),))
    return check_waves(settings, files, files.folder_of)


def levels(root: Path, fields: dict[str, object]) -> list[tuple[str, str]]:
    """Return what is found of a repository: level, and what it is about."""
    (root / OVERLAY).mkdir(parents=True)
    write(root, fields)
    return [(one.level, one.subject.rpartition(": ")[2]) for one in found(root)]


def test_without_a_patch_the_consumer_is_too_early(tmp_path: Path) -> None:
    assert levels(tmp_path, dict(INNER)) == [(ERROR, "Application external-dns")]


@pytest.mark.parametrize("way", LATER)
def test_a_patch_that_puts_it_behind_its_secret_is_followed(tmp_path: Path, way: str) -> None:
    assert [level for level, _ in levels(tmp_path, LATER[way])] == [OK]


@pytest.mark.parametrize("way", EARLIER)
def test_a_patch_that_leaves_it_before_its_secret_is_followed(tmp_path: Path, way: str) -> None:
    assert levels(tmp_path, EARLIER[way])[0] == (ERROR, "Application external-dns")


@pytest.mark.parametrize(
    ("field", "item"),
    [
        ("patches", {"patch": MERGE, "target": {"labelSelector": "app=dns"}}),
        ("patches", json({"op": "copy", "from": "/metadata/name", "path": AT})),
        ("patches", json({"op": "remove", "path": "/metadata"})),
        ("patches", {"patch": MERGE.replace("annotations: {", "annotations: {$patch: replace, ")}),
        ("patches", {"patch": MERGE, "target": {"name": "("}}),
        ("replacements", {"source": {"kind": "ConfigMap", "name": "c"}, "targets": [
            {"select": TARGET, "fieldPaths": [f"metadata.annotations.[{WAVE}]"]}]}),
    ],
    ids=["labels", "copied", "metadata", "replaced", "no-pattern", "replacement"],
)  # fmt: skip
def test_what_is_not_followed_is_named_with_its_place(
    tmp_path: Path, field: str, item: dict[str, object]
) -> None:
    said = levels(tmp_path, {**INNER, field: [item]})
    assert (UNKNOWN, f"{field}[0]") in said


@pytest.mark.parametrize(
    "item",
    [
        {"patch": MERGE.replace(f'{WAVE}: "9"', "a: b"), "target": {"labelSelector": "app=dns"}},
        json({"op": "copy", "from": "/spec/a", "path": "/spec/b"}),
    ],
    ids=["labels", "copied"],
)  # fmt: skip
def test_a_patch_of_something_else_is_no_matter_of_waves(
    tmp_path: Path, item: dict[str, object]
) -> None:
    said = levels(tmp_path, {**INNER, "patches": [item]})
    assert said == [(ERROR, "Application external-dns")]


def test_a_kustomization_that_includes_itself_ends(tmp_path: Path) -> None:
    assert levels(tmp_path, {"resources": ["../base", "../prod"]})[0][0] == ERROR
