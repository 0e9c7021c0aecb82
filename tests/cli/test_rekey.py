"""`sopsmith rotate`, `updatekeys` and `groups` as a user runs them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.world import World

from sopsmith import age

DATA = ("--encrypted-regex", "^stringData$")
PLAIN = "kind: Secret\nstringData:\n    # note\n    value: canary\n"
OTHER = age.generate()[1]


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Return a world with an identity and two encrypted files, and a plain one beside them."""
    made = World(tmp_path)
    identity, recipient = age.generate()
    made.keys_file.parent.mkdir(parents=True)
    made.keys_file.write_text(identity.reveal().decode() + "\n")
    made.environ["RECIPIENT"] = recipient
    for name in ("a.yaml", "deep/b.yaml"):
        path = made.work / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(PLAIN)
        made.run("sopsmith", "encrypt", "-i", "--age", recipient, *DATA, name)
    (made.work / "plain.yaml").write_text("a: b\n")
    return made


def follow(world: World, *recipients: str) -> None:
    rule = f"  - encrypted_regex: ^stringData$\n    age: {','.join(recipients)}\n"
    (world.work / ".sops.yaml").write_text(f"creation_rules:\n{rule}")


def texts(world: World) -> dict[str, str]:
    return {name: (world.work / name).read_text() for name in ("a.yaml", "deep/b.yaml")}


def said(world: World, *argv: str, stdin: bytes = b"") -> tuple[int, str, str]:
    done = world.attempt("sopsmith", *argv, stdin=stdin)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def me(world: World) -> str:
    return world.environ["RECIPIENT"]


def test_updatekeys_shows_its_plan_and_writes_after_a_yes(world: World) -> None:
    follow(world, me(world), OTHER)
    assert said(world, "updatekeys", ".", stdin=b"y\n") == (
        0,
        f"a.yaml, deep/b.yaml\n    + age {OTHER}\nplan: 2 to change, 0 as they should be\n",
        "change 2 files? [y/N]: 2 written\n",
    )
    assert all(OTHER in text for text in texts(world).values())


@pytest.mark.parametrize(
    ("answer", "end"),
    [
        (b"n\n", "error: nothing was changed\n"),
        (b"", "error: nobody answered, so nothing was changed\nhint: add --yes\n"),
    ],
)
def test_updatekeys_writes_nothing_without_a_yes(world: World, answer: bytes, end: str) -> None:
    follow(world, me(world), OTHER)
    before = texts(world)
    code, _, errors = said(world, "updatekeys", ".", stdin=answer)
    assert (code, errors.endswith(end)) == (2, True)
    assert texts(world) == before


def test_updatekeys_of_what_is_as_it_should_be_asks_nothing(world: World) -> None:
    follow(world, me(world))
    before = texts(world)
    assert said(world, "updatekeys", "a.yaml", "deep") == (
        0,
        "plan: 0 to change, 2 as they should be\n",
        "",
    )
    assert texts(world) == before


def test_a_dry_run_needs_no_identity_and_writes_nothing(world: World) -> None:
    follow(world, OTHER)
    world.keys_file.unlink()
    before = texts(world)
    assert said(world, "updatekeys", "--dry-run", ".") == (
        0,
        f"a.yaml, deep/b.yaml\n    + age {OTHER}\n    - age {me(world)}  loses access\n"
        "    new data key, every value encrypted anew\nplan: 2 to change, 0 as they should be\n",
        "note: dry run: nothing was written\n",
    )
    assert texts(world) == before


def test_keeping_the_data_key_says_what_it_means(world: World) -> None:
    follow(world, me(world))
    world.run("sopsmith", "rotate", "-i", "--add-age", OTHER, "a.yaml")
    _, out, _ = said(world, "updatekeys", "--dry-run", "--no-rotate", "a.yaml")
    assert "same data key: whoever is removed and kept it reads what is written later" in out


def test_json_has_every_file_and_no_value(world: World) -> None:
    follow(world, me(world), OTHER)
    code, out, errors = said(world, "updatekeys", "-y", "--output", "json", ".")
    assert (code, errors) == (0, "")
    change = {"added": [f"age {OTHER}"], "removed": [], "groups": None, "selector": None}
    assert json.loads(out) == {
        "dry_run": False,
        "changes": [
            {"path": path, **change, "new_data_key": False} for path in ("a.yaml", "deep/b.yaml")
        ],
        "unchanged": 0,
        "written": 2,
        "problems": [],
    }


def test_a_file_with_a_problem_is_reported_and_the_code_is_three(world: World) -> None:
    follow(world, me(world), OTHER)
    broken = texts(world)["a.yaml"].replace("kind: Secret", "kind: Other")
    (world.work / "a.yaml").write_text(broken)
    code, _, errors = said(world, "updatekeys", "-y", ".")
    assert (code, errors) == (
        3,
        "not done: a.yaml: the MAC does not match: a value was changed, added, removed or moved\n"
        "hint: find the last good version with git log; --ignore-mac reads it all the same\n"
        "1 written, 1 with problems\n",
    )
    assert texts(world)["a.yaml"] == broken
    assert OTHER in texts(world)["deep/b.yaml"]


