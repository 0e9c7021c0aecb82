"""Keys change over trees: planned first, MACs checked, and one bad file stops no other."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.flows.looked_at import (
    DATA,
    IDENTITY,
    MINE,
    NOW,
    OTHER,
    SECRET,
    STALE,
    Folder,
    folder,
)

from sopsmith import age
from sopsmith.adapters.file_set import replace_files
from sopsmith.adapters.files import LocalFiles
from sopsmith.adapters.trees import LocalTrees
from sopsmith.adapters.workers import LocalWorkers
from sopsmith.errors import MasterKeyError, NoIdentity, OutsideError
from sopsmith.flows.rekey import BATCH, Means, apply_rekeying, plan_rekeying
from sopsmith.flows.rekey_plan import Change, Outcome, Plan, refuse_absent
from sopsmith.flows.rekey_wishes import AddGroup, ChangeKeys, DeleteGroup, FollowRules, Wish
from sopsmith.flows.rules import Rules
from sopsmith.sops.config import Config
from sopsmith.sops.document import Document
from sopsmith.sops.keyring import Keyring
from sopsmith.sops.masterkeys import MasterKey

__all__ = ["folder"]

OTHER_KEY, MY_KEY = MasterKey.of_age(OTHER), MasterKey.of_age(MINE)
KEYRING = Keyring(age.parse_identities(IDENTITY.reveal().decode(), "test"))
RULE = "creation_rules:\n  - age: {}\n    encrypted_regex: ^(data|stringData)$\n"
Replace = Callable[[list[tuple[str, bytes]]], None]


def means(jobs: int = 1, replace: Replace = replace_files, keyring: Keyring = KEYRING) -> Means:
    return Means(
        trees=LocalTrees(),
        planners=LocalWorkers(jobs, worth_it=1),
        writers=LocalWorkers(jobs, worth_it=1),
        replace=replace,
        keyring=lambda: keyring,
        now=NOW,
    )


def follow(*, rotate: bool = True, named: Config | None = None) -> FollowRules:
    return FollowRules(Rules(LocalFiles()), named, rotate=rotate)


def run(wish: Wish, *paths: str, by: Means | None = None) -> tuple[Plan, Outcome]:
    by = by or means()
    plan = plan_rekeying(paths or (".",), wish, by)
    return plan, apply_rekeying(plan, wish, by)


def recipients(path: str) -> list[str]:
    return Document.parse(Path(path).read_bytes(), "yaml", path=path).metadata.recipients


def opened(path: str) -> object:
    document = Document.parse(Path(path).read_bytes(), "yaml", path=path)
    return document.unlock(KEYRING).objects()


def bytes_of(folder: Folder) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.root.rglob("*") if path.is_file()}


def test_each_file_is_planned_by_its_own_keys_and_rule(folder: Folder) -> None:
    rule = "  - path_regex: {}\n    age: {}\n    encrypted_regex: ^(data|stringData)$\n"
    two = rule.format("two", f"{MINE},{OTHER}")
    folder.put(".sops.yaml", "creation_rules:\n" + two + rule.format("one", MINE))
    # Like and unlike files in turn, so that none is taken for the one before it.
    for number, both in enumerate([True, True, False, False, True, False]):
        for name in ("one", "two"):
            folder.lock(f"{name}-{number}.yaml", recipients=(MINE, OTHER)[: both + 1])
    gains = Change((f"age {OTHER}",), (), (), (), rotates=False)
    loses = Change((), (f"age {OTHER}",), (), (), rotates=True)
    changes = plan_rekeying((".",), follow(), means()).changes
    assert changes[gains] == ["two-2.yaml", "two-3.yaml", "two-5.yaml"]
    assert changes[loses] == ["one-0.yaml", "one-1.yaml", "one-4.yaml"]
    third = MasterKey.of_age(STALE)
    added = plan_rekeying((".",), ChangeKeys((third,), ()), means()).changes
    assert list(added) == [Change((f"age {STALE}",), (), (), (), rotates=True)]
    plan, _ = run(ChangeKeys((), (OTHER_KEY,)))
    shrinks = ["one-0", "one-1", "one-4", "two-0", "two-1", "two-4"]
    assert plan.changes[loses] == [f"{name}.yaml" for name in shrinks]
    assert list(plan.absent.values()) == [6]
    assert all(recipients(path) == [MINE] for paths in plan.changes.values() for path in paths)


def test_a_tree_follows_its_rules(folder: Folder) -> None:
    folder.put(".sops.yaml", RULE.format(f"{MINE},{OTHER}"))
    for name in ("a.yaml", "deep/b.yaml"):
        folder.lock(name)
    plan, outcome = run(follow())
    assert plan.changes == {
        Change((f"age {OTHER}",), (), (), (), rotates=False): ["a.yaml", "deep/b.yaml"]
    }
    assert (outcome.written, outcome.problems) == (2, [])
    assert recipients("deep/b.yaml") == [MINE, OTHER]


def test_the_nearest_configuration_of_each_file_counts(folder: Folder) -> None:
    folder.put(".sops.yaml", RULE.format(MINE))
    folder.put("deep/.sops.yaml", RULE.format(f"{MINE},{OTHER}"))
    for name in ("a.yaml", "deep/b.yaml"):
        folder.lock(name)
    plan, _ = run(follow())
    assert (plan.paths, plan.unchanged) == (["deep/b.yaml"], 1)


def test_a_named_configuration_counts_for_every_file(folder: Folder) -> None:
    folder.put(".sops.yaml", RULE.format(MINE))
    folder.lock("a.yaml")
    named = Config.parse(RULE.format(f"{MINE},{OTHER}").encode(), "other.yaml")
    assert run(follow(named=named))[1].written == 1


def test_files_that_follow_their_rule_keep_their_bytes(folder: Folder) -> None:
    folder.lock("a.secret.yaml")
    before = bytes_of(folder)
    plan, outcome = run(follow())
    assert (plan.count, plan.unchanged, outcome.written) == (0, 1, 0)
    assert bytes_of(folder) == before


def test_what_is_no_sops_file_is_left_alone(folder: Folder) -> None:
    folder.put("README.md", "a sops file has `sops:` and `lastmodified`\nsops:\n")
    folder.put("values.yaml", "text: sops and lastmodified\n")
    plan, _ = run(ChangeKeys((OTHER_KEY,), ()))
    assert (plan.count, plan.unchanged, plan.problems) == (0, 0, [])


def test_a_plain_file_that_is_named_is_a_problem(folder: Folder) -> None:
    folder.put("a.yaml", SECRET)
    plan, _ = run(follow(), "a.yaml")
    assert "not encrypted" in plan.problems[0].message


def test_a_removed_recipient_gets_no_way_into_what_follows(folder: Folder) -> None:
    folder.lock("a.secret.yaml", recipients=(MINE, OTHER))
    before = Document.parse(Path("a.secret.yaml").read_bytes(), "yaml", path="x")
    old = KEYRING.unlock_data_key(before.metadata)
    plan, _ = run(follow())
    (change,) = plan.changes
    assert (change.removed, change.rotates) == ((f"age {OTHER}",), True)
    after = Document.parse(Path("a.secret.yaml").read_bytes(), "yaml", path="x")
    assert KEYRING.unlock_data_key(after.metadata) != old


def test_the_data_key_stays_where_it_is_asked_for(folder: Folder) -> None:
    text = folder.lock("a.secret.yaml", recipients=(MINE, OTHER))
    plan, _ = run(follow(rotate=False))
    (change,) = plan.changes
    assert not change.rotates
    token = re.findall(r"value: (ENC\S+)", text)
    assert re.findall(r"value: (ENC\S+)", Path("a.secret.yaml").read_text()) == token
    assert recipients("a.secret.yaml") == [MINE]


def test_another_selector_is_followed(folder: Folder) -> None:
    folder.put(".sops.yaml", f"creation_rules:\n  - age: {MINE}\n")
    folder.lock("a.yaml")
    plan, _ = run(follow())
    (change,) = plan.changes
    assert change.selector == (
        "encrypted_regex ^(data|stringData)$",
        "unencrypted_suffix _unencrypted",
    )
    assert "kind: ENC[" in Path("a.yaml").read_text()
    assert opened("a.yaml")


def test_key_groups_and_a_threshold_are_followed(folder: Folder) -> None:
    group = "[{{age: [{}]}}, {{age: [{}]}}]"
    folder.put(
        ".sops.yaml",
        "creation_rules:\n  - encrypted_regex: ^(data|stringData)$\n    shamir_threshold: 2\n"
        f"    key_groups: {group.format(MINE, OTHER)}\n",
    )
    folder.lock("a.yaml")
    plan, outcome = run(follow())
    (change,) = plan.changes
    assert change.threshold == ("1 group", "2 of 2 groups")
    assert outcome.written == 1


@pytest.mark.parametrize("jobs", [1, 3])
def test_a_file_that_was_changed_is_reported_and_left_and_the_others_are_done(
    folder: Folder, jobs: int
) -> None:
    for number in range(40):
        folder.lock(f"{number:02}.yaml")
    text = Path("07.yaml").read_text().replace("name: a", "name: b")
    folder.put("07.yaml", text)
    _, outcome = run(ChangeKeys((OTHER_KEY,), ()), by=means(jobs))
    assert outcome.written == 39
    assert [(one.path, one.code) for one in outcome.problems] == [("07.yaml", 51)]
    assert Path("07.yaml").read_text() == text
    assert all(
        recipients(str(path)) == [MINE, OTHER]
        for path in folder.root.glob("*.yaml")
        if path.name not in ("07.yaml", ".sops.yaml")
    )


def test_a_file_for_somebody_else_is_reported(folder: Folder) -> None:
    folder.lock("a.yaml", recipients=(OTHER,))
    _, outcome = run(ChangeKeys((MY_KEY,), ()))
    assert [one.code for one in outcome.problems] == [NoIdentity.sops_exit_code]


def test_a_file_that_no_rule_matches_is_reported(folder: Folder) -> None:
    folder.lock("none.yaml")
    plan, _ = run(follow())
    assert [(one.path, one.message) for one in plan.problems] == [
        ("none.yaml", "no creation rule of .sops.yaml matches")
    ]


def test_a_broken_sops_file_is_reported(folder: Folder) -> None:
    folder.put("a.yaml", "a: [x\nsops:\n    lastmodified: x\n")
    plan, _ = run(follow())
    assert [one.path for one in plan.problems] == ["a.yaml"]


def test_an_absent_key_is_refused_where_no_file_has_it(folder: Folder) -> None:
    folder.lock("a.yaml")
    folder.lock("b.yaml", recipients=(MINE, OTHER))
    wish = ChangeKeys((), (OTHER_KEY,))
    refuse_absent(plan_rekeying((".",), wish, means()))
    with pytest.raises(MasterKeyError, match="no master key of the file"):
        refuse_absent(plan_rekeying(("a.yaml",), wish, means()))


def test_a_group_is_added_and_deleted(folder: Folder) -> None:
    folder.lock("a.yaml")
    run(AddGroup((OTHER_KEY,), 0), "a.yaml")
    groups = Document.parse(Path("a.yaml").read_bytes(), "yaml", path="x").metadata.groups
    assert [[one.name for one in group] for group in groups] == [[MINE], [OTHER]]
    assert "1 of 2 key groups" in run(DeleteGroup(0, 0, rotate=False))[1].problems[0].message


def test_a_disk_that_refuses_one_file_is_reported_for_that_file(folder: Folder) -> None:
    def refuse(files: list[tuple[str, bytes]]) -> None:
        if any(path == "b.yaml" for path, _ in files):
            raise OutsideError("no space left on device", path="b.yaml")
        replace_files(files)

    for name in ("a.yaml", "b.yaml", "c.yaml"):
        folder.lock(name)
    _, outcome = run(ChangeKeys((OTHER_KEY,), ()), by=means(replace=refuse))
    assert outcome.written == 2
    assert [(one.path, one.message) for one in outcome.problems] == [
        ("b.yaml", "no space left on device")
    ]


def test_progress_is_told_from_none_to_all(folder: Folder) -> None:
    for number in range(BATCH + 4):
        folder.lock(f"{number}.yaml")
    told: list[tuple[int, int]] = []
    by = means()._replace(progress=lambda done, total: told.append((done, total)))
    run(ChangeKeys((), ()), by=by)
    assert told == [(0, BATCH + 4), (BATCH, BATCH + 4), (BATCH + 4, BATCH + 4)]


def test_json_and_dotenv_are_found_by_name(folder: Folder) -> None:
    folder.lock("a.json", '{"data": {"a": "x"}}')
    folder.lock("b.env", "data=x\n", DATA)
    assert run(ChangeKeys((OTHER_KEY,), ()))[1].written == 2
