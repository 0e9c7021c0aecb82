"""Name the doors to the outside, as Protocols; `adapters/` has the real ones."""

from __future__ import annotations

from typing import Protocol


class Files(Protocol):
    """Read and write files, atomically, by path text as the user gave it."""

    def read(self, path: str) -> bytes:
        """Return a file's bytes.

        Raises:
            OutsideError: It is missing, unreadable or larger than 64 MiB.
        """

    def find(self, path: str) -> bytes | None:
        """Return a file's bytes, or None where nothing stands at that path."""

    def write(self, path: str, data: bytes, *, mode: int | None = None) -> None:
        """Replace a file in one step: temporary file beside it, fsync, rename.

        A symbolic link stays one (its target is replaced). An existing file keeps its mode;
        a new one gets `mode` (0o644 unless given). Missing folders are made.
        """

    def remove(self, path: str) -> None:
        """Remove a file that must exist."""

    def names(self, folder: str) -> list[str]:
        """Return the sorted names in a folder, or nothing where there is none."""


class Programs(Protocol):
    """Run other programs; secrets go in by stdin, never by argv."""

    def run(
        self,
        argv: list[str],
        *,
        stdin: bytes = b"",
        env: dict[str, str] | None = None,
        cwd: str | None = None,
    ) -> Finished:
        """Run a program to its end and return what it said.

        Args:
            env: Variables to set on top of the present environment.

        Raises:
            OutsideError: There is no such program.
        """

    def locate(self, name: str) -> str | None:
        """Return the absolute path of a program on PATH, or None."""


class Finished(Protocol):
    """What a program left behind."""

    @property
    def code(self) -> int:
        """The exit code."""

    @property
    def stdout(self) -> bytes:
        """What it wrote as data."""

    @property
    def stderr(self) -> bytes:
        """What it said."""
