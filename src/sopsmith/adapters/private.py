"""Write files that only their owner may read, in folders that only their owner may enter."""

from __future__ import annotations

import os

from sopsmith.adapters.files import LocalFiles
from sopsmith.errors import OutsideError

MODE = 0o600
FOLDER_MODE = 0o700


class PrivateFiles(LocalFiles):
    """`ports.Files` for identities: new files are 0600 and the folders made for them 0700."""

    def write(self, path: str, data: bytes, *, mode: int | None = None) -> None:
        """Replace a file in one step; see `ports.Files`."""
        make_folders(os.path.dirname(os.path.realpath(path)))
        super().write(path, data, mode=MODE if mode is None else mode)


def make_folders(folder: str) -> None:
    """Make a folder and those above it that are missing, for their owner alone.

    Raises:
        OutsideError: One cannot be made.
    """
    missing = []
    while not os.path.isdir(folder):
        missing.append(folder)
        folder = os.path.dirname(folder)
    for path in reversed(missing):
        try:
            os.mkdir(path, FOLDER_MODE)
        except FileExistsError:
            continue
        except OSError as error:
            reason = (error.strerror or "the system refused").lower()
            raise OutsideError(reason, path=path) from None


def is_open_to_others(path: str) -> bool:
    """Tell whether others than a file's owner have a right to it; False if there is no file."""
    try:
        return bool(os.stat(path).st_mode & 0o077)
    except OSError:
        return False
