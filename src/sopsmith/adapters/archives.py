"""Open the archive that `sopsmith.yaml` names."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from sopsmith.adapters.archive_folder import FolderArchive
from sopsmith.errors import LayoutError

if TYPE_CHECKING:
    from sopsmith.adapters.environment import Settings
    from sopsmith.ports import Archive
    from sopsmith.repo.backup_settings import BackupSettings

_FORMS = "write store: s3://BUCKET/PREFIX or file:///FOLDER"


def open_archive(backup: BackupSettings, settings: Settings) -> Archive:
    """Return the archive that the settings name; the default is a folder of the user's own.

    Raises:
        LayoutError: They name none, or the default has no place because there is no HOME.
    """
    if not backup.store:
        return FolderArchive(_own_folder(settings), ours=True)
    parts = urlsplit(backup.store)
    if parts.scheme == "file" and parts.path:
        return FolderArchive(unquote(parts.path))
    raise LayoutError("is no store", path="sopsmith.yaml", key="backup.store", hint=_FORMS)


def _own_folder(settings: Settings) -> str:
    if not settings.data_home:
        raise LayoutError(
            "there is no HOME to keep backups in",
            path="sopsmith.yaml",
            key="backup.store",
            hint=_FORMS,
        )
    return os.path.join(settings.data_home, "sopsmith", "backups")
