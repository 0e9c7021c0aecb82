"""Read a repository by paths relative to its root, and nothing that lies outside of it."""

from __future__ import annotations

import os

from sopsmith.adapters.files import LocalFiles, is_there
from sopsmith.errors import OutsideError


class RootedFiles:
    """`ports.Files` over one repository, without its writing half.

    A symbolic link counts as where it leads.

    Args:
        root: The folder that nothing may leave.
    """

    def __init__(self, root: str) -> None:
        self.root = os.path.realpath(root)
        self._files = LocalFiles()

    def read(self, path: str) -> bytes:
        """Return a file's bytes.

        Raises:
            OutsideError: It lies outside of the root, or cannot be read.
        """
        real = self._inside(path)
        try:
            return self._files.read(real)
        except OutsideError as error:
            # Errors call a file as the repository does.
            error.path = path
            raise

    def find(self, path: str) -> bytes | None:
        """Return a file's bytes, or None where no file stands at that path."""
        return self.read(path) if is_there(os.path.join(self.root, path)) else None

    def names(self, folder: str) -> list[str]:
        """Return the sorted names in a folder, or nothing where there is none."""
        return self._files.names(self._inside(folder))

    def folder_of(self, path: str) -> str | None:
        """Return a folder's true path relative to the root, or None where there is none."""
        real = self._inside(path)
        return os.path.relpath(real, self.root) if os.path.isdir(real) else None

    def write(self, path: str, data: bytes, *, mode: int | None = None) -> None:  # noqa: ARG002
        """Refuse: nothing is written here."""
        raise OutsideError("is only read", path=path)

    def remove(self, path: str) -> None:
        """Refuse: nothing is removed here."""
        raise OutsideError("is only read", path=path)

    def _inside(self, path: str) -> str:
        real = os.path.realpath(os.path.join(self.root, path))
        if real != self.root and not real.startswith(self.root.rstrip("/") + "/"):
            raise OutsideError(
                "leads outside of the repository by a symbolic link",
                path=path,
                hint="the sidecar reads nothing else of the machine",
            )
        return real
