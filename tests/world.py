"""Run real commands in a HOME of their own, so that no test sees or touches the user's files."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

_KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")


class World:
    """A HOME, a folder to work in and an environment that holds nothing of the caller's.

    Args:
        folder: Where both are made.
        tools: Folders that come first on PATH, before the interpreter's own.
    """

    def __init__(self, folder: Path, tools: tuple[Path, ...] = ()) -> None:
        self.home = folder / "home"
        self.work = folder / "work"
        self.home.mkdir(parents=True)
        self.work.mkdir()
        path = [*map(str, tools), str(Path(sys.executable).parent), os.environ.get("PATH", "")]
        self.environ = {name: os.environ[name] for name in _KEPT if name in os.environ}
        self.environ |= {
            "HOME": str(self.home),
            "PATH": os.pathsep.join(path),
            "XDG_CONFIG_HOME": str(self.home / ".config"),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_SYSTEM": os.devnull,
        }
        for role in ("AUTHOR", "COMMITTER"):
            self.environ |= {f"GIT_{role}_NAME": "Test", f"GIT_{role}_EMAIL": "test@example.org"}

    @property
    def keys_file(self) -> Path:
        """Return where sops, and so sopsmith, keeps age identities."""
        return self.home / ".config/sops/age/keys.txt"

    def attempt(
        self, *argv: str, stdin: bytes = b"", cwd: Path | None = None, **environ: str
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a command to its end, whatever its exit code, and return what it said."""
        return subprocess.run(
            argv,
            input=stdin,
            cwd=cwd or self.work,
            env=self.environ | environ,
            capture_output=True,
            check=False,
            timeout=120,
        )

    def run(self, *argv: str, stdin: bytes = b"", cwd: Path | None = None, **environ: str) -> bytes:
        """Run a command that must succeed and return its stdout."""
        done = self.attempt(*argv, stdin=stdin, cwd=cwd, **environ)
        if done.returncode:
            said = done.stderr.decode(errors="replace")
            raise AssertionError(f"{argv} ended with exit code {done.returncode}: {said}")
        return done.stdout
