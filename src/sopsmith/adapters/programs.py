"""Run other programs on this machine."""

from __future__ import annotations

import os

from sopsmith.errors import OutsideError

_GIT = ("git", "-c", "core.fsmonitor=false", "--no-optional-locks")
"""A clone's own configuration can name a program that git starts whenever it reads the index; and
a look must not take a lock that somebody's commit needs."""


class Finished:
    """`ports.Finished`: what a program left behind. Its repr shows no output."""

    __slots__ = ("code", "stderr", "stdout")

    def __init__(self, code: int, stdout: bytes, stderr: bytes) -> None:
        self.code = code
        self.stdout = stdout
        self.stderr = stderr

    def __repr__(self) -> str:
        return f"<Finished, exit code {self.code}>"


class LocalPrograms:
    """`ports.Programs` over the local machine."""

    def run(
        self,
        argv: list[str],
        *,
        stdin: bytes = b"",
        env: dict[str, str] | None = None,
        cwd: str | None = None,
    ) -> Finished:
        """Run a program without a shell; OutsideError where there is none."""
        # subprocess takes milliseconds to load, and the plugin seldom runs anything.
        import subprocess

        words = [*_GIT, *argv[1:]] if argv[0] == "git" else argv
        try:
            done = subprocess.run(
                words,
                input=stdin,
                capture_output=True,
                env={**os.environ, **env} if env else None,
                cwd=cwd,
                check=False,
            )
        except OSError as error:
            raise OutsideError(
                (error.strerror or "it does not run").lower(), path=argv[0]
            ) from None
        return Finished(done.returncode, done.stdout, done.stderr)

    def locate(self, name: str) -> str | None:
        """Return the absolute path of a program on PATH, or None."""
        import shutil

        return shutil.which(name)
