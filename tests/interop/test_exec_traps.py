"""What sops does wrong when it hands values to programs, and sopsmith does not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.interop.conftest import RealSops

OURS = Path(sys.executable).parent / "sopsmith"
VALUE = "a-value-that-should-not-stay"


class Place:
    """A folder with an encrypted file, and a folder for temporary files of its own."""

    def __init__(self, folder: Path, sops: RealSops) -> None:
        self.folder = folder
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        self.environ = {**sops.environ, "TMPDIR": str(self.temporary), "HOME": str(folder)}
        text = f"token: {VALUE}\nempty: null\n".encode()
        (folder / "x.yaml").write_bytes(sops.encrypt(text, "yaml"))

    def run(self, program: Path, *argv: str) -> bytes:
        """Run one of the two programs to its end."""
        return subprocess.run(
            [str(program), *argv],
            cwd=self.folder,
            env=self.environ,
            capture_output=True,
            check=True,
            timeout=60,
        ).stdout

    def leaves(self, program: Path) -> bool:
        """End exec-file by a signal, and tell whether the plaintext is on the disk afterwards."""
        script = "echo up; exec sleep 60 # {}"
        with subprocess.Popen(
            [str(program), "exec-file", "--no-fifo", "x.yaml", script],
            cwd=self.folder,
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == b"up\n"
            child.send_signal(signal.SIGTERM)
            code = child.wait(30)
            if code == -signal.SIGTERM:
                # sops ends alone and leaves its program running.
                os.killpg(child.pid, signal.SIGKILL)
        files = [path for path in self.temporary.rglob("*") if path.is_file()]
        return any(VALUE in path.read_text() for path in files)


@pytest.fixture
def place(tmp_path: Path, sops: RealSops) -> Place:
    return Place(tmp_path, sops)


def test_sops_leaves_the_plaintext_when_it_is_ended_and_sopsmith_does_not(
    sops: RealSops, place: Place
) -> None:
    assert not place.leaves(OURS)
    assert place.leaves(sops.binary)


def test_sops_hands_over_a_null_as_text_and_sopsmith_leaves_it_out(
    sops: RealSops, place: Place
) -> None:
    script = 'echo "${empty-left out}"'
    assert place.run(sops.binary, "exec-env", "x.yaml", script) == b"<nil>\n"
    assert place.run(OURS, "exec-env", "x.yaml", script) == b"left out\n"
