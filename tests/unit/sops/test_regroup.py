"""Keys come and go by group, and nobody is locked out by mistake."""

from __future__ import annotations

import pytest
from tests.unit.sops.world import NOW, SECRETS

from sopsmith import age
from sopsmith.errors import RuleError
from sopsmith.sops.config import CreationRule
from sopsmith.sops.document import Document, encrypt
from sopsmith.sops.masterkeys import MasterKey
from sopsmith.sops.metadata import Metadata
from sopsmith.sops.regroup import absent_keys, add_group, change_keys, delete_group

KEYS = tuple(MasterKey.of_age(age.generate()[1]) for _ in range(4))
A, B, C, D = KEYS


def metadata(*groups: tuple[MasterKey, ...], threshold: int = 0) -> Metadata:
    rule = CreationRule((), SECRETS, groups=groups, threshold=threshold)
    data = encrypt(b"data: {a: b}\n", "yaml", rule, now=NOW, path="x")
    return Document.parse(data, "yaml", path="x").metadata


def test_a_key_is_added_to_the_first_group_once() -> None:
    rule = change_keys(metadata((A,), (B,)), (C, C, B), ())
    assert rule.groups == ((A, C), (B,))


def test_a_key_is_taken_from_every_group() -> None:
    rule = change_keys(metadata((A, B), (B, C)), (), (B,))
    assert rule.groups == ((A,), (C,))


def test_a_key_may_take_the_place_of_the_last_one() -> None:
    assert change_keys(metadata((A,)), (B,), (A,)).groups == ((B,),)


def test_the_last_key_is_not_removed() -> None:
    with pytest.raises(RuleError, match="no key would be left"):
        change_keys(metadata((A,)), (), (A,))


def test_the_last_key_of_a_group_is_not_removed() -> None:
    with pytest.raises(RuleError, match="key group 1 would have no key left"):
        change_keys(metadata((A,), (B,)), (), (B,))


def test_an_absent_key_is_told() -> None:
    assert absent_keys(metadata((A,), (B,)), (A, C)) == (C,)


def test_everything_but_the_keys_is_the_documents_own() -> None:
    rule = change_keys(metadata((A,), (B,), (C,), threshold=2), (D,), ())
    assert (rule.selector.pattern, rule.threshold, rule.mac_only) == (SECRETS.pattern, 2, False)


def test_a_group_is_added_behind_the_others() -> None:
    rule = add_group(metadata((A,)), (B,), 0)
    assert rule.groups == ((A,), (B,))


def test_an_empty_group_is_refused() -> None:
    with pytest.raises(RuleError, match="has no key"):
        add_group(metadata((A,)), (), 0)


def test_a_threshold_above_the_number_of_groups_is_refused() -> None:
    with pytest.raises(RuleError, match="3 of 2 groups is not possible"):
        add_group(metadata((A,)), (B,), 3)


def test_a_group_is_deleted_by_its_number() -> None:
    assert delete_group(metadata((A,), (B,), (C,), threshold=2), 1, 0).groups == ((A,), (C,))


def test_deleting_down_to_one_group_drops_the_threshold() -> None:
    assert delete_group(metadata((A,), (B,)), 0, 0).threshold == 0


def test_a_group_that_the_threshold_needs_stays() -> None:
    with pytest.raises(RuleError, match="3 key groups are needed"):
        delete_group(metadata((A,), (B,), (C,), threshold=3), 0, 0)


@pytest.mark.parametrize("number", [-1, 2])
def test_a_group_that_is_not_there_is_not_deleted(number: int) -> None:
    with pytest.raises(RuleError, match=f"no key group {number}"):
        delete_group(metadata((A,), (B,)), number, 0)


def test_the_only_group_is_not_deleted() -> None:
    with pytest.raises(RuleError, match="no master key would be left"):
        delete_group(metadata((A,)), 0, 0)
