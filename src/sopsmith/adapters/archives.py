"""Open the archive that `sopsmith.yaml` names."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from sopsmith.adapters.archive_folder import FolderArchive, FolderPlace
from sopsmith.errors import LayoutError

if TYPE_CHECKING:
    from sopsmith.adapters.environment import Settings
    from sopsmith.adapters.s3 import S3Place
    from sopsmith.ports import Archive, Place
    from sopsmith.repo.backup_settings import BackupSettings
    from sopsmith.repo.s3_variables import S3Access

_FORMS = "write store: s3://BUCKET/PREFIX or file:///FOLDER"


def open_archive(
    backup: BackupSettings, settings: Settings, access: S3Access | None = None
) -> Archive:
    """Return the archive that the settings name; the default is a folder of the user's own.

    Args:
        access: Credentials for S3; without them boto3 looks in its usual places.

    Raises:
        LayoutError: They name none, or the default has no place because there is no HOME.
        OutsideError: It is in S3, and boto3 is missing or cannot be set up.
    """
    if backup.store.startswith("s3://"):
        from sopsmith.adapters.archive_s3 import S3Archive

        return S3Archive(_s3_place(backup, access), access)
    folder = _folder(backup, settings)
    return FolderArchive(folder, ours=not backup.store)


def open_place(backup: BackupSettings, settings: Settings, access: S3Access | None = None) -> Place:
    """Return what holds the archive, to be made ready for it; a `ports.Bucket` in S3.

    Raises:
        As `open_archive`.
    """
    if backup.store.startswith("s3://"):
        from sopsmith.adapters.bucket_s3 import S3Bucket

        return S3Bucket(_s3_place(backup, access), access)
    return FolderPlace(_folder(backup, settings))


def _s3_place(backup: BackupSettings, access: S3Access | None) -> S3Place:
    from sopsmith.adapters.s3 import S3Place

    parts = urlsplit(backup.store)
    prefix = parts.path.strip("/")
    if access and access.endpoint and backup.endpoint:
        _check_endpoint(backup.endpoint, access)
    return S3Place(
        parts.netloc,
        f"{prefix}/" if prefix else "",
        backup.endpoint or (access.endpoint if access else ""),
        backup.region or (access.region if access else ""),
    )


def _check_endpoint(named: str, access: S3Access) -> None:
    """Refuse another service than the one for which the `.env` holds the credentials.

    Raises:
        LayoutError: sopsmith.yaml names another, as somebody may who only writes to Git.
    """
    if urlsplit(named).netloc.lower() != urlsplit(access.endpoint).netloc.lower():
        variable = f"{access.owner}_S3_ENDPOINT" if access.owner else "S3_ENDPOINT"
        raise LayoutError(
            f"is another service than {variable} of the .env, whose credentials it would get",
            path="sopsmith.yaml",
            key="backup.endpoint",
            hint="git log -p -- sopsmith.yaml; if it is right, change the .env",
        )


def _folder(backup: BackupSettings, settings: Settings) -> str:
    parts = urlsplit(backup.store)
    if parts.scheme == "file" and parts.path:
        return unquote(parts.path)
    if not backup.store:
        return _own_folder(settings)
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
