"""Read a repository's past with git: one process lists, one gives the objects.

Both are read as they write, so memory does not grow with the history.

Source: git Documentation/git-log.txt, diff-format.txt (raw output), git-cat-file.txt.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections import deque
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import islice
from typing import IO

from sopsmith.adapters.programs import child_environ, git_words
from sopsmith.errors import OutsideError, UsageError
from sopsmith.history import Change, Step

MAX_SIZE = 16 * 1024 * 1024
"""Bytes of the largest object that is read; a Secret has at most one MiB."""
_AT_ONCE = 64  # names a question: git's pipe takes them whole, so neither side waits for ever
_CHUNK = 1 << 16  # bytes
_DATE = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T ][\d:]+(?:Z|[+-]\d\d:?\d\d)?)?"
    r"|\d+[. ](?:day|week|month|year)s?(?:[. ]ago)?"
)
_LOG = (
    "log", "--all", "--reflog", "--date-order", "--raw", "-z", "-r", "-c", "--root", "--no-abbrev",
    "--no-renames", "--no-relative", "--no-color", "--no-ext-diff", "--no-textconv",
    "--no-show-signature", "--format=tformat:%H",
)  # fmt: skip
_REGULAR = frozenset({"100644", "100755", "100664"})


class GitHistory:
    """`history.History` over a git repository on this machine.

    Use it in a `with`, which ends the processes.

    Args:
        folder: A folder of its working tree.

    Raises:
        OutsideError: It lies in no repository, git is missing, or the clone is shallow.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder
        asked = ["rev-parse", "--is-shallow-repository", "--show-prefix"]
        shallow, _, prefix = self._run(asked).partition("\n")
        if shallow != "false":
            raise OutsideError(
                "the clone is shallow, so most of the history is missing",
                path=folder,
                hint="git fetch --unshallow",
            )
        self.prefix = prefix.removesuffix("\n")
        self._objects: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> GitHistory:
        return self

    def __exit__(self, *_: object) -> None:
        if self._objects is not None:
            _end(self._objects)

    def steps(self, since: str = "") -> Iterator[Step]:
        """Yield the commits that changed files, newest first.

        Raises:
            OutsideError: Git does not answer.
            UsageError: `since` is neither a revision nor a date.
        """
        limits = self._limits(since) if since else []
        child = self._start([*_LOG, *limits])
        assert child.stdout is not None
        try:
            yield from _parse_steps(_fields(child.stdout))
            if child.wait() != 0:
                raise OutsideError(f"git log ended with exit code {child.returncode}")
        finally:
            _end(child)

    def read(self, names: Iterable[str]) -> Iterator[tuple[str, bytes | None]]:
        """Yield the name and the bytes of each object; None for one over `MAX_SIZE`.

        Raises:
            OutsideError: An object is not there.
        """
        wanted = iter(names)
        while some := deque(islice(wanted, _AT_ONCE)):
            source = self._ask(some)
            try:
                while some:
                    yield some[0], _take_object(source, some.popleft())
            finally:
                # Whoever stops early leaves answers behind, which the next question must not get.
                for name in some:
                    _take_object(source, name)

    def files(self, revision: str = "HEAD") -> dict[str, str]:
        """Return path and object name of every regular file; none of HEAD before a commit.

        Raises:
            UsageError: There is no such revision.
        """
        argv = ["rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"]
        commit = self._try(argv)
        if commit is None:
            if revision != "HEAD":
                raise UsageError(f"{revision!r} is no revision here", hint="git log --oneline")
            return {}
        listed = self._run(["ls-tree", "-r", "-z", "--full-tree", commit.strip()])
        entries = (entry.partition("\t") for entry in listed.split("\0") if entry)
        parts = ((head.split(" "), path) for head, _, path in entries)
        return {path: name for (mode, _, name), path in parts if mode in _REGULAR}

    def _limits(self, since: str) -> list[str]:
        argv = ["rev-parse", "--verify", "--quiet", "--end-of-options", f"{since}^{{commit}}"]
        commit = self._try(argv)
        if commit is not None:
            return [f"^{commit.strip()}"]
        # Git takes any text for a date, and one that it does not know for now.
        if not _DATE.fullmatch(since) or not _is_day(since):
            raise UsageError(
                "--since names neither a revision nor a date", hint="--since 2026-01-31"
            )
        return [f"--since={since}"]

    def _ask(self, names: Iterable[str]) -> IO[bytes]:
        if self._objects is None:
            self._objects = self._start(["cat-file", "--batch"], stdin=subprocess.PIPE)
        to, source = self._objects.stdin, self._objects.stdout
        assert to is not None and source is not None
        try:
            to.write("".join(f"{name}\n" for name in names).encode())
            to.flush()
        except BrokenPipeError:
            raise OutsideError("git cat-file ended early", path=self._folder) from None
        return source

    def _run(self, argv: list[str]) -> str:
        said = self._try(argv)
        if said is None:
            raise OutsideError(
                "git does not answer for it as a repository", path=self._folder, hint="git status"
            )
        return said

    def _try(self, argv: list[str]) -> str | None:
        child = self._start(argv)
        out, _ = child.communicate()
        return os.fsdecode(out) if child.returncode == 0 else None

    def _start(self, argv: list[str], stdin: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
        # Objects that others replace do not hide what was once committed.
        start = git_words(["--no-replace-objects", "-c", "log.showRoot=true", *argv])
        try:
            return subprocess.Popen(
                start, cwd=self._folder, stdin=stdin, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL, env=child_environ("git"),
            )  # fmt: skip
        except OSError as error:
            raise OutsideError((error.strerror or "it does not run").lower(), path="git") from None


def _fields(source: IO[bytes]) -> Iterator[str]:
    """Yield what stands between the NUL bytes of a stream."""
    rest = b""
    while chunk := source.read1(_CHUNK):  # type: ignore[attr-defined]
        *whole, rest = (rest + chunk).split(b"\0")
        yield from map(os.fsdecode, whole)
    if rest:
        yield os.fsdecode(rest)


def _parse_steps(fields: Iterator[str]) -> Iterator[Step]:
    commit, changes = "", []
    for field in fields:
        entry = field.lstrip("\n")
        if entry.startswith(":"):
            change = _parse_change(entry, next(fields, ""))
            changes += [change] if change.before or change.after else []
        elif entry:
            if changes:
                yield Step(commit, tuple(changes))
            commit, changes = entry, []
    if changes:
        yield Step(commit, tuple(changes))


def _parse_change(entry: str, path: str) -> Change:
    """Return a raw entry; of a merge, which names a version a parent, the first counts."""
    parents = len(entry) - len(entry.lstrip(":"))
    words = entry.lstrip(":").split(" ")
    modes, names = words[: parents + 1], words[parents + 1 : 2 * parents + 2]
    before, after = _blob(modes[0], names[0]), _blob(modes[-1], names[-1])
    return Change(path, before, after)


def _blob(mode: str, name: str) -> str:
    """Return the object name of a regular file; links and submodules have no content here."""
    return name if mode in _REGULAR else ""


def _take_object(source: IO[bytes], name: str) -> bytes | None:
    head = source.readline().split()
    if len(head) != 3 or not head[2].isdigit():
        raise OutsideError(
            f"git lacks the object {name}",
            hint="git fsck; of a partial clone nothing is fetched here: git fetch --refetch "
            "--no-filter",
        )
    size = int(head[2])
    if size <= MAX_SIZE:
        data = source.read(size + 1)
        if len(data) != size + 1:
            raise OutsideError("git cat-file ended early")
        return data[:-1]
    left = size + 1
    while left and (chunk := source.read(min(left, _CHUNK))):
        left -= len(chunk)
    return None


def _end(child: subprocess.Popen[bytes]) -> None:
    for stream in (child.stdin, child.stdout):
        if stream is not None:
            stream.close()
    if child.poll() is None:
        child.terminate()
    child.wait()


def _is_day(since: str) -> bool:
    """Tell whether what looks like a day is one; git takes a 13th month for today."""
    if since[4:5] != "-":
        return True
    try:
        date.fromisoformat(since[:10])
    except ValueError:
        return False
    return True
