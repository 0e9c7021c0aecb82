"""The fake cluster holds to the contract; a real one does in tests/e2e/test_cluster.py."""

from __future__ import annotations

import pytest
from tests.contracts.cluster import ABSENT, ClusterContract
from tests.fakes.cluster import FakeCluster

from sopsmith.kube.kinds import CONFIGMAP, SECRET
from sopsmith.ports import Cluster


class TestFake(ClusterContract):
    """The contract over the fake."""

    @pytest.fixture
    def cluster(self) -> FakeCluster:
        """Return a fake."""
        return FakeCluster(namespaces=("default", "test"), without=[ABSENT])

    @pytest.fixture
    def namespace(self) -> str:
        """Return its namespace."""
        return "test"

    @pytest.fixture
    def reader(self, cluster: FakeCluster) -> Cluster:
        """Return another fake of the same objects, with few rights."""
        other = FakeCluster(namespaces=())
        other.objects = cluster.objects
        other.deny("*", SECRET)
        for verb in ("create", "update", "patch", "delete"):
            other.deny(verb, CONFIGMAP)
        return other

    @pytest.fixture
    def gone(self) -> Cluster:
        """Return a fake that is away."""
        cluster = FakeCluster()
        cluster.go_away()
        return cluster


def test_a_fake_goes_away_after_so_many_calls() -> None:
    cluster = FakeCluster()
    cluster.go_away(after=1)
    cluster.list(SECRET)
    with pytest.raises(Exception, match="does not answer"):
        cluster.list(SECRET)
    cluster.come_back()
    assert cluster.list(SECRET) == []
    assert [call.verb for call in cluster.calls] == ["list"] * 3


def test_a_fake_refuses_in_one_namespace_alone() -> None:
    cluster = FakeCluster()
    cluster.deny("get", SECRET, "argocd")
    assert cluster.find(SECRET, "s", "default") is None
    with pytest.raises(Exception, match="not allowed to get secrets in namespace argocd"):
        cluster.find(SECRET, "s", "argocd")
    cluster.allow_all()
    assert cluster.find(SECRET, "s", "argocd") is None
