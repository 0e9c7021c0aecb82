"""An identity from outside opens a file or a cluster, and leaves a record before it does."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.cluster import FakeCluster
from tests.unit.flows.keys_at import DEV, HOME, OTHER, PROD, Place

from sopsmith import age
from sopsmith.adapters.key_lock import lock_folder
from sopsmith.errors import (
    Denied,
    FormatError,
    MasterKeyError,
    NoIdentity,
    OutsideError,
    UsageError,
)
from sopsmith.flows.break_glass import (
    Doors,
    Emergency,
    Injected,
    Target,
    choose_target,
    inject,
    open_file,
)
from sopsmith.kube.key_secret import Mark, with_keys, with_mark
from sopsmith.kube.kinds import SECRET
from sopsmith.repo.settings import NamedRecipient, RepoSettings, Scope
from sopsmith.repo.uses import PATH, check_reason
from sopsmith.secret import Secret

A = f"{HOME}/dev/secrets/a.secret.yaml"
THIRD = age.generate()


class Watched(FakeCluster):
    """A cluster that tells what was recorded when it was first asked."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.record = place.root / PATH
        self.recorded: list[bool] = []

    def find(self, *args: Any, **words: Any) -> Any:
        self.recorded.append(self.record.exists())
        return super().find(*args, **words)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path)
    made.lock(A, OTHER[1], DEV[1])
    return made


def doors(place: Place) -> Doors:
    look = place.doors
    return Doors(look.files, look.trees, lock_folder, look.now, "anna@laptop", "Anna <a@b.c>")


def why(place: Place, *, recorded: bool = True) -> Emergency:
    return Emergency(str(place.root), "the laptop is gone", recorded)


def identities(*made: tuple[Secret, str]) -> list[age.Identity]:
    return age.parse_identities("\n".join(one.reveal().decode() for one, _ in made), "stdin")


def look(place: Place, *made: tuple[Secret, str], recorded: bool = True) -> bytes:
    path = str(place.root / A)
    return open_file(path, identities(*made), why(place, recorded=recorded), doors(place))


def put(place: Place, cluster: FakeCluster, made: Sequence[tuple[Secret, str]]) -> Injected:
    new = [(recipient, text) for text, recipient in made]
    return inject(Target("dev", "dev@x", new), cluster, why(place), doors(place))


def uses(place: Place) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads((place.root / PATH).read_text())["uses"]
    return found


def held(cluster: FakeCluster) -> bytes:
    return cluster.values("sops-age", "argocd")["keys.txt"]


def test_a_file_opens_and_who_why_and_by_what_is_recorded(place: Place) -> None:
    assert b"made-up" in look(place, PROD, DEV)
    assert uses(place) == [{
        "when": "2026-11-24T12:00:00Z", "who": "anna@laptop", "git": "Anna <a@b.c>",
        "action": "open", "target": A, "reason": "the laptop is gone", "recipients": [DEV[1]],
    }]  # fmt: skip


def test_further_uses_are_added_and_nothing_else_is_written(place: Place) -> None:
    before = {path for path in place.root.rglob("*") if path.is_file()}
    look(place, DEV)
    look(place, OTHER)
    assert [use["recipients"] for use in uses(place)] == [[DEV[1]], [OTHER[1]]]
    assert {path for path in place.root.rglob("*") if path.is_file()} - before == {
        place.root / PATH
    }


def test_the_identity_at_hand_is_not_used(place: Place) -> None:
    with pytest.raises(NoIdentity):
        look(place, PROD)
    assert not (place.root / PATH).exists()


def test_without_a_record_there_is_no_plaintext(place: Place) -> None:
    place.put(".sopsmith", "in the way")
    with pytest.raises(OutsideError, match="cannot be recorded, so nothing was done") as caught:
        look(place, DEV)
    assert caught.value.hint == "--no-record does it without a record"
    assert b"made-up" in look(place, DEV, recorded=False)


@pytest.mark.parametrize("text", ["", "[]", '{"version": 2, "uses": []}', '{"version": 1}'])
def test_a_record_that_is_none_is_not_overwritten(place: Place, text: str) -> None:
    record = place.put(PATH, text)
    with pytest.raises(FormatError, match="is no record of uses"):
        look(place, DEV)
    assert record.read_text() == text


