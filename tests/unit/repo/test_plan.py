"""Secrets are compared with the files that stand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.unit.repo.example import mapping, settings, variables

from sopsmith import age
from sopsmith.errors import LayoutError, MacMismatch, NotEncrypted, RuleError
from sopsmith.kube.secret import build_object
from sopsmith.repo import plan
from sopsmith.repo.assign import Desired, assign
from sopsmith.repo.plan import Change, parse_present, plan_new, plan_present
from sopsmith.repo.settings import SecretMapping
from sopsmith.sops.config import CreationRule
from sopsmith.sops.document import Document, encrypt
from sopsmith.sops.keyring import Keyring
from sopsmith.sops.selectors import Selector

NOW = datetime(2026, 11, 24, tzinfo=UTC)
LATER = datetime(2026, 11, 25, tzinfo=UTC)
IDENTITY, RECIPIENT = age.generate()
NOBODY = Keyring([])


def keyring() -> Keyring:
    return Keyring(age.parse_identities(IDENTITY.reveal().decode(), "test"))


def rule(pattern: str = "^(data|stringData)$") -> CreationRule:
    return CreationRule((RECIPIENT,), Selector("encrypted_regex", pattern))


def desired(*mappings: SecretMapping, **values: str) -> Desired:
    return assign(variables(**values), settings(*mappings), ".env").desired[0]


def written(item: Desired) -> bytes:
    data = plan_new(item, rule(), NOW).data
    assert data is not None
    return data


def again(item: Desired, data: bytes, keys: Keyring | None = None) -> Change:
    return plan_present(item, data, keys or keyring(), LATER)


def opened(data: bytes | None) -> Any:
    assert data is not None
    return Document.parse(data, "yaml", path="x").unlock(keyring()).objects()


def tokens(data: bytes) -> Iterator[str]:
    return (word for word in data.decode().split() if word.startswith("ENC["))


def test_a_new_secret_is_encrypted_for_the_rule() -> None:
    item = desired(DEV_A="canary")
    change = plan_new(item, rule(), NOW)
    assert (change.action, change.path, change.variables) == (plan.CREATE, item.path, ("DEV_A",))
    assert b"canary" not in (change.data or b"")
    assert opened(change.data) == [build_object(item.manifest)]


@pytest.mark.parametrize("value", ["", "a", "yes", "1", " x\n", "-----\nPEM\n-----\n", "\r\n\t'\""])
def test_an_equal_secret_keeps_its_file(value: str) -> None:
    item = desired(A=value)
    assert again(item, written(item)) == Change(plan.KEEP, "core", item.path, ("A",))


def test_another_value_changes_its_token_alone() -> None:
    both = mapping("db", data={"user": "U", "pass": "P"})
    data = written(desired(both, U="me", P="old"))
    change = again(desired(both, U="me", P="new"), data)
    assert (change.action, change.fields) == (plan.UPDATE, ("stringData.pass",))
    assert opened(change.data)[0]["stringData"] == {"user": "me", "pass": "new"}
    assert next(tokens(data)) == next(tokens(change.data or b""))


@pytest.mark.parametrize(
    ("old", "new"), [("", "x"), ("x", ""), ("a\nb\n", "c\nd"), ("a", "b\nc\n")]
)
def test_any_value_becomes_any_other(old: str, new: str) -> None:
    change = again(desired(A=new), written(desired(A=old)))
    assert opened(change.data) == [build_object(desired(A=new).manifest)]


def test_another_structure_keeps_the_tokens_of_equal_values() -> None:
    data = written(desired(mapping("db", data={"user": "U"}), U="me"))
    wide = mapping("db", data={"pass": "P", "user": "U"}, labels={"a": "b"})
    change = again(desired(wide, U="me", P="p"), data)
    assert change.fields == ("metadata.labels", "stringData.pass")
    assert opened(change.data) == [build_object(desired(wide, U="me", P="p").manifest)]
    assert next(tokens(data)) in list(tokens(change.data or b""))


def test_a_plain_field_is_changed_in_place() -> None:
    data = written(desired(A="x"))
    moved = desired(A="x")
    moved = moved._replace(manifest=moved.manifest._replace(namespace="other"))
    change = again(moved, data)
    assert change.fields == ("metadata.namespace",)
    assert opened(change.data) == [build_object(moved.manifest)]


def test_without_an_identity_a_file_is_not_compared() -> None:
    item = desired(A="x")
    change = again(item, written(item), NOBODY)
    assert (change.action, change.data) == (plan.UNCOMPARED, None)
    assert RECIPIENT in change.reason


def test_a_changed_file_stops_the_plan() -> None:
    item = desired(A="x")
    with pytest.raises(MacMismatch):
        again(item, written(item).replace(b"kube-system", b"elsewhere00"))


def test_a_file_of_two_documents_is_not_overwritten() -> None:
    item = desired(A="x")
    data = encrypt(b"data: {a: b}\n---\ndata: {c: d}\n", "yaml", rule(), now=NOW, path="x")
    with pytest.raises(LayoutError, match="holds 2 documents"):
        again(item, data)


def test_a_plain_file_in_the_way_is_not_overwritten() -> None:
    with pytest.raises(NotEncrypted, match="stands where generate writes"):
        parse_present(b"kind: Secret\n", "a/x.secret.yaml")


@pytest.mark.parametrize("pattern", ["^data$", "^metadata$", "^type$", "value2"])
def test_a_rule_that_leaves_a_value_in_clear_is_refused(pattern: str) -> None:
    item = desired(mapping("x", data={"value": "A", "value2": "B"}), A="canary", B="b")
    with pytest.raises(RuleError) as caught:
        plan_new(item, rule(pattern), NOW)
    assert "canary" not in str(caught.value) + (caught.value.hint or "")


def test_an_update_under_a_selector_that_misses_is_refused() -> None:
    item = desired(A="x")
    text = b"data: {a: b}\nstringData: {value: y}\n"
    data = encrypt(text, "yaml", rule("^data$"), now=NOW, path="x")
    with pytest.raises(RuleError):
        again(item, data)
