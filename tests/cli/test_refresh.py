"""`sopsmith refresh` as people run it: what it prints, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.cluster import FakeCluster
from tests.unit.flows.cluster_at import SYNCED, Delivered, put_application

from sopsmith.adapters import cluster as door
from sopsmith.cli.main import run
from sopsmith.flows.doctor_sync import ANNOTATION
from sopsmith.ports import Kind, Object

ARGV = ["refresh", "-e", "dev", "--context", "fake", "--wait", "0"]
FAILED = {"conditions": [{"type": "ComparisonError", "message": "app path does not exist"}]}


class Answering(FakeCluster):
    """A cluster whose Argo CD has refreshed an Application by the time that it is asked."""

    status: Any = SYNCED

    def patch(self, kind: Kind, name: str, namespace: str, change: Object) -> Object:
        """Take the annotation up at once."""
        assert change == {"metadata": {"annotations": {ANNOTATION: "hard"}}}
        put_application(self, self.status)
        return self.objects[(kind, namespace, name)]


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Answering:
    at = Delivered(tmp_path)
    made = Answering()
    made.objects = at.cluster.objects
    monkeypatch.setattr(door, "open_cluster", lambda *_: made)
    monkeypatch.setenv("SOPS_AGE_KEY_FILE", str(at.place.keys))
    monkeypatch.chdir(at.place.root)
    return made


def test_what_is_synced_is_said_and_ends_with_0(cluster: Answering, capfd: Any) -> None:
    assert run(ARGV) == 0
    assert capfd.readouterr() == ("platform: Synced\n", "")


def test_a_cluster_that_is_not_named_is_asked_for_in_a_hint(cluster: Answering, capfd: Any) -> None:
    assert run(["refresh", "-e", "dev"]) == 2
    assert capfd.readouterr().err == (
        "error: sopsmith.yaml ties no context to dev, and none was named\n"
        "hint: sopsmith refresh --environment dev --context NAME\n"
    )


def test_what_is_not_is_explained_and_ends_with_3(cluster: Answering, capfd: Any) -> None:
    cluster.status = FAILED
    assert run([*ARGV, "platform"]) == 3
    said = capfd.readouterr()
    assert said.out == "platform: not Synced\n"
    assert said.err.startswith("error: sync-path: its path is not in the repository")


def test_json_has_the_findings(cluster: Answering, capfd: Any) -> None:
    cluster.status = FAILED
    assert run([*ARGV, "-o", "json"]) == 3
    (one,) = json.loads(capfd.readouterr().out)["applications"]
    assert (one["name"], one["state"]) == ("platform", "not Synced")
    assert [finding["code"] for finding in one["findings"]] == ["sync-path"]


def test_without_a_cluster_named_none_is_asked(cluster: Answering, capfd: Any) -> None:
    assert run(["refresh"]) == 2
    assert "--context NAME" in capfd.readouterr().err
    assert cluster.calls == []
