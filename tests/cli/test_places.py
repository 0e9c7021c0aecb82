"""`get`, `set` and `unset` change or show one value, and say what is wrong where they cannot."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from tests.unit.sops.world import IDENTITY_TEXT, RECIPIENT, lock, unlock
from tests.world import World

TEXT = """\
# kept
a: 1
b: x   # behind
l:
  - one
  # about two
  - two
m: {k: v}
n: null
"""
Run = Callable[..., CompletedProcess[bytes]]


@pytest.fixture
def world(tmp_path: Path) -> World:
    found = World(tmp_path)
    found.environ["SOPS_AGE_KEY"] = IDENTITY_TEXT
    (found.work / "f.yaml").write_text(lock(TEXT))
    return found


def plain(world: World, name: str = "f.yaml") -> str:
    text = (world.work / name).read_text()
    return unlock(text, name.rpartition(".")[2]).plaintext().decode()


def test_set_changes_one_value_and_no_other_byte(world: World) -> None:
    before = (world.work / "f.yaml").read_text().splitlines()
    world.run("sopsmith", "set", "f.yaml", '["l"][1]', '"new"')
    after = (world.work / "f.yaml").read_text().splitlines()
    assert plain(world) == TEXT.replace("two\nm", "new\nm")
    changed = [old.strip() for old, new in zip(before, after, strict=True) if old != new]
    assert [line.split(":")[0] for line in changed] in (
        ["- ENC[AES256_GCM,data", "lastmodified", "mac"],
        ["- ENC[AES256_GCM,data", "mac"],
    )


@pytest.mark.parametrize(
    ("place", "value", "old", "new"),
    [
        ('["a"]', "7", "a: 1", "a: 7"),
        ('["a"]', "9223372036854775807", "a: 1", "a: 9223372036854775807"),
        ('["a"]', "1.0", "a: 1", "a: 1.0"),
        ('["a"]', "[1, 2]", "a: 1", "a:\n    - 1\n    - 2"),
        ('["m"]', '{"z": {"q": true}}', "m: {k: v}", "m: {z: {q: true}}"),
        ('["m"]["new"]', '"x"', "{k: v}", "{k: v, new: x}"),
        ('["n"]["c"][0]', "1", "n: null", "n:\n    c:\n        - 1"),
        ('["l"][9]', "3", "  - two\n", "  - two\n  - 3\n"),
        ('["q"]["r"]', "null", "n: null\n", "n: null\nq:\n    r: null\n"),
    ],
)
def test_set_takes_every_json_value(
    world: World, place: str, value: str, old: str, new: str
) -> None:
    world.run("sopsmith", "set", "f.yaml", place, value)
    assert plain(world) == TEXT.replace(old, new)


@pytest.mark.parametrize(
    ("place", "value", "code", "said"),
    [
        ('["a"]', "x", 7, "the value is not JSON"),
        ('["a"]', "12345678901234567890123", 7, "an integer beyond 64 bits"),
        ('["a"]', '{"x": 1, "x": 2}', 7, "has a key twice"),
        ('["a"]', "NaN", 7, "not a number"),
        ("a", "1", 7, "not of the form"),
        ('["l"][-1]', "1", 7, "not of the form"),
        ("", "1", 7, "empty"),
        ('["l"]["x"]', "1", 1, "l: the key leads into a list"),
        ('["m"][0]', "1", 1, "m: the index leads into a mapping"),
        ('["a"]["b"]', "1", 1, "a: the place leads into a single value"),
        ('["sops"]["mac"]', '"x"', 2, "sops: the metadata"),
    ],
)
def test_set_refuses_what_it_cannot_do_and_writes_nothing(
    world: World, place: str, value: str, code: int, said: str
) -> None:
    before = (world.work / "f.yaml").read_bytes()
    done = world.attempt("sopsmith", "set", "f.yaml", place, value, SOPSMITH_NO_ARGV_NOTE="1")
    assert (done.returncode, said in done.stderr.decode()) == (code, True), done.stderr.decode()
    assert (world.work / "f.yaml").read_bytes() == before


def test_set_reads_the_value_from_stdin_or_a_file_without_a_note(world: World) -> None:
    done = world.attempt("sopsmith", "set", "--value-stdin", "f.yaml", '["a"]', stdin=b'"in"')
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    (world.work / "v.json").write_text('"file"')
    done = world.attempt("sopsmith", "set", "--value-file", "f.yaml", '["b"]', "v.json")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert plain(world).startswith("# kept\na: in\nb: file   # behind\n")


def test_set_says_that_a_value_in_argv_shows(world: World) -> None:
    done = world.attempt("sopsmith", "set", "f.yaml", '["a"]', "2")
    assert b"list of processes; --value-stdin" in done.stderr
    quiet = world.attempt("sopsmith", "set", "f.yaml", '["a"]', "3", SOPSMITH_NO_ARGV_NOTE="1")
    assert quiet.stderr == b""


def test_idempotent_set_leaves_an_equal_value_alone_and_takes_the_type_into_account(
    world: World,
) -> None:
    before = (world.work / "f.yaml").read_bytes()
    world.run("sopsmith", "set", "--idempotent", "f.yaml", '["a"]', "1")
    assert (world.work / "f.yaml").read_bytes() == before
    world.run("sopsmith", "set", "--idempotent", "f.yaml", '["a"]', "1.0")
    assert "a: 1.0\n" in plain(world)


def test_unset_takes_lines_away_and_keeps_comments_above(world: World) -> None:
    world.run("sopsmith", "unset", "f.yaml", '["l"][1]')
    world.run("sopsmith", "unset", "f.yaml", '["b"]')
    world.run("sopsmith", "unset", "f.yaml", '["m"]["k"]')
    assert plain(world) == "# kept\na: 1\nl:\n  - one\n  # about two\nm: {}\nn: null\n"


def test_unset_of_what_is_missing_fails_unless_idempotent(world: World) -> None:
    before = (world.work / "f.yaml").read_bytes()
    assert world.attempt("sopsmith", "unset", "f.yaml", '["q"]').returncode == 1
    assert world.attempt("sopsmith", "unset", "f.yaml", '["l"][9]').returncode == 1
    assert world.attempt("sopsmith", "unset", "f.yaml", "q").returncode == 7
    world.run("sopsmith", "unset", "--idempotent", "f.yaml", '["q"]')
    assert (world.work / "f.yaml").read_bytes() == before


def test_get_prints_strings_raw_and_the_rest_in_a_format(world: World) -> None:
    assert world.run("sopsmith", "get", "f.yaml", '["b"]') == b"x"
    assert world.run("sopsmith", "get", "f.yaml", '["a"]') == b"1\n"
    assert world.run("sopsmith", "get", "f.yaml", '["l"]') == b"- one\n- two\n"
    as_json = world.run("sopsmith", "get", "--output-type", "json", "f.yaml", '["m"]')
    assert json.loads(as_json) == {"k": "v"}
    assert world.attempt("sopsmith", "get", "f.yaml", '["q"]').returncode == 1
    assert world.attempt("sopsmith", "get", "f.yaml", '["q"').returncode == 91


def test_json_and_dotenv_are_changed_in_their_layout(world: World) -> None:
    (world.work / "f.json").write_text(lock('{\n  "a": 1,\n  "l": [1, 2]\n}\n', kind="json"))
    world.run("sopsmith", "set", "f.json", '["n"]["x"]', "[true]")
    world.run("sopsmith", "set", "f.json", '["l"][7]', "3")
    world.run("sopsmith", "unset", "f.json", '["a"]')
    assert plain(world, "f.json") == (
        '{\n  "l": [1, 2, 3],\n  "n": {\n    "x": [\n      true\n    ]\n  }\n}\n'
    )
    (world.work / "f.env").write_text(lock("A=1\n# c\nB=2\n", kind="dotenv"))
    world.run("sopsmith", "set", "f.env", '["C"]', "3")
    world.run("sopsmith", "set", "f.env", '["A"]', '"x y"')
    world.run("sopsmith", "unset", "f.env", '["B"]')
    text = (world.work / "f.env").read_text()
    assert unlock(text, "dotenv").plaintext() == b"A=x y\n# c\nC=3\n"
    bad = world.attempt("sopsmith", "set", "f.env", '["A"]', "[1]")
    assert b"single values" in bad.stderr


def test_a_symbolic_link_and_the_mode_stay(world: World) -> None:
    os.chmod(world.work / "f.yaml", 0o640)
    (world.work / "link.yaml").symlink_to("f.yaml")
    world.run("sopsmith", "set", "link.yaml", '["a"]', "2")
    assert (world.work / "link.yaml").is_symlink()
    assert (world.work / "f.yaml").stat().st_mode & 0o777 == 0o640
    assert RECIPIENT in (world.work / "f.yaml").read_text()
