"""Read the `backup` block of `sopsmith.yaml`: where backups of identities are kept."""

from __future__ import annotations

from dataclasses import dataclass

from sopsmith.errors import LayoutError
from sopsmith.repo.strict import Fields

_FIELDS = ("store", "endpoint", "region", "retention_days")


@dataclass(frozen=True)
class BackupSettings:
    """Where backups are kept. Credentials are never here: they come from the environment.

    Attributes:
        store: `s3://bucket/prefix` or `file:///folder`; "" for a folder of the user's own.
        endpoint: `https://…` of an S3 service that is not AWS; "" for AWS.
        region: "" for what the service takes without one.
        retention_days: How long the store shall refuse to delete a backup; None for no lock.
    """

    store: str = ""
    endpoint: str = ""
    region: str = ""
    retention_days: int | None = None


def parse_backup(top: Fields) -> BackupSettings:
    """Return what the block says.

    Raises:
        LayoutError: A field is unknown or not what it should be; names its key path.
    """
    fields = top.fields("backup", _FIELDS)
    return BackupSettings(
        store=fields.checked(_check_store, fields.text("store", ""), "store"),
        endpoint=fields.checked(_check_endpoint, fields.text("endpoint", ""), "endpoint"),
        region=fields.text("region", ""),
        retention_days=fields.count("retention_days"),
    )


def _check_store(text: str) -> str:
    scheme, host, path = _split(text) if text else ("", "", "")
    if text and not (scheme == "s3" and host) and not (scheme == "file" and not host and path):
        raise LayoutError("is no store: s3://BUCKET/PREFIX or file:///FOLDER")
    return text


def _check_endpoint(text: str) -> str:
    scheme, host, _ = _split(text) if text else ("", "", "")
    if text and not (scheme in ("http", "https") and host):
        raise LayoutError("is no address that begins with https://")
    return text


def _split(text: str) -> tuple[str, str, str]:
    """Return scheme, host and path of an address; it is never quoted.

    Raises:
        LayoutError: It holds credentials, or more than an address has.
    """
    # It takes longer to load than all settings, which name a store but seldom.
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(text)
    except ValueError:
        raise LayoutError("is no address") from None
    if "@" in parts.netloc or parts.query or parts.fragment or not text.isprintable():
        raise LayoutError(
            "holds more than scheme, host and path",
            hint="credentials come from the environment, such as AWS_ACCESS_KEY_ID",
        )
    return parts.scheme, parts.netloc, parts.path
