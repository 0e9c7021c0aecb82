"""What every `ports.Cluster` holds to; run over the fake and over a real API server."""

from __future__ import annotations

import base64
import traceback
from datetime import UTC, datetime, timedelta

import pytest

from sopsmith.errors import Conflict, Denied, NotThere, Unreachable
from sopsmith.kube.kinds import CONFIGMAP, NAMESPACE, SECRET
from sopsmith.ports import Cluster, Kind, Object

ABSENT = Kind("example.org", "v1", "absents", "Absent")
"""A kind that no cluster of a test has."""
READER_RULES: list[Object] = [
    {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list"]}
]
"""What the `reader` may do, in the suite's namespace alone."""
CANARY = "canary-value-3141592653"


def secret(namespace: str, name: str = "s", **texts: str) -> Object:
    """Return a Secret as a manifest has it."""
    return {"metadata": {"name": name, "namespace": namespace}, "stringData": texts}


def config(namespace: str, name: str = "c", **data: str) -> Object:
    """Return a ConfigMap."""
    return {"metadata": {"name": name, "namespace": namespace}, "data": data}


def encoded(text: str) -> str:
    """Return a text as a Secret's `data` has it."""
    return base64.b64encode(text.encode()).decode()


def found(cluster: Cluster, namespace: str, name: str = "s", kind: Kind = SECRET) -> Object:
    """Return an object that must be there."""
    one = cluster.find(kind, name, namespace)
    assert one is not None
    return one


class ClusterContract:
    """The suite; the fixtures are those of whoever runs it."""

    @pytest.fixture
    def cluster(self) -> Cluster:
        """Return a cluster without `ABSENT`, as somebody who may do everything."""
        raise NotImplementedError

    @pytest.fixture
    def namespace(self) -> str:
        """Return a namespace of it that is empty."""
        raise NotImplementedError

    @pytest.fixture
    def reader(self) -> Cluster:
        """Return the same cluster as somebody with `READER_RULES` in the namespace."""
        raise NotImplementedError

    @pytest.fixture
    def gone(self) -> Cluster:
        """Return a cluster that does not answer."""
        raise NotImplementedError

    def test_what_is_not_there_is_none(self, cluster: Cluster, namespace: str) -> None:
        assert cluster.find(SECRET, "s", namespace) is None
        assert cluster.find(SECRET, "s", "no-such-namespace") is None
        assert cluster.find(ABSENT, "s", namespace) is None

    def test_to_leave_a_namespace_out_is_a_mistake(self, cluster: Cluster) -> None:
        with pytest.raises(ValueError, match="a Secret is in a namespace"):
            cluster.find(SECRET, "s")
        with pytest.raises(ValueError, match="a Secret is in a namespace"):
            cluster.create(SECRET, {"metadata": {"name": "s"}})
        with pytest.raises(ValueError, match="a Secret is in a namespace"):
            cluster.delete(SECRET, "s")

    def test_what_is_in_no_namespace_is_found_without_one(
        self, cluster: Cluster, namespace: str
    ) -> None:
        assert found(cluster, "", namespace, NAMESPACE) == found(
            cluster, "default", namespace, NAMESPACE
        )

    def test_texts_of_a_secret_are_found_as_data(self, cluster: Cluster, namespace: str) -> None:
        created = cluster.create(SECRET, secret(namespace, a="grüße\n"))
        one = found(cluster, namespace)
        assert one["data"] == created["data"] == {"a": encoded("grüße\n")}
        assert "stringData" not in one
        assert one["type"] == "Opaque"
        assert (one["apiVersion"], one["kind"]) == ("v1", "Secret")
        assert one["metadata"]["uid"]

    def test_a_taken_name_is_a_conflict(self, cluster: Cluster, namespace: str) -> None:
        cluster.create(SECRET, secret(namespace, a="1"))
        with pytest.raises(Conflict, match=f"Secret {namespace}/s"):
            cluster.create(SECRET, secret(namespace, a="2"))
        assert found(cluster, namespace)["data"] == {"a": encoded("1")}

    def test_a_missing_namespace_is_said(self, cluster: Cluster) -> None:
        with pytest.raises(NotThere, match="namespace nowhere"):
            cluster.create(SECRET, secret("nowhere", a="1"))
        with pytest.raises(NotThere, match="namespace nowhere"):
            cluster.apply(SECRET, secret("nowhere", a="1"))

    def test_a_kind_that_the_cluster_lacks_is_said(self, cluster: Cluster, namespace: str) -> None:
        one: Object = {"metadata": {"name": "x", "namespace": namespace}}
        with pytest.raises(NotThere, match="Absent"):
            cluster.list(ABSENT)
        with pytest.raises(NotThere, match="Absent"):
            cluster.create(ABSENT, one)
        with pytest.raises(NotThere, match="Absent"):
            cluster.apply(ABSENT, one)

    def test_what_was_read_can_be_replaced(self, cluster: Cluster, namespace: str) -> None:
        cluster.create(SECRET, secret(namespace, a="1", b="2"))
        one = found(cluster, namespace)
        one["data"] = {"a": encoded("3")}
        cluster.replace(SECRET, one)
        assert found(cluster, namespace)["data"] == {"a": encoded("3")}

    def test_what_changed_meanwhile_is_not_replaced(self, cluster: Cluster, namespace: str) -> None:
        cluster.create(SECRET, secret(namespace, a="1"))
        stale = found(cluster, namespace)
        cluster.patch(SECRET, "s", namespace, {"stringData": {"a": "2"}})
        with pytest.raises(Conflict, match="changed since"):
            cluster.replace(SECRET, stale)
        assert found(cluster, namespace)["data"] == {"a": encoded("2")}

    def test_what_was_deleted_meanwhile_is_not_replaced(
        self, cluster: Cluster, namespace: str
    ) -> None:
        stale = cluster.create(SECRET, secret(namespace, a="1"))
        cluster.delete(SECRET, "s", namespace)
        with pytest.raises(NotThere):
            cluster.replace(SECRET, stale)

    def test_replacing_needs_the_version_that_was_read(
        self, cluster: Cluster, namespace: str
    ) -> None:
        cluster.create(SECRET, secret(namespace, a="1"))
        with pytest.raises(ValueError, match="resourceVersion"):
            cluster.replace(SECRET, secret(namespace, a="2"))

    def test_applying_creates(self, cluster: Cluster, namespace: str) -> None:
        cluster.apply(SECRET, secret(namespace, a="1"))
        assert found(cluster, namespace)["data"] == {"a": encoded("1")}

    def test_applying_again_changes_nothing(self, cluster: Cluster, namespace: str) -> None:
        cluster.apply(CONFIGMAP, config(namespace, a="1"))
        before = found(cluster, namespace, "c", CONFIGMAP)["data"]
        cluster.apply(CONFIGMAP, config(namespace, a="1"))
        assert found(cluster, namespace, "c", CONFIGMAP)["data"] == before

    def test_applying_drops_what_was_applied_before_and_no_more(
        self, cluster: Cluster, namespace: str
    ) -> None:
        cluster.apply(SECRET, secret(namespace, a="1", b="2"))
        cluster.apply(SECRET, secret(namespace, b="3"))
        assert found(cluster, namespace)["data"] == {"b": encoded("3")}

    def test_applying_leaves_what_others_set(self, cluster: Cluster, namespace: str) -> None:
        cluster.create(CONFIGMAP, config(namespace, theirs="1", both="1"))
        cluster.apply(CONFIGMAP, config(namespace, ours="2", both="2"))
        expected = {"theirs": "1", "ours": "2", "both": "2"}
        assert found(cluster, namespace, "c", CONFIGMAP)["data"] == expected

    def test_a_patch_merges_and_null_removes(self, cluster: Cluster, namespace: str) -> None:
        cluster.create(CONFIGMAP, config(namespace, a="1", b="2"))
        change = {"data": {"a": None, "c": "3"}, "metadata": {"labels": {"x": "y"}}}
        cluster.patch(CONFIGMAP, "c", namespace, change)
        one = found(cluster, namespace, "c", CONFIGMAP)
        assert one["data"] == {"b": "2", "c": "3"}
        assert one["metadata"]["labels"] == {"x": "y"}

    def test_a_patch_may_hold_the_version_that_was_read(
        self, cluster: Cluster, namespace: str
    ) -> None:
        version = cluster.create(CONFIGMAP, config(namespace))["metadata"]["resourceVersion"]
        change: Object = {"metadata": {"resourceVersion": version}, "data": {"a": "1"}}
        cluster.patch(CONFIGMAP, "c", namespace, change)
        with pytest.raises(Conflict):
            cluster.patch(CONFIGMAP, "c", namespace, change | {"data": {"a": "2"}})

    def test_only_what_is_there_is_patched_or_deleted(
        self, cluster: Cluster, namespace: str
    ) -> None:
        with pytest.raises(NotThere, match=f"Secret {namespace}/s"):
            cluster.patch(SECRET, "s", namespace, {"stringData": {"a": "1"}})
        with pytest.raises(NotThere, match=f"Secret {namespace}/s"):
            cluster.delete(SECRET, "s", namespace)

    def test_what_was_deleted_is_not_there(self, cluster: Cluster, namespace: str) -> None:
        cluster.create(SECRET, secret(namespace, a="1"))
        cluster.delete(SECRET, "s", namespace)
        assert cluster.find(SECRET, "s", namespace) is None

    def test_a_list_says_what_its_items_are(self, cluster: Cluster, namespace: str) -> None:
        cluster.create(SECRET, secret(namespace, "b"))
        cluster.create(SECRET, secret(namespace, "a"))
        listed = cluster.list(SECRET, namespace)
        assert [one["metadata"]["name"] for one in listed] == ["a", "b"]
        assert [(one["apiVersion"], one["kind"]) for one in listed] == [("v1", "Secret")] * 2

    def test_a_list_without_a_namespace_is_of_all(self, cluster: Cluster, namespace: str) -> None:
        cluster.create(SECRET, secret(namespace))
        cluster.create(SECRET, secret("default", f"of-{namespace}"))
        names = {one["metadata"]["name"] for one in cluster.list(SECRET)}
        assert {"s", f"of-{namespace}"} <= names

    @pytest.mark.parametrize(
        ("selector", "expected"),
        [
            ("team=a", ["one", "two"]),
            ("team==a,tier=web", ["one"]),
            ("team!=a", ["four", "three"]),
            ("tier", ["one", "three"]),
            ("!tier", ["four", "two"]),
        ],
    )
    def test_a_list_is_selected_by_labels(
        self, cluster: Cluster, namespace: str, selector: str, expected: list[str]
    ) -> None:
        labels = {
            "one": {"team": "a", "tier": "web"},
            "two": {"team": "a"},
            "three": {"team": "b", "tier": "web"},
            "four": {},
        }
        for name, own in labels.items():
            one = config(namespace, name)
            one["metadata"]["labels"] = own
            cluster.create(CONFIGMAP, one)
        listed = cluster.list(CONFIGMAP, namespace, selector)
        assert [one["metadata"]["name"] for one in listed] == expected

    def test_a_change_of_what_was_found_changes_nothing(
        self, cluster: Cluster, namespace: str
    ) -> None:
        cluster.create(CONFIGMAP, config(namespace, a="1"))
        found(cluster, namespace, "c", CONFIGMAP)["data"]["a"] = "2"
        assert found(cluster, namespace, "c", CONFIGMAP)["data"] == {"a": "1"}

    def test_a_refusal_names_verb_resource_and_namespace(
        self, cluster: Cluster, reader: Cluster, namespace: str
    ) -> None:
        place = f"secrets in namespace {namespace}"
        one = cluster.create(SECRET, secret(namespace, a="1"))
        with pytest.raises(Denied, match=f"not allowed to get {place}"):
            reader.find(SECRET, "s", namespace)
        with pytest.raises(Denied, match=f"not allowed to list {place}"):
            reader.list(SECRET, namespace)
        with pytest.raises(Denied, match="not allowed to list secrets"):
            reader.list(SECRET)
        with pytest.raises(Denied, match=f"not allowed to create {place}"):
            reader.create(SECRET, secret(namespace, a=CANARY))
        with pytest.raises(Denied, match=f"not allowed to update {place}"):
            reader.replace(SECRET, one)
        with pytest.raises(Denied, match=f"not allowed to patch {place}"):
            reader.apply(SECRET, secret(namespace, a=CANARY))
        with pytest.raises(Denied, match=f"not allowed to patch {place}"):
            reader.patch(SECRET, "s", namespace, {"data": {"a": CANARY}})
        with pytest.raises(Denied, match=f"not allowed to delete {place}"):
            reader.delete(SECRET, "s", namespace)

    def test_what_is_allowed_is_done_and_told(
        self, cluster: Cluster, reader: Cluster, namespace: str
    ) -> None:
        cluster.create(CONFIGMAP, config(namespace, a="1"))
        assert found(reader, namespace, "c", CONFIGMAP)["data"] == {"a": "1"}
        assert reader.allows("get", CONFIGMAP, namespace)
        assert not reader.allows("get", SECRET, namespace)
        assert not reader.allows("create", CONFIGMAP, namespace, "c")
        assert cluster.allows("delete", SECRET)

    def test_a_cluster_that_does_not_answer_is_unreachable(self, gone: Cluster) -> None:
        calls = (
            lambda: gone.find(SECRET, "s", "default"),
            lambda: gone.list(SECRET),
            lambda: gone.create(SECRET, secret("default", a=CANARY)),
            lambda: gone.apply(SECRET, secret("default", a=CANARY)),
            lambda: gone.delete(SECRET, "s", "default"),
            lambda: gone.allows("get", SECRET),
            gone.server_version,
            gone.server_time,
        )
        for call in calls:
            with pytest.raises(Unreachable) as caught:
                call()
            # The last frame's own variables are no part of what a traceback prints.
            assert CANARY not in "".join(traceback.format_exception(caught.value))

    def test_it_says_where_it_is_and_which_version(self, cluster: Cluster) -> None:
        assert "https://127.0.0.1:" in cluster.name
        assert cluster.server_version().startswith("v1.")

    def test_its_clock_is_this_machines(self, cluster: Cluster) -> None:
        assert abs(cluster.server_time() - datetime.now(UTC)) < timedelta(minutes=1)