def test_a_single_file_ends_with_the_code_of_sops(world: World) -> None:
    broken = texts(world)["a.yaml"].replace("kind: Secret", "kind: Other")
    (world.work / "a.yaml").write_text(broken)
    assert said(world, "rotate", "-i", "a.yaml")[0] == 51
    (world.work / "a.yaml").write_text(broken)
    assert said(world, "rotate", "-i", "--ignore-mac", "a.yaml")[0] == 0
    world.keys_file.unlink()
    assert said(world, "rotate", "-i", "deep/b.yaml")[0] == 128


def test_rotate_of_one_file_goes_to_stdout(world: World) -> None:
    before = texts(world)
    code, out, errors = said(world, "rotate", "a.yaml")
    assert (code, errors) == (0, "")
    assert texts(world) == before
    changed = [line for line in out.splitlines() if line not in before["a.yaml"].splitlines()]
    assert sum("ENC[" in line for line in changed) == 3
    (world.work / "a.yaml").write_text(out)
    assert world.run("sopsmith", "decrypt", "a.yaml").decode() == PLAIN


def test_rotate_of_a_folder_is_in_place_and_keeps_every_other_byte(world: World) -> None:
    before = texts(world)
    code, _, errors = said(world, "rotate", ".")
    assert (code, errors) == (0, "2 written\n")
    for name, text in texts(world).items():
        assert text != before[name]
        assert world.run("sopsmith", "decrypt", name).decode() == PLAIN
    assert (world.work / "plain.yaml").read_text() == "a: b\n"


def test_rotate_of_several_files_needs_in_place(world: World) -> None:
    assert said(world, "rotate", "a.yaml", "deep/b.yaml") == (
        2,
        "",
        "error: several files need --in-place\n",
    )


def test_rotate_adds_a_recipient_once_and_removes_it(world: World) -> None:
    for _ in range(2):
        world.run("sopsmith", "rotate", "-i", "--add-age", OTHER, "a.yaml")
    assert texts(world)["a.yaml"].count(OTHER) == 1
    world.run("sopsmith", "rotate", "-i", "--rm-age", OTHER, "a.yaml")
    assert OTHER not in texts(world)["a.yaml"]


def test_removing_a_key_that_is_not_there_is_an_error(world: World) -> None:
    before = texts(world)
    code, out, errors = said(world, "rotate", "-i", "--rm-age", OTHER, ".")
    assert (code, out) == (1, "")
    assert errors.startswith(f"error: age {OTHER} is no master key of any of the 2 files")
    assert texts(world) == before


def test_removing_the_last_key_is_an_error(world: World) -> None:
    before = texts(world)
    code, _, errors = said(world, "rotate", "-i", "--rm-age", me(world), "a.yaml")
    assert (code, errors) == (5, "error: a.yaml: sops: no key would be left\n")
    assert texts(world) == before


def test_a_key_that_some_files_lack_is_removed_from_the_others(world: World) -> None:
    world.run("sopsmith", "rotate", "-i", "--add-age", OTHER, "a.yaml")
    code, _, errors = said(world, "rotate", "--rm-age", OTHER, ".")
    assert (code, errors) == (
        0,
        f"note: age {OTHER} is not a key of 1 of the files\n2 written\n",
    )
    assert OTHER not in texts(world)["a.yaml"]


def test_groups_are_added_and_deleted(world: World) -> None:
    code, out, _ = said(world, "groups", "add", "-f", "a.yaml", "-i", "--age", OTHER)
    assert (code, out) == (
        0,
        f"a.yaml\n    + age {OTHER}\n    needs 1 group -> 2 of 2 groups\n"
        "plan: 1 to change, 0 as they should be\n",
    )
    assert said(world, "decrypt", "a.yaml")[0] == 128
    assert said(world, "groups", "delete", "-f", "a.yaml", "-i", "1")[0] == 128
    code, out, _ = said(world, "groups", "add", "-f", "deep/b.yaml", "--age", OTHER)
    assert (code, "key_groups:" in out) == (0, True)


def test_a_group_that_is_not_there_is_an_error(world: World) -> None:
    code, _, errors = said(world, "groups", "delete", "-f", "a.yaml", "-i", "--group", "3")
    assert (code, errors) == (
        5,
        "error: a.yaml: sops.key_groups: there is no key group 3; there are 1, counted from 0\n",
    )


def test_a_format_is_named_for_files_alone(world: World) -> None:
    (world.work / "a.yaml").rename(world.work / "a.txt")
    assert said(world, "rotate", "-i", "--input-type", "yaml", "a.txt")[0] == 0
    assert said(world, "rotate", "--input-type", "yaml", ".")[0] == 2


def test_a_path_that_is_not_there_is_an_error(world: World) -> None:
    assert said(world, "updatekeys", "-y", "none")[0] == 100


def test_no_configuration_is_an_error_that_names_the_file(world: World) -> None:
    assert said(world, "updatekeys", "-y", "a.yaml") == (
        5,
        "",
        "error: a.yaml: no .sops.yaml stands above the file\nhint: name one: --config .sops.yaml\n",
    )


def test_keys_come_from_sops_variables_too(world: World) -> None:
    (world.work / "c.yaml").write_text(PLAIN)
    out = world.run("sopsmith", "encrypt", *DATA, "c.yaml", SOPS_AGE_RECIPIENTS=OTHER)
    assert OTHER.encode() in out


def test_an_encryption_context_must_be_pairs(world: World) -> None:
    argv = ("encrypt", "--kms", "arn:aws:kms:x", "--encryption-context", "a", "plain.yaml")
    assert said(world, *argv) == (
        2,
        "",
        "error: --encryption-context is not of the form name:value,name:value\n",
    )
