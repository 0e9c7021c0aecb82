"""What sops loses or shows, side by side with what sopsmith does in the same place.

Each test first shows sops' way: when a new sops mends it, the test says so by failing.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from tests.interop.conftest import RealSops
from tests.world import World

PLAIN = "a: 1\nl:\n    - same\n    - same\nb: other\n"


class Both:
    """The real sops and sopsmith in one folder, with one identity."""

    def __init__(self, sops: RealSops, folder: Path) -> None:
        self.world = World(folder)
        self.world.environ["SOPS_AGE_KEY"] = sops.environ["SOPS_AGE_KEY"]
        self.world.environ["SOPSMITH_NO_ARGV_NOTE"] = "1"
        self.work = self.world.work
        self.recipient = sops.recipient
        self._binary = str(sops.binary)
        self.file = self.work / "f.yaml"
        self.start = sops.encrypt(PLAIN.encode(), "yaml")
        self.file.write_bytes(self.start)

    def sops(self, *argv: str, editor: str = "true") -> subprocess.CompletedProcess[bytes]:
        """Run sops on the file as it was at first."""
        self.file.write_bytes(self.start)
        return self.world.attempt(self._binary, *argv, EDITOR=editor)

    def smith(self, *argv: str, editor: str = "true") -> subprocess.CompletedProcess[bytes]:
        """Run sopsmith on the file as it was at first."""
        self.file.write_bytes(self.start)
        return self.world.attempt("sopsmith", *argv, EDITOR=editor)

    def limited(self, program: str, *argv: str) -> subprocess.CompletedProcess[bytes]:
        """Run a program that may write one kilobyte a file, as on a disk that fills up."""
        self.file.write_bytes(self.start)
        return self.world.attempt("bash", "-c", 'ulimit -f 1; exec "$@"', "_", program, *argv)

    @property
    def binary(self) -> str:
        """The real sops."""
        return self._binary

    def decrypted(self) -> str:
        """Return the file's plaintext as sops sees it."""
        return self.world.run(self._binary, "decrypt", "f.yaml").decode()


@pytest.fixture
def both(sops: RealSops, tmp_path: Path) -> Both:
    return Both(sops, tmp_path)


def list_tokens(both: Both) -> list[str]:
    """Return the tokens of the list's two items."""
    return re.findall(r"^ *- (ENC\[.*\])$", both.file.read_text(), re.MULTILINE)


def script(both: Both, body: str) -> str:
    """Return an editor that does something with its file."""
    path = both.work / "editor.sh"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o700)
    return str(path)


def test_integers_stay_integers_in_set(both: Both) -> None:
    assert both.sops("set", "f.yaml", '["a"]', "12345678901234567").returncode == 0
    assert "a: 1.2345678901234568e+16\n" in both.decrypted()
    assert both.smith("set", "f.yaml", '["a"]', "12345678901234567").returncode == 0
    assert "a: 12345678901234567\n" in both.decrypted()
    assert re.search(r"^a: ENC.*type:int\]$", both.file.read_text(), re.MULTILINE)


def test_edit_with_master_keys_shown_keeps_the_edits(both: Both) -> None:
    editor = script(both, 'sed -i s/same/edited/ "$1"')
    assert both.sops("edit", "-s", "f.yaml", editor=editor).returncode == 0
    assert "edited" not in both.decrypted()
    assert both.smith("edit", "-s", "f.yaml", editor=editor).returncode == 0
    assert both.decrypted() == PLAIN.replace("same", "edited")


def test_equal_values_of_one_list_keep_tokens_that_differ(both: Both) -> None:
    assert len(set(list_tokens(both))) == 2
    both.sops("set", "f.yaml", '["b"]', '"new"')
    assert len(set(list_tokens(both))) == 1
    both.file.write_bytes(both.start)
    before = list_tokens(both)
    both.smith("set", "f.yaml", '["b"]', '"new"')
    assert list_tokens(both) == before
    both.smith("edit", "f.yaml", editor=script(both, 'sed -i s/other/new/ "$1"'))
    assert list_tokens(both) == before


def test_a_plain_line_in_an_encrypted_file_shows_in_no_error(both: Both) -> None:
    leaky = re.sub(rb"(?m)^a: .*", b"a: hunter2hunter2", both.start)
    both.start = leaky
    done = both.sops("decrypt", "f.yaml")
    assert done.returncode != 0
    assert b"hunter2" in done.stderr
    editor = script(both, 'echo b: 2 >> "$1"')
    for argv in (
        ("decrypt", "f.yaml"),
        ("set", "f.yaml", '["b"]', "1"),
        ("unset", "f.yaml", '["b"]'),
        ("get", "f.yaml", '["a"]'),
        ("edit", "f.yaml"),
        ("encrypt", "--against", "f.yaml", "f.yaml"),
    ):
        done = both.smith(*argv, editor=editor)
        assert done.returncode != 0
        assert b"hunter2" not in done.stderr + done.stdout


def test_a_write_that_fails_leaves_the_old_file(both: Both) -> None:
    assert len(both.start) > 1024
    assert both.limited(both.binary, "set", "f.yaml", '["b"]', '"new"').returncode != 0
    assert len(both.file.read_bytes()) <= 1024
    assert both.limited("sopsmith", "set", "f.yaml", '["b"]', '"new"').returncode != 0
    assert both.file.read_bytes() == both.start
    assert not [name for name in os.listdir(both.work) if name.endswith(".new")]


