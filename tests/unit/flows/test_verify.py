"""`verify` opens what there is, says why what does not open does not, and never what is in it."""

from __future__ import annotations

import json

import pytest
from tests.unit.flows.looked_at import MINE, OTHER, SECRET, Folder, folder

from sopsmith.adapters.files import MAX_SIZE
from sopsmith.sops.selectors import Selector

__all__ = ["folder"]


def kinds(folder: Folder, *paths: str) -> list[tuple[str, str]]:
    """Return path and kind of each problem."""
    return [(problem.path, problem.kind) for problem in folder.verify(*paths).problems]


def test_files_that_hold_are_counted_and_others_left_alone(folder: Folder) -> None:
    folder.lock("a.secret.yaml")
    folder.lock("deep/er/b.json", '{"a": "x"}', Selector("encrypted_regex", "^a$"))
    folder.put("README.md", "a sops file has a `sops:` key with `lastmodified`\nsops:\n")
    folder.put("values.yaml", "text: sops and lastmodified\n")
    report = folder.verify()
    assert (report.looked_at, report.opened, report.problems) == (5, 2, ())


def test_a_changed_value_is_broken_and_its_place_is_said(folder: Folder) -> None:
    text = folder.lock("a.secret.yaml")
    folder.put("a.secret.yaml", text.replace(",data:", ",data:A", 1))
    (problem,) = folder.verify().problems
    assert (problem.kind, problem.reason) == (
        "broken",
        "stringData.value: the value was changed or moved",
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("name: a", "name: b"),
        ("    mac: ENC", "    mac: ENK"),
        ("    name: a", "    name: [a"),
        ("    version: ", "    vershun: "),
    ],
)
def test_whatever_else_is_wrong_with_it_is_broken_too(folder: Folder, old: str, new: str) -> None:
    text = folder.lock("a.secret.yaml")
    assert old in text
    folder.put("a.secret.yaml", text.replace(old, new))
    assert kinds(folder) == [("a.secret.yaml", "broken")]


def test_a_file_for_somebody_else_says_whom(folder: Folder) -> None:
    folder.lock("a.secret.yaml", recipients=(OTHER,))
    (problem,) = folder.verify().problems
    assert problem.kind == "no identity"
    assert OTHER in problem.reason


def test_a_plain_file_that_a_rule_names_is_in_clear(folder: Folder) -> None:
    folder.put("a.secret.yaml", SECRET)
    (problem,) = folder.verify().problems
    assert (problem.kind, problem.hint) == ("in clear", "sopsmith encrypt --in-place a.secret.yaml")


def test_a_sops_file_that_is_too_large_is_unreadable(folder: Folder) -> None:
    target = folder.put("a.json", '{"a": "')
    with target.open("r+b") as handle:
        handle.truncate(MAX_SIZE)
        handle.seek(MAX_SIZE)
        handle.write(b'","sops":{"lastmodified":""}}')
    assert kinds(folder) == [("a.json", "unreadable")]


def test_a_large_file_that_is_none_costs_nothing(folder: Folder) -> None:
    with folder.put("disk.img", "").open("r+b") as handle:
        handle.truncate(100 * MAX_SIZE)
    assert folder.verify().problems == ()


def test_metadata_behind_the_first_64_kib_are_found(folder: Folder) -> None:
    folder.lock("a.secret.yaml", SECRET + f"    long: {'x' * 100_000}\n")
    assert folder.verify().opened == 1


def test_sops_binary_form_is_found_under_any_name(folder: Folder) -> None:
    locked = folder.lock("a.json", '{"data": "x"}', Selector("unencrypted_suffix", "_unencrypted"))
    folder.put("key.pem", json.dumps(json.loads(locked)))
    assert folder.verify().opened == 2


def test_the_working_folder_of_others_is_left_out(folder: Folder) -> None:
    for name in (".git", ".venv", "node_modules"):
        folder.put(f"{name}/a.secret.yaml", SECRET)
    assert folder.verify().problems == ()
    assert kinds(folder, ".venv") == [(".venv/a.secret.yaml", "in clear")]


def test_300_files_in_two_processes_give_what_one_gives(folder: Folder) -> None:
    mine = folder.lock("first.secret.yaml")
    others = folder.lock("first.secret.yaml", recipients=(OTHER,))
    assert MINE in mine
    texts = {"010": mine.replace("name: a", "name: b"), "150": others, "299": SECRET}
    for number in range(300):
        folder.put(f"t/{number % 5}/{number:03}.secret.yaml", texts.get(f"{number:03}", mine))
    one, two = folder.verify("t"), folder.verify("t", jobs=2)
    assert one == two
    assert (two.looked_at, two.opened) == (300, 297)
    assert [(problem.path, problem.kind) for problem in two.problems] == [
        ("t/0/010.secret.yaml", "broken"),
        ("t/0/150.secret.yaml", "no identity"),
        ("t/4/299.secret.yaml", "in clear"),
    ]
