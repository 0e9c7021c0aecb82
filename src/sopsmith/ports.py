"""Name the doors to the outside, as Protocols; `adapters/` has the real ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, Protocol


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


class Trees(Protocol):
    """Find the files of a tree, and look at them."""

    def walk(self, paths: tuple[str, ...]) -> Iterator[str]:
        """Yield every file under some paths, in path order, each once.

        A folder that cannot be listed is yielded itself, so that whoever reads it learns why.

        Raises:
            OutsideError: A path is not there.
        """

    def peek(self, path: str) -> tuple[bytes, bytes, int]:
        """Return a file's first and last bytes and its size; a small file is whole in both.

        Raises:
            OutsideError: It cannot be read.
        """

    def read(self, path: str) -> bytes:
        """Return a file's bytes, as `Files` does."""


Answer = tuple["str | int | Answer | None", ...] | None
"""What a worker hands back: plain values, so that they cross a pipe without pickling."""


class Workers(Protocol):
    """Do a piece of work for many items, on as many cores as are worth it."""

    def map(self, work: Callable[[str], Answer], items: Iterable[str]) -> Iterator[Answer]:
        """Yield the answer for every item, in the order of the items.

        The work may run in other processes: what it changes is lost, and an exception that is
        no `Error` ends everything. Memory does not grow with the number of items.

        Raises:
            OutsideError: A process died.
        """


class Stored(NamedTuple):
    """What a store holds under a name.

    Attributes:
        data: The object's bytes.
        source: What `ObjectStore.write` was told that it was made from; "" where unknown.
    """

    data: bytes
    source: str = ""


class ObjectStore(Protocol):
    """Keep objects by name, somewhere else."""

    def place(self, name: str) -> str:
        """Return where an object is, for people: `s3://bucket/prefix/name`."""

    def find(self, name: str) -> Stored | None:
        """Return an object, or None where there is none of that name.

        Raises:
            OutsideError: The store cannot be asked, or refuses.
        """

    def write(self, name: str, data: bytes, source: str = "") -> None:
        """Put an object under a name, in place of the one that is there.

        Args:
            source: A short text to keep beside it; not secret.

        Raises:
            OutsideError: The store cannot be asked, or refuses.
        """


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
