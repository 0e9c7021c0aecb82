"""Run commands that must fail, and look for the canary wherever it could have escaped.

Any six characters in a row of the canary count, so that a message that cuts a value short is
found too; so do its base64 and its hexadecimal forms.
"""

from __future__ import annotations

import base64
import io
import os
import sys
import traceback
from pathlib import Path
from typing import NamedTuple

import pyrage
import pytest
from tests.world import World

from sopsmith.cli.main import run

CANARY = "zQ7xW9kVmL4pTgN2"
"""A value that stands in no word, name or number of any message."""
DIGITS = "83920174665544910073"
"""The canary of places that take a number; larger than a 64-bit integer."""
IDENTITY = str(pyrage.x25519.Identity.generate())
"""The canary of places that take an identity."""
_WINDOW = 6


class Outcome(NamedTuple):
    """What a command left behind: its exit code and all that it said."""

    code: int
    stdout: bytes
    stderr: bytes


class Watch:
    """A world that holds a canary, and commands run in it.

    Args:
        patch: Sets the working folder, the environment and stdin for a call.
        capture: Reads what a call wrote.
    """

    def __init__(
        self, folder: Path, patch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[bytes]
    ) -> None:
        self.world = World(folder)
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        identity = pyrage.x25519.Identity.generate()
        self.recipient = str(identity.to_public())
        self.world.environ["TMPDIR"] = str(self.temporary)
        self.world.environ["SOPS_AGE_KEY"] = str(identity)
        self._patch = patch
        self._capture = capture

    def write(self, name: str, content: str | bytes) -> Path:
        """Put a file into the working folder."""
        path = self.world.work / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def call(self, *argv: str, stdin: bytes = b"", **environ: str) -> Outcome:
        """Run `sopsmith` inside this process, as its main() does, and return what it said."""
        self._capture.readouterr()
        with self._patch.context() as patch:
            for name in set(os.environ) - {"PYTEST_CURRENT_TEST"}:
                patch.delenv(name)
            for name, value in (self.world.environ | environ).items():
                patch.setenv(name, value)
            patch.chdir(self.world.work)
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
            code = run(list(argv))
        said = self._capture.readouterr()
        return Outcome(code, said.out, said.err)

    def fails(self, *argv: str, stdin: bytes = b"", **environ: str) -> Outcome:
        """Call `sopsmith` in a way that must fail, and make sure that it tells nothing."""
        outcome = self.tells_nothing(*argv, stdin=stdin, **environ)
        assert outcome.code != 0, f"exit code 0: {outcome.stderr!r}"
        assert outcome.stderr or outcome.stdout, "failed without a word"
        return outcome

    def tells_nothing(self, *argv: str, stdin: bytes = b"", **environ: str) -> Outcome:
        """Call `sopsmith`, whatever comes of it, and look for the canary everywhere."""
        held = self._files()
        outcome = self.call(*argv, stdin=stdin, **environ)
        self._check(outcome, held)
        return outcome

    def process_tells_nothing(
        self, module: str, *argv: str, stdin: bytes = b"", before: str = "", **environ: str
    ) -> Outcome:
        """Run a module's main() in a process of its own, under `python -X dev`.

        Args:
            before: Python statements to run first.
        """
        held = self._files()
        program = f"import sys\n{before}\nfrom {module} import main\nsys.exit(main())"
        done = self.world.attempt(
            sys.executable, "-X", "dev", "-c", program, *argv, stdin=stdin, cwd=None, **environ
        )
        outcome = Outcome(done.returncode, done.stdout, done.stderr)
        self._check(outcome, held)
        return outcome

    def _check(self, outcome: Outcome, held: dict[str, bytes]) -> None:
        assert_silent(outcome.stdout, "stdout")
        assert_silent(outcome.stderr, "stderr")
        assert b"Traceback" not in outcome.stderr
        for path, text in self._files().items():
            if held.get(path) != text:
                assert_silent(text, f"the file {path}")

    def _files(self) -> dict[str, bytes]:
        root = self.world.home.parent
        return {str(path): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def assert_silent(text: bytes, place: str) -> None:
    """Fail if a text shows a part of a canary; the failure names the place alone."""
    lowered = text.lower()
    for form in _FORMS:
        if form.lower() in lowered:
            # Without the canary itself: a test's report is a log too.
            raise AssertionError(f"{place} shows a value: {text.decode(errors='replace')}")


def assert_error_silent(error: BaseException) -> None:
    """Fail if an exception shows a canary in its text, repr, fields or traceback."""
    fields = [repr(getattr(error, name, None)) for name in ("path", "key", "hint", "args")]
    shown = [str(error), repr(error), *fields, *traceback.format_exception(error)]
    assert_silent("\n".join(shown).encode(), type(error).__name__)


def _windows(value: str) -> set[bytes]:
    return {value[at : at + _WINDOW].encode() for at in range(len(value) - _WINDOW + 1)}


def _encoded(value: str) -> set[bytes]:
    """Return base64 of the value at each of the three alignments, edges cut, and its hex."""
    shifted = {base64.b64encode(b" " * pad + value.encode())[4:16] for pad in range(3)}
    return shifted | {value.encode().hex().encode()[:16]}


_IDENTITY_BODY = IDENTITY.removeprefix("AGE-SECRET-KEY-1")
_FORMS = frozenset().union(
    *(_windows(value) for value in (CANARY, DIGITS)),
    *(_encoded(value) for value in (CANARY, DIGITS, IDENTITY)),
    {_IDENTITY_BODY[at : at + 10].encode() for at in range(len(_IDENTITY_BODY) - 9)},
)
