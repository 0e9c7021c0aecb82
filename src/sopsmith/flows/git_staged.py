"""Look at what is about to be committed: nothing that should be encrypted may be in clear.

It is `lint` over git's index instead of the disk, for the rules whose breach cannot be taken
back once it is pushed. Only places and reasons are said, never what stands there.
"""

from __future__ import annotations

import os
from fnmatch import fnmatch
from typing import TYPE_CHECKING

from sopsmith.errors import OutsideError
from sopsmith.flows.lint import Doors, lint
from sopsmith.formats import find_format
from sopsmith.repo.lint_rules import Finding
from sopsmith.sops.recognise import is_marked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sopsmith.ports import Answer, Files, Programs

RULES = frozenset({"SOPS001", "SOPS002", "SOPS003", "SOPS006", "SOPS012", "SOPS017", "SOPS020"})
"""Plaintext, broken files and identities; what can be mended later is left to `lint`."""

_SECRET_NAMES = ("*.secret.yaml", "*.secret.yml", "*.secret.json")
_REGULAR = (b"100644", b"100755")


def check_staged(root: str, files: Files, programs: Programs) -> tuple[Finding, ...]:
    """Return what is wrong with the files that the next commit would add or change.

    Args:
        root: The root of the repository, where the process stands.

    Raises:
        OutsideError: git does not answer.
    """
    staged = read_staged(root, programs)
    if not staged:
        return ()
    index = _Index(staged)
    doors = Doors(files, index, _OneByOne())
    found = lint(tuple(staged), RULES, doors, lambda: None).findings
    known = {finding.path for finding in found}
    named = (_named(path, data) for path, data in staged.items() if path not in known)
    return (*found, *(finding for finding in named if finding is not None))


def read_staged(root: str, programs: Programs) -> dict[str, bytes]:
    """Return path and bytes of each regular file that the index adds to or changes of HEAD.

    Raises:
        OutsideError: git does not answer.
    """
    wanted = ["diff", "--cached", "--raw", "-z", "--no-renames", "--no-abbrev"]
    raw = _git([*wanted, "--diff-filter=ACMRT"], root, programs)
    fields = raw.split(b"\0")
    entries = [
        (head.split(b" ")[3], os.fsdecode(path))
        for head, path in zip(fields[0::2], fields[1::2], strict=False)
        if head.split(b" ")[1] in _REGULAR
    ]
    if not entries:
        return {}
    asked = b"".join(name + b"\n" for name, _ in entries)
    answer = _git(["cat-file", "--batch"], root, programs, stdin=asked)
    return dict(zip((path for _, path in entries), _blobs(answer), strict=True))


def _blobs(answer: bytes) -> Iterator[bytes]:
    """Yield each object of what `git cat-file --batch` writes: a line that ends in the size,
    the bytes, a line feed."""
    position = 0
    while position < len(answer):
        end = answer.index(b"\n", position)
        size = int(answer[position:end].rpartition(b" ")[2])
        yield answer[end + 1 : end + 1 + size]
        position = end + size + 2


def _named(path: str, data: bytes) -> Finding | None:
    """Return what is wrong with a file whose name says that it is encrypted, if anything is."""
    name = find_format(path)
    if name is None or not any(fnmatch(os.path.basename(path), one) for one in _SECRET_NAMES):
        return None
    if is_marked(data, name):
        return None
    return Finding("SOPS001", path, "its name says that it is encrypted")


class _Index:
    """`ports.Trees` over what is staged."""

    def __init__(self, staged: dict[str, bytes]) -> None:
        self._staged = staged

    def walk(self, paths: tuple[str, ...]) -> Iterator[str]:
        yield from paths

    def peek(self, path: str) -> tuple[bytes, bytes, int]:
        data = self._staged[path]
        return data, data, len(data)

    def read(self, path: str) -> bytes:
        return self._staged[path]


class _OneByOne:
    """`ports.Workers` without any: a commit is small."""

    def map(self, work: Callable[[str], Answer], items: Iterable[str]) -> Iterator[Answer]:
        return map(work, items)


def _git(argv: list[str], root: str, programs: Programs, *, stdin: bytes = b"") -> bytes:
    done = programs.run(["git", *argv], cwd=root, stdin=stdin)
    if done.code != 0:
        raise OutsideError(f"git {argv[0]} ended with exit code {done.code}", path=root)
    return done.stdout