def test_readers_see_the_old_file_or_the_new_one(both: Both) -> None:
    with both.file.open("rb") as reader:
        both.sops("set", "f.yaml", '["b"]', '"new"')
        assert reader.read() != both.start
    both.file.write_bytes(both.start)
    with both.file.open("rb") as reader:
        both.world.run("sopsmith", "set", "f.yaml", '["b"]', '"new"')
        assert reader.read() == both.start
    assert both.file.read_bytes() != both.start


def test_permissions_and_symbolic_links_stay(both: Both) -> None:
    both.file.chmod(0o640)
    (both.work / "link.yaml").symlink_to("f.yaml")
    for argv in (("set", "link.yaml", '["b"]', "1"), ("unset", "link.yaml", '["b"]')):
        assert both.smith(*argv).returncode == 0
    edited = both.smith("edit", "link.yaml", editor=script(both, 'echo n: 1 >> "$1"'))
    assert edited.returncode == 0
    assert (both.work / "link.yaml").is_symlink()
    assert both.file.stat().st_mode & 0o777 == 0o640


def test_a_decrypted_file_is_its_owners_alone(both: Both) -> None:
    os.umask(0o022)
    both.sops("decrypt", "--output", "theirs.yaml", "f.yaml")
    both.smith("decrypt", "--output", "ours.yaml", "f.yaml")
    assert (both.work / "theirs.yaml").stat().st_mode & 0o777 == 0o644
    assert (both.work / "ours.yaml").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(("name", "text"), [("l.yaml", "- a\n- b\n"), ("l.json", '["a"]\n')])
def test_a_top_level_list_is_refused_and_stays(both: Both, name: str, text: str) -> None:
    (both.work / name).write_text(text)
    assert both.sops("encrypt", "-i", "--age", both.recipient, name).returncode == 2
    done = both.smith("encrypt", "-i", "--age", both.recipient, name)
    assert (done.returncode, b"is not a mapping" in done.stderr) == (2, True)
    assert (both.work / name).read_text() == text


def test_an_edit_to_a_top_level_list_comes_up_again_and_nothing_is_lost(both: Both) -> None:
    done = both.smith("edit", "f.yaml", editor=script(both, 'echo "- a" > "$1"'))
    assert (done.returncode, b"is not a mapping" in done.stderr) == (2, True)
    assert both.file.read_bytes() == both.start


def test_recipients_of_the_command_line_are_enough_where_no_rule_matches(both: Both) -> None:
    (both.work / ".sops.yaml").write_text(
        f"creation_rules:\n  - path_regex: other$\n    age: {both.recipient}\n"
    )
    (both.work / "p.yaml").write_text(PLAIN)
    theirs = both.sops("encrypt", "--age", both.recipient, "p.yaml")
    assert (theirs.returncode, b"no matching creation rules" in theirs.stderr) == (1, True)
    assert both.smith("encrypt", "--age", both.recipient, "p.yaml").returncode == 0


def test_the_configuration_is_found_from_the_target_file(both: Both) -> None:
    (both.work / "sub").mkdir()
    (both.work / "sub/.sops.yaml").write_text(f"creation_rules:\n  - age: {both.recipient}\n")
    (both.work / "sub/p.yaml").write_text(PLAIN)
    theirs = both.sops("encrypt", "sub/p.yaml")
    assert (theirs.returncode, b"config file not found" in theirs.stderr) == (1, True)
    assert both.smith("encrypt", "sub/p.yaml").returncode == 0
    edited = both.smith("edit", "sub/new.yaml", editor=script(both, 'echo n: 1 > "$1"'))
    assert edited.returncode == 0


def test_an_unknown_field_of_a_rule_is_an_error_that_suggests_the_right_one(both: Both) -> None:
    (both.work / ".sops.yaml").write_text(
        f"creation_rules:\n  - age: {both.recipient}\n    encrypted_regx: ^a$\n"
    )
    (both.work / "p.yaml").write_text(PLAIN)
    theirs = both.sops("encrypt", "p.yaml")
    assert (theirs.returncode, b"b: ENC[" in theirs.stdout) == (0, True)
    done = both.smith("encrypt", "p.yaml")
    assert (done.returncode, done.stdout) == (5, b"")
    assert b"did you mean `encrypted_regex`" in done.stderr


def test_places_that_make_sops_panic_or_lie_are_plain_errors(both: Both) -> None:
    for place, code in (('["l"]["x"]', 1), ('["l"][-1]', 7), ("", 7)):
        assert b"panic" in both.sops("set", "f.yaml", place, "1").stderr
        done = both.smith("set", "f.yaml", place, "1")
        assert (done.returncode, done.stderr[:7]) == (code, b"error: ")
    assert both.sops("set", "f.yaml", '["a"][0]', "1").returncode == 0
    assert both.smith("set", "f.yaml", '["a"][0]', "1").returncode == 1


def test_a_list_can_be_set(both: Both) -> None:
    assert both.sops("set", "f.yaml", '["b"]', "[1, 2]").returncode == 7
    assert both.smith("set", "f.yaml", '["b"]', "[1, 2]").returncode == 0
    assert both.decrypted() == PLAIN.replace("b: other\n", "b:\n    - 1\n    - 2\n")
