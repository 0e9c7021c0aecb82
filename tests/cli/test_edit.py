"""`edit` shows a file in clear, in memory alone, and loses neither edits nor tokens."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.unit.sops.world import IDENTITY_TEXT, RECIPIENT, lock, unlock
from tests.world import World

from sopsmith import age
from sopsmith.sops.document import Document

TEXT = "# kept\na: 1\nb: x   # behind\nl:\n  - same\n  - same\n"


@pytest.fixture
def world(tmp_path: Path) -> World:
    found = World(tmp_path)
    found.environ["SOPS_AGE_KEY"] = IDENTITY_TEXT
    (found.work / "f.yaml").write_text(lock(TEXT))
    return found


def editor(world: World, *steps: str) -> str:
    """Return a command that runs one Python statement a call on `text`; `path` is the file."""
    program = world.home / "editor.py"
    body = "".join(f"if call == {number}: {step}\n" for number, step in enumerate(steps))
    program.write_text(
        "import os, sys, stat\n"
        f"log = {str(world.home)!r} + '/log'\n"
        "path = sys.argv[1]\n"
        "call = open(log).read().count('\\n') if os.path.exists(log) else 0\n"
        "modes = [oct(os.stat(p).st_mode & 0o777) for p in (path, os.path.dirname(path))]\n"
        "open(log, 'a').write(path + ' ' + ' '.join(modes) + '\\n')\n"
        "text = open(path).read()\n"
        f"{body}"
        "open(path, 'w').write(text)\n"
    )
    return f"{sys.executable} '{program}'"


def calls(world: World) -> list[list[str]]:
    """Return path and modes of every call of the editor."""
    return [line.split(" ") for line in (world.home / "log").read_text().splitlines()]


def plain(world: World, name: str = "f.yaml") -> str:
    return unlock((world.work / name).read_text()).plaintext().decode()


def test_an_edit_changes_its_value_and_no_other_token(world: World) -> None:
    before = (world.work / "f.yaml").read_text().splitlines()
    command = editor(world, "text = text.replace('b: x', 'b: new')")
    world.run("sopsmith", "edit", "f.yaml", EDITOR=command)
    after = (world.work / "f.yaml").read_text().splitlines()
    changed = [old.strip()[:3] for old, new in zip(before, after, strict=True) if old != new]
    assert plain(world) == TEXT.replace("b: x", "b: new")
    assert changed in (["b: ", "las", "mac"], ["b: ", "mac"])


def test_the_plaintext_lies_in_memory_under_the_files_name_and_goes(world: World) -> None:
    world.attempt("sopsmith", "edit", "f.yaml", EDITOR=editor(world))
    [[path, mode, folder_mode]] = calls(world)
    assert path.startswith("/dev/shm/sopsmith-")
    assert path.endswith("/f.yaml")
    assert (mode, folder_mode) == ("0o600", "0o700")
    assert not Path(path).parent.exists()


def test_an_unchanged_text_writes_nothing_and_ends_with_200(world: World) -> None:
    before = (world.work / "f.yaml").stat().st_ino
    done = world.attempt("sopsmith", "edit", "f.yaml", EDITOR=editor(world))
    assert (done.returncode, done.stderr) == (200, b"note: f.yaml was not changed\n")
    assert (world.work / "f.yaml").stat().st_ino == before


def test_sops_editor_and_the_option_come_before_editor(world: World) -> None:
    command = editor(world, "text += 'c: 3\\n'")
    world.run("sopsmith", "edit", "f.yaml", EDITOR="false", SOPS_EDITOR=command)
    (world.home / "log").unlink()
    world.run("sopsmith", "edit", "--editor", editor(world, "text += 'd: 4\\n'"), "f.yaml",
              EDITOR="false", SOPS_EDITOR="false")  # fmt: skip
    assert plain(world) == TEXT + "c: 3\nd: 4\n"


def test_a_failed_or_missing_editor_ends_with_201_and_changes_nothing(world: World) -> None:
    before = (world.work / "f.yaml").read_bytes()
    for command in ("false", "no-such-editor-here"):
        done = world.attempt("sopsmith", "edit", "f.yaml", EDITOR=command)
        assert done.returncode == 201
    nothing = world.attempt(
        sys.executable, "-c", "from sopsmith.cli.main import main; main()", "edit", "f.yaml",
        EDITOR="", PATH="/nowhere",
    )  # fmt: skip
    assert nothing.returncode == 201
    assert b"no editor" in nothing.stderr
    assert (world.work / "f.yaml").read_bytes() == before


def test_a_text_that_does_not_parse_comes_up_again_with_its_edits(world: World) -> None:
    command = editor(world, "text += 'c: [\\n'", "text = text.replace('c: [', 'c: [5]')")
    done = world.attempt("sopsmith", "edit", "f.yaml", stdin=b"\n", EDITOR=command)
    assert done.returncode == 0
    assert b"error: f.yaml: line " in done.stderr
    assert plain(world) == TEXT + "c: [5]\n"
    assert len(calls(world)) == 2


def test_giving_up_after_an_error_leaves_the_file_and_no_plaintext(world: World) -> None:
    before = (world.work / "f.yaml").read_bytes()
    done = world.attempt("sopsmith", "edit", "f.yaml", EDITOR=editor(world, "text += 'c: [\\n'"))
    assert done.returncode == 2
    assert (world.work / "f.yaml").read_bytes() == before
    assert not Path(calls(world)[0][0]).parent.exists()


def test_a_new_file_starts_from_an_example_and_follows_its_rule(world: World) -> None:
    (world.work / ".sops.yaml").write_text(
        f"creation_rules:\n  - path_regex: new\n    encrypted_regex: ^k$\n    age: {RECIPIENT}\n"
    )
    nothing = world.attempt("sopsmith", "edit", "new.yaml", EDITOR=editor(world))
    assert nothing.returncode == 200
    assert not (world.work / "new.yaml").exists()
    (world.home / "log").unlink()
    world.run("sopsmith", "edit", "new.yaml", EDITOR=editor(world, "text = 'k: v\\nc: 1\\n'"))
    assert (world.work / "new.yaml").read_text().startswith("k: ENC[")
    assert plain(world, "new.yaml") == "k: v\nc: 1\n"
    assert world.attempt("sopsmith", "edit", "other.yaml", EDITOR="false").returncode == 5


def test_a_new_file_needs_no_rule_where_recipients_are_named(world: World) -> None:
    command = editor(world, "text = 'k: v\\n'")
    world.run("sopsmith", "edit", "--age", RECIPIENT, "new.yaml", EDITOR=command)
    assert plain(world, "new.yaml") == "k: v\n"


def test_shown_master_keys_keep_the_edits_and_take_new_recipients(world: World) -> None:
    identity, recipient = age.generate()
    command = editor(
        world,
        f"text = text.replace('b: x', 'b: new') + '        - recipient: {recipient}\\n'",
    )
    world.run("sopsmith", "edit", "-s", "f.yaml", EDITOR=command)
    assert plain(world) == TEXT.replace("b: x", "b: new")
    data = (world.work / "f.yaml").read_bytes()
    found = Document.parse(data, "yaml", path="f.yaml").metadata.recipients
    assert found == [RECIPIENT, recipient]
    assert world.run("sopsmith", "get", "f.yaml", '["b"]',
                     SOPS_AGE_KEY=identity.reveal().decode()) == b"new"  # fmt: skip


def test_a_removed_recipient_gets_no_data_key_that_they_know(world: World) -> None:
    _, other = age.generate()
    both = editor(world, f"text += '        - recipient: {other}\\n'",
                  f"text = text.replace('        - recipient: {other}\\n', '')")  # fmt: skip
    world.run("sopsmith", "edit", "-s", "f.yaml", EDITOR=both)
    before = unlock((world.work / "f.yaml").read_text()).data_key
    world.run("sopsmith", "edit", "-s", "f.yaml", EDITOR=both)
    after = unlock((world.work / "f.yaml").read_text())
    assert after.metadata.recipients == [RECIPIENT]
    assert after.data_key != before
    assert after.plaintext().decode() == TEXT


def test_shown_master_keys_cannot_all_be_removed(world: World) -> None:
    before = (world.work / "f.yaml").read_bytes()
    command = editor(world, "text = text[:text.index('sops:')] + 'sops: {age: []}\\n'",
                     "text = text[:text.index('sops:')]",
                     "text += 'sops: {agee: []}\\n'")  # fmt: skip
    done = world.attempt("sopsmith", "edit", "-s", "f.yaml", stdin=b"\n\n", EDITOR=command)
    assert done.returncode == 5
    for said in (b"no master key would be left", b"master keys are gone", b"did you mean `age`"):
        assert said in done.stderr
    assert (world.work / "f.yaml").read_bytes() == before


def test_a_file_that_somebody_else_changed_is_not_overwritten(world: World) -> None:
    theirs = lock("a: theirs\n")
    put = f"open({str(world.work / 'f.yaml')!r}, 'w').write({theirs!r})"
    command = editor(world, f"text += 'mine: 1\\n'; {put}")
    done = world.attempt("sopsmith", "edit", "f.yaml", EDITOR=command)
    assert done.returncode == 1
    assert b"changed by somebody else" in done.stderr
    assert (world.work / "f.yaml").read_text() == theirs
    assert plain(world, "f.edited.yaml") == TEXT + "mine: 1\n"


def start(world: World) -> tuple[subprocess.Popen[bytes], Path]:
    """Start an edit whose editor waits, and return it with the folder of the plaintext."""
    command = editor(world, "import time; time.sleep(60)")
    process = subprocess.Popen(
        ["sopsmith", "edit", "f.yaml"],
        cwd=world.work,
        env=world.environ | {"EDITOR": command},
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    for _ in range(400):
        if (world.home / "log").exists() and (world.home / "log").read_text().endswith("\n"):
            return process, Path(calls(world)[0][0]).parent
        time.sleep(0.05)
    raise AssertionError("the editor did not start")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_end_removes_the_plaintext_and_ends(
    world: World, number: signal.Signals
) -> None:
    process, folder = start(world)
    assert folder.exists()
    process.send_signal(number)
    process.communicate(timeout=30)
    assert process.returncode == -number
    assert not folder.exists()


def test_ctrl_c_in_the_terminal_removes_the_plaintext(world: World) -> None:
    process, folder = start(world)
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode in (1, 130, 201)
    assert not folder.exists()
