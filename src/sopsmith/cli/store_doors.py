"""Open the store of backups that a repository names, with the credentials at hand."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from sopsmith.adapters.environment import read_settings
from sopsmith.adapters.files import LocalFiles

if TYPE_CHECKING:
    from sopsmith.ports import Archive, Place
    from sopsmith.repo.backup_settings import BackupSettings
    from sopsmith.repo.s3_variables import S3Access


def open_store(root: str, backup: BackupSettings) -> Archive:
    """Return the archive that a repository's settings name.

    Raises:
        OutsideError: It cannot be set up. LayoutError, EnvFileError: as the files say.
    """
    from sopsmith.adapters.archives import open_archive

    return open_archive(backup, read_settings(), find_credentials(root, backup))


def open_store_place(root: str, backup: BackupSettings) -> Place:
    """Return what holds that archive, to be made ready.

    Raises:
        As `open_store`.
    """
    from sopsmith.adapters.archives import open_place

    return open_place(backup, read_settings(), find_credentials(root, backup))


def find_credentials(root: str, backup: BackupSettings) -> S3Access | None:
    """Return the credentials of the repository's `.env`, or None: boto3 then finds its own.

    An AWS_ACCESS_KEY_ID of the environment was set for this run, so it goes before a file.

    Raises:
        EnvFileError: The `.env` does not parse, or does not say which credentials to take.
    """
    from sopsmith.repo.s3_variables import CHOICE, find_access

    choice = read_settings().get(CHOICE)
    if not backup.store.startswith("s3://"):
        return None
    if os.environ.get("AWS_ACCESS_KEY_ID") and not choice:
        return None
    path = os.path.relpath(os.path.join(root, ".env"))
    data = LocalFiles().find(path)
    if data is None and not choice:
        return None
    from sopsmith.formats import env_file

    bucket = backup.store.removeprefix("s3://").partition("/")[0]
    return find_access(env_file.parse(data or b"", path), path, bucket, choice)
