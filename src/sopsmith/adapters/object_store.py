"""Keep objects in S3, and values in Vault's key-value engine.

Source: getsops/sops publish/s3.go, publish/vault.go.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sopsmith.adapters.aws_answers import bound_answers
from sopsmith.adapters.vault import Vault
from sopsmith.errors import OutsideError, RuleError
from sopsmith.ports import Stored

if TYPE_CHECKING:
    from sopsmith.adapters.environment import Settings
    from sopsmith.ports import ObjectStore
    from sopsmith.sops.destinations import Destination

_SOURCE = "sopsmith-source"
_MAX_SIZE = 64 * 1024 * 1024  # bytes


def open_store(rule: Destination, settings: Settings) -> ObjectStore:
    """Return the store that a destination rule names.

    Raises:
        RuleError: It is of a kind that cannot be reached.
    """
    if rule.kind == "s3":
        return S3Store(rule.fields["s3_bucket"], rule.fields["s3_prefix"])
    if rule.kind == "vault":
        return VaultStore(rule.fields, Vault(settings))
    raise RuleError(
        "publishing to Google Cloud Storage is not supported",
        key=rule.place,
        hint="the file is encrypted as it is, so it can be copied: gcloud storage cp FILE gs://…",
    )


class S3Store:
    """`ports.ObjectStore` over S3 or whatever speaks it, by boto3 (the extra `s3`).

    Credentials, region and `AWS_ENDPOINT_URL` come from boto3's usual places.
    """

    def __init__(self, bucket: str, prefix: str) -> None:
        try:
            import boto3
            from botocore.config import Config
        except ImportError:
            raise OutsideError("S3 needs boto3", hint="pip install 'sopsmith[s3]'") from None
        self._bucket = bucket
        self._prefix = prefix
        # Other stores than Amazon's often do not know the newer checksums.
        config = Config(
            connect_timeout=10,
            retries={"max_attempts": 3},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        with self._refusals(self.place("")):
            self._client: Any = bound_answers(boto3.client("s3", config=config))

    def place(self, name: str) -> str:
        """Return an object's address."""
        return f"s3://{self._bucket}/{self._prefix}{name}"

    def find(self, name: str) -> Stored | None:
        """Return an object, or None where there is none."""
        place = self.place(name)
        with self._refusals(place):
            try:
                found = self._client.get_object(Bucket=self._bucket, Key=self._prefix + name)
            except self._client.exceptions.NoSuchKey:
                return None
            data = found["Body"].read(_MAX_SIZE + 1)
        if len(data) > _MAX_SIZE:
            raise OutsideError("the object is larger than 64 MiB", path=place)
        return Stored(data, found.get("Metadata", {}).get(_SOURCE, ""))

    def write(self, name: str, data: bytes, source: str = "") -> None:
        """Put an object in its place."""
        with self._refusals(self.place(name)):
            self._client.put_object(
                Bucket=self._bucket,
                Key=self._prefix + name,
                Body=data,
                Metadata={_SOURCE: source} if source else {},
            )

    @contextmanager
    def _refusals(self, place: str) -> Iterator[None]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", "refused"))
            raise OutsideError(f"S3 refused: {code}", path=place) from None
        except (BotoCoreError, ValueError) as error:
            reason = f"S3 could not be asked: {type(error).__name__}"
            raise OutsideError(reason, path=place) from None


class VaultStore:
    """`ports.ObjectStore` over Vault's key-value engine: an object is a JSON mapping."""

    def __init__(self, fields: dict[str, str], vault: Vault) -> None:
        self._vault = vault
        self._versioned = fields["vault_kv_version"] != "1"
        self._address = (fields["vault_address"] or vault.address).rstrip("/")
        self._mount = (fields["vault_kv_mount_name"] or "secret").strip("/")
        self._path = fields["vault_path"].strip("/")

    def place(self, name: str) -> str:
        """Return an entry's address."""
        middle = "data/" if self._versioned else ""
        return f"{self._address}/v1/{self._mount}/{middle}{self._path}/{name}"

    def find(self, name: str) -> Stored | None:
        """Return an entry as JSON with sorted keys, or None where there is none."""
        found = self._vault.ask("GET", self.place(name))
        if found is None:
            return None
        values = found.get("data") if self._versioned else found
        return None if values is None else Stored(json.dumps(values, sort_keys=True).encode())

    def write(self, name: str, data: bytes, source: str = "") -> None:  # noqa: ARG002
        """Put a mapping in an entry's place; of a source nothing is kept."""
        values = json.loads(data)
        self._vault.ask("POST", self.place(name), {"data": values} if self._versioned else values)
