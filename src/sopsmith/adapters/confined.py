"""Read files of one repository and no others.

A generator is text that somebody committed. It must not make the plugin, which runs with the
cluster's identity, read and print what lies elsewhere on the machine.
"""

from __future__ import annotations

import os

from sopsmith.adapters.files import MAX_SIZE, LocalFiles
from sopsmith.errors import OutsideError
from sopsmith.kube.tenants import FOLDER, subtree_of
from sopsmith.kube.wildcard import has_wildcard, matches

_MARKS = (".git", "sopsmith.yaml", ".sops.yaml")


def find_root(folder: str) -> str:
    """Return the repository that a folder lies in, absolute and without symbolic links.

    The nearest folder upwards with `.git` in it; without one, the nearest with
    `sopsmith.yaml`; then with `.sops.yaml`; and the folder itself where there is none of them.
    """
    return _find_mark(os.path.realpath(folder))


def _find_mark(start: str) -> str:
    for mark in _MARKS:
        here = start
        while True:
            if os.path.lexists(os.path.join(here, mark)):
                return here
            parent = os.path.dirname(here)
            if parent == here:
                break
            here = parent
    return start


def own_root(folder: str, root: str) -> str:
    """Return what a folder may read of a repository: a tenant its own subtree, others the whole.

    Args:
        folder: Inside the root; both are absolute and without symbolic links.
    """
    inside = folder.startswith(root.rstrip("/") + "/")
    if not inside or f"/{FOLDER}/" not in folder:
        return root
    # The platform may be a folder of its repository. From the top, so that no mark that a tenant
    # puts into its own folder counts.
    parts = os.path.relpath(folder, root).split("/")
    for at in range(len(parts)):
        platform = os.path.join(root, *parts[:at])
        subtree = subtree_of("/".join(parts[at:]))
        if subtree and (not at or os.path.lexists(os.path.join(platform, "sopsmith.yaml"))):
            return os.path.join(platform, subtree)
    return root


class ConfinedFiles:
    """Read files by paths relative to a folder, as long as they lie in one root.

    What lies in `tenants/NAME` reads nothing outside of that: the identity that opens a tenant's
    files may be the platform's.

    Args:
        folder: What relative paths start from.
        root: The folder that nothing may leave; found from `folder` unless given.
    """

    def __init__(self, folder: str, root: str = "") -> None:
        self.folder = os.path.realpath(folder)
        whole = os.path.realpath(root) if root else _find_mark(self.folder)
        self.root = own_root(self.folder, whole)
        self._what = "repository" if self.root == whole else "tenant's folder"
        self._inside: dict[str, str] = {}

    def read(self, path: str) -> bytes:
        """Return a file's bytes.

        Raises:
            OutsideError: It lies outside the root, also by way of a symbolic link; it is
                missing, unreadable or larger than 64 MiB.
        """
        folder, name = os.path.split(path)
        if name in {"", ".", ".."}:
            raise OutsideError("is not a file", path=path)
        try:
            return _read(os.path.join(self._real_folder(folder, path), name))
        except OSError as error:
            import errno

            if error.errno != errno.ELOOP:
                raise OutsideError((error.strerror or "unreadable").lower(), path=path) from None
        # The file is itself a symbolic link; where it leads to counts.
        target = os.path.realpath(os.path.join(self.folder, path))
        self._check(target, path)
        return LocalFiles().read(target)

    def expand(self, pattern: str) -> list[str]:
        """Return the files that a path with wildcards means, sorted, or the plain path itself.

        Raises:
            OutsideError: Nothing matches, or it looks outside the root.
        """
        if not has_wildcard(pattern) or os.path.lexists(os.path.join(self.folder, pattern)):
            return [pattern]
        if "**" in pattern.split("/"):
            raise OutsideError("`**` is not supported: name each folder", path=pattern)
        found = ["/" if pattern.startswith("/") else ""]
        for part in pattern.strip("/").split("/"):
            found = [path for start in found for path in self._step(start, part, pattern)]
        found = [path for path in found if os.path.isfile(os.path.join(self.folder, path))]
        if not found:
            raise OutsideError(
                "no file matches",
                path=pattern,
                hint="a generator that makes nothing would let Argo CD remove its Secrets",
            )
        return sorted(found)

    def _step(self, start: str, part: str, pattern: str) -> list[str]:
        if not has_wildcard(part):
            return [os.path.join(start, part)]
        folder = self._real_folder(start, pattern)
        try:
            names = os.listdir(folder)
        except OSError:
            return []
        return [os.path.join(start, name) for name in names if matches(name, part)]

    def _real_folder(self, folder: str, path: str) -> str:
        """Return a folder without symbolic links, once it is known to lie inside."""
        real = self._inside.get(folder)
        if real is None:
            # What a generator names lies beside it, as a rule.
            own = folder in {"", "."}
            real = self.folder if own else os.path.realpath(os.path.join(self.folder, folder))
            self._check(real, path)
            self._inside[folder] = real
        return real

    def _check(self, real: str, path: str) -> None:
        if real != self.root and not real.startswith(self.root.rstrip("/") + "/"):
            raise OutsideError(
                f"lies outside the {self._what}",
                path=path,
                hint=f"only files under {self.root} are read",
            )


def _read(path: str) -> bytes:
    # Without following a link, so that what was checked is what is opened.
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        size = os.fstat(handle).st_size
        if size > MAX_SIZE:
            import errno

            raise OSError(errno.EFBIG, f"the file is larger than {MAX_SIZE // 1024 // 1024} MiB")
        data = os.read(handle, size + 1)
        while len(data) <= size and (more := os.read(handle, size + 1)):
            data += more
        return data
    finally:
        os.close(handle)
