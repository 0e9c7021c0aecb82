"""`encrypt --against` makes the next version of a file, and touches only what changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.sops.world import IDENTITY_TEXT, RECIPIENT, SECRETS, lock, unlock
from tests.world import World

TEXT = "# kept\nkind: Secret\nstringData:\n    a: x   # behind\n\n    b: 'y'\n"


@pytest.fixture
def world(tmp_path: Path) -> World:
    found = World(tmp_path)
    found.environ["SOPS_AGE_KEY"] = IDENTITY_TEXT
    (found.work / "old.yaml").write_text(lock(TEXT, SECRETS))
    return found


def test_an_unchanged_plaintext_gives_the_old_file_back(world: World) -> None:
    plain = world.run("sopsmith", "decrypt", "old.yaml")
    assert plain.decode() == TEXT
    again = world.run("sopsmith", "encrypt", "--against", "old.yaml",
                      "--filename-override", "x.yaml", stdin=plain)  # fmt: skip
    assert again == (world.work / "old.yaml").read_bytes()


def test_one_changed_value_changes_its_line_time_and_mac(world: World) -> None:
    (world.work / "new.yaml").write_text(TEXT.replace("a: x", "a: new"))
    world.run("sopsmith", "encrypt", "--against", "old.yaml", "-i", "new.yaml")
    old = (world.work / "old.yaml").read_text().splitlines()
    new = (world.work / "new.yaml").read_text().splitlines()
    changed = [one.strip().split(":")[0] for one, two in zip(old, new, strict=True) if one != two]
    assert changed in (["a", "lastmodified", "mac"], ["a", "mac"])
    assert unlock("\n".join(new) + "\n").plaintext().decode() == TEXT.replace("a: x", "a: new")


def test_keys_of_the_command_line_do_not_go_with_an_older_version(world: World) -> None:
    (world.work / "new.yaml").write_text(TEXT)
    for more in (("--age", RECIPIENT), ("--encrypted-regex", "a"), ("--mac-only-encrypted",)):
        done = world.attempt("sopsmith", "encrypt", "--against", "old.yaml", *more, "new.yaml")
        assert (done.returncode, b"older version says" in done.stderr) == (2, True)


def test_an_older_version_that_does_not_open_is_not_taken(world: World) -> None:
    (world.work / "new.yaml").write_text(TEXT)
    text = (world.work / "old.yaml").read_text()
    (world.work / "old.yaml").write_text(text.replace("kind: Secret", "kind: Other"))
    done = world.attempt("sopsmith", "encrypt", "--against", "old.yaml", "new.yaml")
    assert (done.returncode, done.stdout) == (51, b"")
