"""exec-env, exec-file and filestatus as a user runs them."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from pyrage import x25519
from tests.world import World

FLAT = "# c\nTOKEN: a b\nn: 1\nb: true\nf: 1.5\nbig: 1000000.0\nempty: ''\nlines: \"x\\ny\"\n"
FAKE = "a: 1\nsops: {version: 3.9.0, lastmodified: '2026-01-02T03:04:05Z', age: []}\n"
SHOW = 'printf "%s|" "$TOKEN" "$n" "$b" "$f" "$big" "$empty" "$lines"'


class Files:
    """A world with an identity, and encrypted files made in it."""

    def __init__(self, folder: Path) -> None:
        self.world = World(folder)
        identity = x25519.Identity.generate()
        self.recipient = str(identity.to_public())
        self.world.environ["SOPS_AGE_KEY"] = str(identity)
        self.before = _in_memory()
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        self.world.environ["TMPDIR"] = str(self.temporary)

    def put(self, name: str, text: str) -> None:
        """Encrypt a file."""
        (self.world.work / name).write_text(text)
        self.world.run("sopsmith", "encrypt", "-i", "--age", self.recipient, name)

    def start(self, *argv: str) -> subprocess.Popen[bytes]:
        """Start sopsmith and go on."""
        return subprocess.Popen(
            ["sopsmith", *argv],
            cwd=self.world.work,
            env=self.world.environ,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )

    def left(self) -> list[str]:
        """Return what lies where plaintexts may and stays there.

        Tests that run beside this one have folders of their own there for a moment.
        """
        shared = _in_memory() - self.before
        until = time.monotonic() + 20
        while shared and time.monotonic() < until:
            time.sleep(0.05)
            shared &= _in_memory()
        return [*shared, *os.listdir(self.temporary)]


def _in_memory() -> set[str]:
    return {name for name in os.listdir("/dev/shm") if name.startswith("sopsmith-")}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    made = Files(tmp_path_factory.mktemp("exec"))
    made.put("flat.yaml", FLAT)
    made.put("deep.yaml", "a: {b: value-x}\n")
    made.put("null.yaml", "a: null\nb: set\n")
    made.put("nul.json", '{"a": "x\\u0000value-y"}')
    made.put("equals.json", '{"a=b": "value-z"}')
    return made


def test_a_command_gets_the_values_as_sops_writes_them(files: Files) -> None:
    found = files.world.run("sopsmith", "exec-env", "flat.yaml", SHOW)
    assert found == b"a b|1|true|1.5|1E+06||x\ny|"


def test_a_program_behind_two_dashes_runs_without_a_shell(files: Files) -> None:
    words = ("printenv", "TOKEN")
    assert files.world.run("sopsmith", "exec-env", "flat.yaml", "--", *words) == b"a b\n"
    more = ("printf", "%s", "$TOKEN --help")
    found = files.world.run("sopsmith", "exec-env", "--pristine", "flat.yaml", "--", *more)
    assert found == b"$TOKEN --help"


@pytest.mark.parametrize("order", [("--pristine", "flat.yaml"), ("flat.yaml", "--pristine")])
def test_pristine_hands_over_nothing_else(files: Files, order: tuple[str, ...]) -> None:
    found = files.world.run("sopsmith", "exec-env", *order, "--", "env", "-0")
    names = {one.partition(b"=")[0] for one in found.split(b"\0") if one}
    assert names == {b"TOKEN", b"n", b"b", b"f", b"big", b"empty", b"lines"}


def test_the_exit_code_is_the_commands(files: Files) -> None:
    for verb in ("exec-env", "exec-file"):
        assert files.world.attempt("sopsmith", verb, "flat.yaml", "exit 7").returncode == 7


def test_a_null_is_left_out_with_a_warning(files: Files) -> None:
    done = files.world.attempt("sopsmith", "exec-env", "null.yaml", 'echo "${a-none} $b"')
    assert done.stdout == b"none set\n"
    assert b"null.yaml: a: the value is null" in done.stderr


@pytest.mark.parametrize("name", ["deep.yaml", "nul.json", "equals.json"])
def test_what_does_not_fit_an_environment_is_refused(files: Files, name: str) -> None:
    done = files.world.attempt("sopsmith", "exec-env", name, "echo ran")
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"value-" not in done.stderr
    assert name.encode() in done.stderr


def test_a_signal_reaches_the_program_of_exec_env(files: Files) -> None:
    child = files.start("exec-env", "flat.yaml", "trap 'exit 9' TERM; echo up; sleep 60 & wait")
    assert child.stdout is not None
    assert child.stdout.readline() == b"up\n"
    child.send_signal(signal.SIGTERM)
    assert child.wait(30) == 9
    child.stdout.close()


@pytest.mark.parametrize("how", [(), ("--no-fifo",)])
def test_a_command_reads_the_plaintext_and_it_is_gone(files: Files, how: tuple[str, ...]) -> None:
    found = files.world.run("sopsmith", "exec-file", *how, "flat.yaml", "cat {}")
    assert found.decode() == FLAT
    assert files.left() == []


def test_a_program_reads_the_plaintext_in_another_format(files: Files) -> None:
    found = files.world.run(
        "sopsmith", "exec-file", "deep.yaml", "--output-type", "json", "--", "cat", "{}"
    )
    assert found == b'{\n\t"a": {\n\t\t"b": "value-x"\n\t}\n}\n'


def test_a_file_is_private_and_keeps_the_name_that_was_asked_for(files: Files) -> None:
    script = "stat -c '%a %F' {} $(dirname {}); basename {}; cat {} {} | wc -c"
    options = ("--no-fifo", "--filename", "kube.conf")
    found = files.world.run("sopsmith", "exec-file", *options, "flat.yaml", script).decode()
    size = 2 * len(FLAT.encode())
    assert found.split("\n") == [
        "600 regular file", "700 directory", "kube.conf", str(size), ""
    ]  # fmt: skip


def test_a_pipe_that_nobody_reads_keeps_nobody_waiting(files: Files) -> None:
    assert files.world.run("sopsmith", "exec-file", "flat.yaml", "test -p {} && echo yes") == (
        b"yes\n"
    )
    assert files.left() == []


@pytest.mark.parametrize("how", [(), ("--no-fifo",)])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_the_program_and_removes_the_file(
    files: Files, how: tuple[str, ...], number: signal.Signals
) -> None:
    script = "exec sh -c 'echo up; exec sleep 60' {}"
    child = files.start("exec-file", *how, "flat.yaml", "--", "sh", "-c", script)
    assert child.stdout is not None
    assert child.stdout.readline() == b"up\n"
    child.send_signal(number)
    assert child.wait(30) == 128 + number
    child.stdout.close()
    assert files.left() == []


@pytest.mark.parametrize("name", ["../x", "/x", "a/b", "..", ""])
def test_a_name_with_a_folder_is_refused(files: Files, name: str) -> None:
    done = files.world.attempt("sopsmith", "exec-file", "--filename", name, "flat.yaml", "cat {}")
    assert done.returncode == 2


@pytest.mark.skipif(os.getuid() != 0, reason="only root may become another user")
def test_root_can_run_it_as_another_user(files: Files) -> None:
    for verb, words in (("exec-env", "id -un; echo $HOME $TOKEN"), ("exec-file", "id -un; cat {}")):
        found = files.world.run("sopsmith", verb, "--user", "nobody", "flat.yaml", words)
        assert found.startswith(b"nobody\n")
        assert b"a b" in found
    assert files.left() == []


def test_an_unknown_user_is_said(files: Files) -> None:
    for verb in ("exec-env", "exec-file"):
        done = files.world.attempt("sopsmith", verb, "--user", "no-such", "flat.yaml", "true")
        assert (done.returncode, done.stdout) == (1, b"")
        assert b"there is no user no-such" in done.stderr


def test_a_command_and_a_program_do_not_go_together(files: Files) -> None:
    done = files.world.attempt("sopsmith", "exec-env", "flat.yaml", "true", "--", "true")
    assert done.returncode == 2


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("plain.yaml", "a: 1\n", b'{"encrypted":false}\n'),
        ("plain.txt", "just text\n", b'{"encrypted":false}\n'),
        ("fake.yaml", FAKE, b'{"encrypted":false}\n'),
    ],
)
def test_filestatus_tells_plain_files(files: Files, name: str, text: str, found: bytes) -> None:
    (files.world.work / name).write_text(text)
    assert files.world.run("sopsmith", "filestatus", name) == found


def test_filestatus_tells_encrypted_files_without_an_identity(files: Files) -> None:
    found = files.world.run("sopsmith", "filestatus", "flat.yaml", SOPS_AGE_KEY="")
    assert found == b'{"encrypted":true}\n'


def test_filestatus_fails_on_what_it_cannot_parse(files: Files) -> None:
    (files.world.work / "broken.yaml").write_text("a: [\n")
    for name in ("broken.yaml", "missing.yaml"):
        assert files.world.attempt("sopsmith", "filestatus", name).returncode == 1
