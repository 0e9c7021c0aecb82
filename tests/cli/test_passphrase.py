"""The passphrase of a file of identities is asked for on the terminal, and not shown."""

from __future__ import annotations

import fcntl
import os
import pty
import subprocess
import termios
from pathlib import Path

import pytest
from pyrage import x25519
from tests.locked import lock
from tests.world import World

WORD = "correct horse battery"
CLEAR = b"a: one\n"


@pytest.fixture
def closed(tmp_path: Path) -> World:
    """Return a world with an encrypted file whose identity is behind a passphrase."""
    world = World(tmp_path)
    identity = x25519.Identity.generate()
    world.keys_file.parent.mkdir(parents=True)
    world.keys_file.write_bytes(lock(str(identity).encode(), WORD, armored=True))
    (world.work / "a.yaml").write_bytes(CLEAR)
    world.run("sopsmith", "encrypt", "-i", "--age", str(identity.to_public()), "a.yaml")
    return world


def at_terminal(world: World, typed: str, *argv: str, stdin: bytes = b"") -> tuple[int, bytes, str]:
    """Run a command with a terminal of its own; return its exit code, stdout and the screen."""
    ours, theirs = pty.openpty()

    def take_terminal() -> None:
        os.setsid()
        fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)

    with subprocess.Popen(
        argv,
        cwd=world.work,
        env=world.environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=theirs,
        preexec_fn=take_terminal,  # noqa: PLW1509
    ) as process:
        os.close(theirs)
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(stdin)
        process.stdin.close()
        screen = b""
        while b": " not in screen:
            screen += os.read(ours, 1024)
        os.write(ours, typed.encode() + b"\n")
        stdout = process.stdout.read()
        while True:
            try:
                part = os.read(ours, 1024)
            except OSError:
                break
            if not part:
                break
            screen += part
    os.close(ours)
    return process.returncode, stdout, screen.decode()


def test_the_terminal_is_asked_and_shows_nothing_of_it(closed: World) -> None:
    code, stdout, screen = at_terminal(closed, WORD, "sopsmith", "decrypt", "a.yaml")
    assert (code, stdout) == (0, CLEAR)
    assert screen.startswith(f"passphrase of {closed.keys_file}: ")
    assert "horse" not in screen


def test_standard_input_stays_data(closed: World) -> None:
    data = (closed.work / "a.yaml").read_bytes()
    command = ("sopsmith", "decrypt", "--input-type", "yaml")
    assert at_terminal(closed, WORD, *command, stdin=data)[:2] == (0, CLEAR)


def test_a_wrong_passphrase_is_asked_for_once_and_ends_with_128(closed: World) -> None:
    code, _, screen = at_terminal(closed, "wrong", "sopsmith", "decrypt", "a.yaml")
    assert code == 128
    assert screen.count("passphrase of") == 1
    assert "the passphrase is wrong" in screen


def test_without_a_terminal_it_is_said_what_is_missing(closed: World) -> None:
    done = subprocess.run(
        ["sopsmith", "decrypt", "a.yaml"],
        cwd=closed.work,
        env=closed.environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        start_new_session=True,
        check=False,
    )
    assert done.returncode == 128
    assert b"there is no terminal to ask on" in done.stderr


def test_a_script_hands_it_over_by_a_descriptor(closed: World) -> None:
    (closed.work / "word").write_text(WORD)
    script = "SOPSMITH_AGE_PASSPHRASE_FD=3 sopsmith decrypt a.yaml 3<word"
    assert closed.run("sh", "-c", script) == CLEAR
