"""Name the door to a repository's past, and the values that come through it.

Versions of files are known by git's object names, so that a version which many commits share
is read once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple, Protocol

_SIGNATURES = (b"gpgsig ", b"gpgsig-sha256 ")


class Change(NamedTuple):
    """What a commit did to one file.

    Attributes:
        path: From the top of the repository.
        before: Object name of the old version; "" where there was no file.
        after: Object name of the new version; "" where the file is gone.
    """

    path: str
    before: str
    after: str


class Step(NamedTuple):
    """One commit and the files that it changed; of a merge, those that equal no parent's."""

    commit: str
    changes: tuple[Change, ...]


class Commit(NamedTuple):
    """Who made a commit, and when.

    Attributes:
        author: As `Name <address>`; whatever the author wrote there.
        time: When it was committed.
        signed: It carries a signature. Whether that holds, `git verify-commit` says.
    """

    id: str
    author: str
    time: datetime
    signed: bool


class History(Protocol):
    """Read a repository's past, from all refs and from what only its reflogs still know."""

    @property
    def prefix(self) -> str:
        """Where the folder that was asked about lies below the top, as `deploy/`; or ""."""

    def steps(self, since: str = "") -> Iterator[Step]:
        """Yield the commits that changed files, newest first, and none before its children.

        Args:
            since: A revision whose past is left out, or a date; "" for everything.

        Raises:
            OutsideError: Git does not answer, or has not the whole past.
            UsageError: `since` is neither a revision nor a date.
        """

    def read(self, names: Iterable[str]) -> Iterator[tuple[str, bytes | None]]:
        """Yield the name and the bytes of each object; None for one that is too large.

        Raises:
            OutsideError: An object is not there.
        """

    def files(self) -> dict[str, str]:
        """Return path and object name of every file of the commit that is checked out."""


def parse_commit(name: str, data: bytes) -> Commit:
    """Return what a commit object says.

    Source: git Documentation/gitformat-signature.txt; commit.c (parse_commit_buffer).
    """
    head, _, _ = data.partition(b"\n\n")
    author, moment, signed = "", 0, False
    for line in head.split(b"\n"):
        if line.startswith(b"author "):
            author = line[7:].rpartition(b"> ")[0].decode("utf-8", "replace") + ">"
        elif line.startswith(b"committer "):
            digits = line.rpartition(b"> ")[2].partition(b" ")[0]
            moment = int(digits) if digits.isdigit() else 0
        signed = signed or line.startswith(_SIGNATURES)
    return Commit(name, author, _moment(moment), signed)


def _moment(seconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        # A made-up commit may claim any time.
        return datetime.fromtimestamp(0, UTC)
