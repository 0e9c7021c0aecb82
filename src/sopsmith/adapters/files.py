"""Read and replace files on the local disk."""

from __future__ import annotations

import os

from sopsmith.errors import NotThere, OutsideError

_MARKS = (".git", "sopsmith.yaml")
"""What tells that a folder is the root of a repository."""
MAX_SIZE = 64 * 1024 * 1024  # bytes
_CHUNK = 64 * 1024  # bytes; nearly every file is smaller


class LocalFiles:
    """`ports.Files` over the local disk."""

    def read(self, path: str) -> bytes:
        """Return a file's bytes; OutsideError where there is none, or it is over 64 MiB."""
        try:
            handle = os.open(path, os.O_RDONLY)
            try:
                data = read_up_to(handle, MAX_SIZE + 1)
            finally:
                os.close(handle)
        except OSError as error:
            raise _outside(error, path) from None
        if len(data) > MAX_SIZE:
            raise OutsideError(f"the file is larger than {MAX_SIZE // 1024 // 1024} MiB", path=path)
        return data

    def find(self, path: str) -> bytes | None:
        """Return a file's bytes, or None where nothing stands at that path."""
        return self.read(path) if is_there(path) else None

    def write(self, path: str, data: bytes, *, mode: int | None = None) -> None:
        """Replace a file in one step, so that a kill leaves it old or new, never half.

        Raises:
            OutsideError: It cannot be written, or a link leads out of the repository.
        """
        target = written_at(path)
        folder = os.path.dirname(target)
        temporary = os.path.join(folder, f".{os.path.basename(target)}.{os.urandom(6).hex()}.new")
        try:
            os.makedirs(folder, exist_ok=True)
            self._write_new(temporary, data, _mode_of(target, mode))
            try:
                os.replace(temporary, target)
            except OSError:
                os.unlink(temporary)
                raise
            _sync_folder(folder)
        except OSError as error:
            raise _outside(error, path) from None

    def remove(self, path: str) -> None:
        """Remove a file that must exist."""
        try:
            os.unlink(path)
        except OSError as error:
            raise _outside(error, path) from None

    def names(self, folder: str) -> list[str]:
        """Return the sorted names in a folder, or nothing where there is none."""
        try:
            return sorted(os.listdir(folder))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise _outside(error, folder) from None

    def _write_new(self, temporary: str, data: bytes, mode: int) -> None:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as stream:
                os.fchmod(stream.fileno(), mode)
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
        except OSError:
            os.unlink(temporary)
            raise


def read_up_to(handle: int, most: int) -> bytes:
    """Return what an open file still holds, or so many of its bytes.

    Python's own `read` makes room for all that is asked for, which takes longer than to read a
    small file.
    """
    parts: list[bytes] = []
    size = 0
    while size < most and (part := os.read(handle, min(max(_CHUNK, size), most - size))):
        parts.append(part)
        size += len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def is_there(path: str) -> bool:
    """Tell whether something is at a path, a dangling link too.

    Raises:
        OutsideError: It cannot be told; `os.path.lexists` takes that for an absence.
    """
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        # A file on the way there proves the absence just as well.
        return False
    except OSError as error:
        raise _outside(error, path) from None
    return True


def written_at(path: str) -> str:
    """Return the file behind a path that is to be written; links are kept, and written through.

    Raises:
        OutsideError: A link in a repository leads out of it. Whoever wrote the repository chose
            where to, and it may be any file of the user's.
    """
    target, shown = os.path.realpath(path), os.path.abspath(path)
    if target == shown:
        return target
    root, here = "", ""
    for name in shown.split("/")[1:]:
        here = f"{here}/{name}"
        if root and os.path.islink(here):
            inside = os.path.realpath(root).rstrip("/")
            if not f"{os.path.realpath(here)}/".startswith(f"{inside}/"):
                raise OutsideError(
                    f"{os.path.relpath(here, root)} is a link that leads out of the repository, "
                    "so nothing is written behind it",
                    path=path,
                )
        if any(os.path.lexists(f"{here}/{mark}") for mark in _MARKS):
            root = here
    return target


def _mode_of(target: str, mode: int | None) -> int:
    try:
        return os.stat(target).st_mode & 0o7777
    except FileNotFoundError:
        return 0o644 if mode is None else mode


def _sync_folder(folder: str) -> None:
    handle = os.open(folder, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _outside(error: OSError, path: str) -> OutsideError:
    reason = (error.strerror or "the system refused").lower()
    kind = NotThere if isinstance(error, FileNotFoundError) else OutsideError
    return kind(reason, path=path)
