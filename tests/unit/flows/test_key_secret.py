"""The cluster's identities change only to what opens the repository, whoever else writes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from tests.fakes.cluster import FakeCluster

from sopsmith import age
from sopsmith.age import Identity
from sopsmith.errors import Conflict, MasterKeyError, NoIdentity
from sopsmith.flows.key_secret import (
    ATTEMPTS,
    Owner,
    add_identities,
    prove_opens,
    read_cluster_keys,
    retire_identity,
)
from sopsmith.kube.key_secret import NAME, NAMESPACE, Mark, mark_of, with_keys
from sopsmith.kube.kinds import SECRET
from sopsmith.ports import Kind, Object
from sopsmith.repo.contexts import find_environment
from sopsmith.repo.layout_settings import default_settings
from sopsmith.secret import Secret
from sopsmith.sops.config import CreationRule
from sopsmith.sops.document import encrypt
from sopsmith.sops.selectors import Selector

(OLD, OLD_NAME), (NEW, NEW_NAME), (OTHER, OTHER_NAME) = (age.generate() for _ in range(3))
_RULE = CreationRule((OLD_NAME, NEW_NAME), Selector("encrypted_regex", "^stringData$"))
FILE = encrypt(
    b"stringData:\n    a: made-up\n", "yaml", _RULE,
    now=datetime(2026, 1, 1, tzinfo=UTC), path="a.secret.yaml",
)  # fmt: skip


def proof(identities: Sequence[Identity]) -> None:
    prove_opens([("a.secret.yaml", FILE)], identities)


def cluster_with(*identities: Secret) -> FakeCluster:
    cluster = FakeCluster()
    text = b"".join(one.reveal() + b"\n" for one in identities)
    cluster.create(SECRET, with_keys(None, Secret(text)))
    return cluster


class Contended(FakeCluster):
    """Somebody else puts an identity in before each of the first writes."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    def replace(self, kind: Kind, found: Object) -> Object:
        """Write for somebody else first."""
        if self.times:
            self.times -= 1
            keys = read_cluster_keys(self)
            other = age.generate()[0].reveal() + b"\n"
            super().replace(SECRET, with_keys(keys.found, Secret(keys.keys.reveal() + other)))
        return super().replace(SECRET, found)


def test_a_secret_that_is_missing_is_made() -> None:
    cluster = FakeCluster()
    assert add_identities(cluster, [NEW], proof).recipients == (NEW_NAME,)
    assert read_cluster_keys(cluster).recipients == (NEW_NAME,)


def test_an_identity_is_put_beside_the_old_one() -> None:
    cluster = cluster_with(OLD)
    assert add_identities(cluster, [NEW], proof).recipients == (OLD_NAME, NEW_NAME)


def test_identities_that_open_nothing_are_not_written() -> None:
    cluster = FakeCluster()
    with pytest.raises(NoIdentity, match="nothing was written"):
        add_identities(cluster, [OTHER], proof)
    assert cluster.find(SECRET, NAME, NAMESPACE) is None


def test_an_identity_is_retired_only_where_the_rest_opens_the_repository() -> None:
    cluster = cluster_with(OLD, OTHER)
    with pytest.raises(NoIdentity, match="nothing was written"):
        retire_identity(cluster, OLD_NAME, proof)
    assert read_cluster_keys(cluster).recipients == (OLD_NAME, OTHER_NAME)
    assert retire_identity(cluster, OTHER_NAME, proof).recipients == (OLD_NAME,)


def test_the_last_identity_is_never_retired() -> None:
    with pytest.raises(MasterKeyError, match="no identity would be left"):
        retire_identity(cluster_with(OLD), OLD_NAME, lambda _: None)


def test_what_others_wrote_meanwhile_is_kept() -> None:
    cluster = Contended(times=2)
    cluster.create(SECRET, with_keys(None, Secret(OLD.reveal() + b"\n")))
    assert len(add_identities(cluster, [NEW], proof).recipients) == 4


def test_an_endless_conflict_is_given_up() -> None:
    cluster = Contended(times=ATTEMPTS)
    cluster.create(SECRET, with_keys(None, Secret(OLD.reveal() + b"\n")))
    with pytest.raises(Conflict, match="by others in each of 5 attempts"):
        add_identities(cluster, [NEW], proof)


def test_a_second_run_writes_nothing() -> None:
    cluster = cluster_with(OLD)
    add_identities(cluster, [NEW], proof)
    before = cluster.find(SECRET, NAME, NAMESPACE)
    add_identities(cluster, [NEW], proof)
    assert cluster.find(SECRET, NAME, NAMESPACE) == before


def test_an_immutable_secret_is_named() -> None:
    cluster = FakeCluster()
    cluster.create(SECRET, with_keys(None, Secret(OLD.reveal() + b"\n")) | {"immutable": True})
    with pytest.raises(MasterKeyError, match="immutable"):
        add_identities(cluster, [NEW], proof)


def owner(environment: str, *repositories: str, shared: bool = False) -> Owner:
    settings = default_settings({"dev": (OLD_NAME,), "prod": (NEW_NAME,)})
    return Owner(settings, find_environment(settings, environment), repositories, shared)


def test_a_cluster_is_marked_with_its_environment_and_repository() -> None:
    cluster = cluster_with(NEW)
    add_identities(cluster, [NEW], proof, owner=owner("prod", "x.org/platform"))
    found = read_cluster_keys(cluster).found
    assert mark_of(found) == Mark(("prod",), ("x.org/platform",))
    add_identities(cluster, [NEW], proof, owner=owner("prod", "x.org/platform"))
    assert read_cluster_keys(cluster).found == found


def test_a_mark_goes_before_a_recipient_that_a_repository_names_for_two() -> None:
    """Whoever may change sopsmith.yaml can name dev's recipient for prod as well."""
    cluster = cluster_with()
    add_identities(cluster, [OLD], proof, owner=owner("dev"))
    settings = default_settings({"dev": (OLD_NAME,), "prod": (NEW_NAME, OLD_NAME)})
    hostile = Owner(settings, find_environment(settings, "prod"))
    with pytest.raises(MasterKeyError, match="is marked as that of dev"):
        add_identities(cluster, [NEW], proof, owner=hostile)
    assert read_cluster_keys(cluster).recipients == (OLD_NAME,)


def test_an_environment_of_the_same_name_in_another_repository_is_another() -> None:
    cluster = cluster_with()
    add_identities(cluster, [OTHER], lambda _: None, owner=owner("prod", "x.org/one"))
    with pytest.raises(MasterKeyError, match=r"of the repository x\.org/one"):
        add_identities(cluster, [NEW], proof, owner=owner("prod", "x.org/two"))
    add_identities(cluster, [NEW], proof, owner=owner("prod", "mirror.org/one", "x.org/one"))


def test_a_cluster_that_two_environments_share_is_marked_with_both() -> None:
    cluster = cluster_with(OLD)
    add_identities(cluster, [OLD], proof, owner=owner("dev"))
    add_identities(cluster, [NEW], proof, owner=owner("prod", shared=True))
    assert mark_of(read_cluster_keys(cluster).found).environments == ("dev", "prod")
    for name in ("dev", "prod"):
        add_identities(cluster, [NEW], proof, owner=owner(name))


def test_cores_identity_in_a_cluster_says_nothing_of_whose_it_is() -> None:
    cluster = cluster_with(OTHER)
    add_identities(cluster, [NEW], proof, owner=owner("prod"))
    assert read_cluster_keys(cluster).recipients == (OTHER_NAME, NEW_NAME)
