"""Find the files of a tree on the local disk."""

from __future__ import annotations

import os

from sopsmith.adapters.file_set import is_leftover
from sopsmith.adapters.files import LocalFiles, read_up_to
from sopsmith.errors import NotThere, OutsideError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from sopsmith.ports import Programs

SKIPPED = frozenset({".git", ".hg", ".svn", ".venv", "node_modules", "__pycache__", ".terraform"})
"""Folders that hold what somebody else wrote."""
PEEK = 64 * 1024  # bytes; nearly every file is smaller, and is then read whole


class LocalTrees:
    """`ports.Trees` over the local disk.

    Args:
        programs: To ask git what it ignores; None to look at ignored files too.
    """

    def __init__(self, programs: Programs | None = None) -> None:
        self._programs = programs

    def walk(self, paths: tuple[str, ...]) -> Iterator[str]:
        """Yield every regular file under some paths, in path order, each once.

        Symbolic links are followed where they are named, and never on the way. Folders of
        `SKIPPED` and what git ignores are left out, unless they are named themselves.

        A folder that cannot be listed is yielded itself, so that whoever reads it learns why.

        Raises:
            NotThere: A path is not there.
            OutsideError: It is neither a file nor a folder.
        """
        for path in _outermost(paths):
            if os.path.isdir(path):
                yield from _files(path, self._ignored(path))
            elif os.path.isfile(path):
                yield path
            elif os.path.lexists(path):
                raise OutsideError("is neither a file nor a folder", path=path)
            else:
                raise NotThere("no such file or folder", path=path)

    def read(self, path: str) -> bytes:
        """Return a file's bytes, as `ports.Files` does."""
        return LocalFiles().read(path)

    def peek(self, path: str) -> tuple[bytes, bytes, int]:
        """Return a file's first and last bytes, up to `PEEK` each, and its size.

        Raises:
            OutsideError: It cannot be read.
        """
        try:
            handle = os.open(path, os.O_RDONLY)
            try:
                head = read_up_to(handle, PEEK)
                size = os.fstat(handle).st_size
                if size <= len(head):
                    return head, head, len(head)
                os.lseek(handle, -PEEK, os.SEEK_END)
                return head, read_up_to(handle, PEEK), size
            finally:
                os.close(handle)
        except OSError as error:
            raise OutsideError((error.strerror or "unreadable").lower(), path=path) from None

    def _ignored(self, folder: str) -> frozenset[str]:
        if self._programs is None or self._programs.locate("git") is None:
            return frozenset()
        argv = ["git", "ls-files", "--others", "--ignored", "--exclude-standard", "--directory"]
        done = self._programs.run([*argv, "-z"], cwd=folder)
        if done.code != 0:
            return frozenset()
        names = os.fsdecode(done.stdout).split("\0")
        return frozenset(os.path.normpath(os.path.join(folder, name)) for name in names if name)


def _outermost(paths: tuple[str, ...]) -> list[str]:
    """Return the paths in order, without those that lie under another one."""
    kept: dict[str, str] = {}
    for path in sorted({os.path.normpath(path) for path in paths}):
        parts = os.path.abspath(path).split(os.sep)
        if not any(os.sep.join(parts[:end]) in kept for end in range(1, len(parts) + 1)):
            kept[os.path.abspath(path)] = path
    return list(kept.values())


def _files(folder: str, ignored: frozenset[str]) -> Iterator[str]:
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError:
        yield folder
        return
    for entry in entries:
        path = entry.name if folder == "." else os.path.join(folder, entry.name)
        if path in ignored:
            continue
        if entry.is_file(follow_symlinks=False):
            if not is_leftover(entry.name):
                yield path
        elif entry.is_dir(follow_symlinks=False) and entry.name not in SKIPPED:
            yield from _files(path, ignored)
