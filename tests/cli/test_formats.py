"""`encrypt` and `decrypt` in every format, from one to another, as a user runs them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.unit.sops.world import IDENTITY_TEXT, RECIPIENT
from tests.world import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    found = World(tmp_path)
    found.environ["SOPS_AGE_KEY"] = IDENTITY_TEXT
    found.environ["SOPS_AGE_RECIPIENTS"] = RECIPIENT
    return found


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.ini", b"; c\n[db]\npw = `a#b`\n"),
        ("a.env", b'# c\nA=1\n\nB="x"\n'),
        ("a.txt", b"\xff\x00any\r\n"),
        ("no-extension", b"text\n"),
        ("a.key", b""),
    ],
)
def test_a_file_comes_back_byte_for_byte(world: World, name: str, data: bytes) -> None:
    (world.work / name).write_bytes(data)
    world.run("sopsmith", "encrypt", "--in-place", name)
    assert (world.work / name).read_bytes() != data
    assert world.run("sopsmith", "decrypt", name) == data
    world.run("sopsmith", "decrypt", "--in-place", name)
    assert (world.work / name).read_bytes() == data


def test_a_name_that_says_no_format_means_binary(world: World) -> None:
    (world.work / "a.crt").write_bytes(b"x")
    sealed = json.loads(world.run("sopsmith", "encrypt", "a.crt"))
    assert set(sealed) == {"data", "sops"}


def test_a_binary_file_is_not_encrypted_twice(world: World) -> None:
    (world.work / "a.crt").write_bytes(b"x")
    world.run("sopsmith", "encrypt", "--in-place", "a.crt")
    assert world.attempt("sopsmith", "encrypt", "--in-place", "a.crt").returncode == 203


def test_a_selector_for_a_binary_file_is_ignored_with_a_warning(world: World) -> None:
    (world.work / "a.crt").write_bytes(b"x")
    done = world.attempt("sopsmith", "encrypt", "--encrypted-regex", "^never$", "a.crt")
    assert done.returncode == 0
    assert done.stderr.decode() == (
        "warning: a.crt: a binary file is encrypted whole, whatever the rule selects\n"
    )
    assert "encrypted_regex" not in json.loads(done.stdout)["sops"]


def test_the_output_type_decides_what_is_written(world: World) -> None:
    (world.work / "a.yaml").write_text("A: 1\nB: two\n")
    sealed = world.run("sopsmith", "encrypt", "--output-type", "dotenv", "a.yaml")
    assert sealed.startswith(b"A=ENC[")
    plain = world.run("sopsmith", "decrypt", "--input-type", "dotenv", stdin=sealed)
    assert plain == b"A=1\nB=two\n"
    types = ("--input-type", "dotenv", "--output-type", "yaml")
    assert world.run("sopsmith", "decrypt", *types, stdin=sealed) == b"A: 1\nB: two\n"


def test_the_name_decides_on_the_output_where_no_type_does(world: World) -> None:
    # As in sops: the input's type says how the file is read, its name how it is written.
    (world.work / "a.yaml").write_bytes(b"text\n")
    sealed = world.run("sopsmith", "encrypt", "--input-type", "binary", "a.yaml")
    assert sealed.startswith(b"data: ENC[")
    (world.work / "a.enc").write_text("A: 1\n")
    # Unlike in sops, whose output would be JSON that no verb opens without being told.
    assert world.run("sopsmith", "encrypt", "--input-type", "yaml", "a.enc").startswith(b"A: ENC[")


def test_comments_that_stay_behind_are_reported(world: World) -> None:
    (world.work / "a.yaml").write_text("# c\nA: 1\n")
    done = world.attempt("sopsmith", "encrypt", "--output-type", "json", "a.yaml")
    said = "warning: a.yaml: json has no comments, so those of the file are left out\n"
    assert (done.returncode, done.stderr.decode()) == (0, said)
    world.run("sopsmith", "encrypt", "--in-place", "a.yaml")
    done = world.attempt("sopsmith", "decrypt", "--output-type", "json", "a.yaml")
    assert (done.stdout, done.stderr.decode()) == (b'{\n\t"A": 1\n}\n', said)


@pytest.mark.parametrize(
    ("text", "target", "said"),
    [
        ("a: {b: CANARY}\n", "dotenv", "a.yaml: a: dotenv has no mappings and no lists"),
        ("a: CANARY\n", "ini", "a.yaml: a: INI has values inside of sections alone"),
        ("a: CANARY\n---\nb: 1\n", "json", "a.yaml: the file has 2 documents, and json holds one"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_written(
    world: World, text: str, target: str, said: str
) -> None:
    (world.work / "a.yaml").write_text(text)
    argv = ("sopsmith", "encrypt", "--output-type", target, "--output", "out", "a.yaml")
    done = world.attempt(*argv)
    assert done.returncode == 2
    assert done.stderr.decode().startswith(f"error: {said}\n")
    assert b"CANARY" not in done.stderr
    assert not (world.work / "out").exists()
    world.run("sopsmith", "encrypt", "--in-place", "a.yaml")
    done = world.attempt("sopsmith", "decrypt", "--output-type", target, "a.yaml")
    assert done.stderr.decode().startswith(f"error: {said}\n")
    assert (done.returncode, done.stdout) == (2, b"")


def test_ini_that_sops_would_cut_is_refused_with_the_way_to_write_it(world: World) -> None:
    (world.work / "a.ini").write_text("[db]\nuser = u\npw = CANARY#b\n")
    done = world.attempt("sopsmith", "encrypt", "a.ini")
    assert (done.returncode, done.stdout) == (2, b"")
    error, hint = done.stderr.decode().splitlines()
    assert error == "error: a.ini: db.pw: line 3: sops would lose a part of the value"
    assert "backticks: `…`" in hint
    assert b"CANARY" not in done.stderr


def test_a_format_that_is_none_is_a_mistake(world: World) -> None:
    done = world.attempt("sopsmith", "encrypt", "--output-type", "toml", stdin=b"a: 1\n")
    assert done.returncode == 2
    assert done.stderr.decode() == (
        "error: --output-type names no format\nhint: formats are yaml, json, dotenv, ini, binary\n"
    )
