"""The store of sopsmith.yaml becomes an archive, and nothing else does."""

from __future__ import annotations

import pytest

from sopsmith.adapters.archive_folder import FolderArchive
from sopsmith.adapters.archives import open_archive, open_place
from sopsmith.adapters.environment import read_settings
from sopsmith.errors import LayoutError
from sopsmith.repo.backup_settings import BackupSettings
from sopsmith.repo.s3_variables import S3Access
from sopsmith.secret import Secret


@pytest.mark.parametrize(
    ("store", "environ", "path"),
    [
        ("", {"HOME": "/home/a"}, "/home/a/.local/share/sopsmith/backups"),
        ("", {"HOME": "/home/a", "XDG_DATA_HOME": "/data"}, "/data/sopsmith/backups"),
        (
            "",
            {"HOME": "/home/a", "XDG_DATA_HOME": "no/path"},
            "/home/a/.local/share/sopsmith/backups",
        ),
        ("file:///mnt/a%20b/", {}, "/mnt/a b"),
    ],
)
def test_a_folder_is_the_one_that_is_named(store: str, environ: dict[str, str], path: str) -> None:
    archive = open_archive(BackupSettings(store=store), read_settings(environ))
    assert isinstance(archive, FolderArchive)
    assert archive.path == path


@pytest.mark.parametrize("store", ["", "ftp://a/b", "file:"])
def test_what_names_no_store_is_refused(store: str) -> None:
    with pytest.raises(LayoutError) as caught:
        open_archive(BackupSettings(store=store), read_settings({}))
    assert caught.value.key == "backup.store"
    assert "s3://BUCKET/PREFIX" in (caught.value.hint or "")


def test_the_repository_sends_credentials_of_one_service_to_no_other() -> None:
    named = BackupSettings(store="s3://bucket", endpoint="https://evil.example")
    access = S3Access("ACME", Secret(b"a"), Secret(b"b"), "https://s3.acme.example")
    for opening in (open_archive, open_place):
        with pytest.raises(LayoutError, match="ACME_S3_ENDPOINT") as caught:
            opening(named, read_settings({}), access)
        assert caught.value.key == "backup.endpoint"