def test_a_cluster_gets_the_identity_beside_its_own_after_the_record(place: Place) -> None:
    cluster = Watched(place)
    put(place, cluster, [OTHER])
    assert put(place, cluster, [DEV]) == Injected("dev", (DEV[1],), 1, 1)
    lines = held(cluster).split()
    assert {one.reveal() for one, _ in (OTHER, DEV)} <= set(lines)
    assert all(cluster.recorded)
    assert [use["target"] for use in uses(place)] == [f"dev: {cluster.name}"] * 2


@pytest.mark.parametrize("marked", [True, False])
def test_another_environments_cluster_is_refused_unless_both_share_it(
    place: Place, marked: bool
) -> None:
    cluster = FakeCluster()
    made = with_keys(None, Secret(PROD[0].reveal() + b"\n"))
    cluster.create(SECRET, with_mark(made, Mark(("prod",))) if marked else made)
    with pytest.raises(MasterKeyError, match="not the cluster of dev") as caught:
        put(place, cluster, [DEV])
    assert "--share-cluster" in str(caught.value.hint)
    assert DEV[0].reveal() not in held(cluster)
    target = Target("dev", "dev@x", [(DEV[1], DEV[0])], shared=True)
    inject(target, cluster, why(place), doors(place))
    assert DEV[0].reveal() in held(cluster)
    # From then on it says so itself.
    put(place, cluster, [OTHER])


def test_an_identity_that_opens_nothing_leaves_the_cluster_alone(place: Place) -> None:
    cluster = FakeCluster()
    with pytest.raises(NoIdentity, match="none of 1 files of dev and core would open"):
        put(place, cluster, [PROD])
    assert cluster.find(SECRET, "sops-age", "argocd") is None


def test_a_damaged_file_does_not_stop_an_emergency(place: Place) -> None:
    path = place.lock(f"{HOME}/core/secrets/b.secret.yaml", DEV[1])
    path.write_text(path.read_text().replace("data:", "data:A", 1))
    assert put(place, FakeCluster(), [DEV])[2:] == (1, 2)


def test_a_cluster_that_refuses_says_so(place: Place) -> None:
    cluster = FakeCluster()
    cluster.deny("create", SECRET, "argocd")
    with pytest.raises(Denied):
        put(place, cluster, [DEV])


def test_an_unwritable_record_keeps_the_cluster_as_it_is(place: Place) -> None:
    cluster = FakeCluster()
    place.put(".sopsmith", "in the way")
    with pytest.raises(OutsideError, match="cannot be recorded"):
        put(place, cluster, [DEV])
    assert cluster.calls == []


def scope(name: str, *recipients: str, context: str = "") -> Scope:
    return Scope(name, f"{name}_", tuple(map(NamedRecipient, recipients)), context)


SETTINGS = RepoSettings(
    environments=(scope("dev", DEV[1], THIRD[1], context="dev@x"), scope("prod", PROD[1], THIRD[1]))
)


def choose(named: str, context: str, *made: tuple[Secret, str]) -> tuple[str, str, list[str]]:
    given = [(recipient, text) for text, recipient in made]
    target = choose_target(named, context, given, SETTINGS)
    return target.environment, target.context, [recipient for recipient, _ in target.given]


def test_the_environment_is_the_one_whose_recipient_it_is() -> None:
    assert choose("", "", DEV) == ("dev", "dev@x", [DEV[1]])
    assert choose("", "other", PROD) == ("prod", "other", [PROD[1]])
    assert choose("dev", "", OTHER) == ("dev", "dev@x", [OTHER[1]])


def test_a_cluster_gets_nothing_of_another_environment() -> None:
    assert choose("dev", "", DEV, PROD, OTHER) == ("dev", "dev@x", [DEV[1]])
    with pytest.raises(MasterKeyError, match="holds no identity of dev, but those of prod"):
        choose("dev", "", PROD)


@pytest.mark.parametrize(
    ("named", "context", "made", "said"),
    [
        ("", "", THIRD, "dev, prod of dev, prod"),
        ("", "", OTHER, "none of dev, prod"),
        ("pr", "", DEV, "is no environment"),
        ("", "", PROD, "nothing says which cluster is prod's"),
        ("", "prod@x", DEV, "dev is tied to the context dev@x"),
    ],
)
def test_where_it_goes_is_never_guessed(
    named: str, context: str, made: tuple[Secret, str], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        choose(named, context, made)


@pytest.mark.parametrize(
    "text", ["", "  ", "two\nlines", "x" * 501, f"key {DEV[0].reveal().decode().lower()}"]
)
def test_a_reason_is_one_line_without_an_identity(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_reason(text)
    assert "secret" not in str(caught.value).lower()
