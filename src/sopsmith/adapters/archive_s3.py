"""Keep backups in S3, where nothing that stands is replaced and nothing deleted is forgotten."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from typing import Any, NamedTuple

from sopsmith.adapters.archive_name import MAX_SIZE, check_name, is_name, too_large
from sopsmith.adapters.s3 import S3Place, check_list, code_of, lacks, open_client, refusals
from sopsmith.errors import Conflict, OutsideError, Unreachable
from sopsmith.repo.s3_variables import S3Access

_TAKEN = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409"})


class _Version(NamedTuple):
    """A version that the store lists; the mark of a deletion is none."""

    key: str
    number: str


class S3Archive:
    """`ports.Archive` over S3.

    Names and absences are taken from the list of versions: an object that somebody deleted in a
    bucket with versioning is still listed, is found by its newest version, and its name stays
    taken. A PUT with `If-None-Match: *` alone would take it: MinIO 2026-02-12 answers 412 where
    an object stands, as AWS does, but stores over the mark of a deletion.

    A server that refuses such a condition as unknown gets a PUT without it, if the bucket keeps
    versions, so that nothing can be lost. One that ignores it in silence cannot be told from one
    that obeys; so after every PUT the name must have a single version.
    """

    def __init__(self, place: S3Place, access: S3Access | None = None) -> None:
        self._at = place
        self._client: Any = open_client(place, access)

    def place(self, name: str) -> str:
        """Return an object's address."""
        return self._at.of(name)

    def names(self) -> list[str]:
        """Return the sorted names of all objects, deleted ones too while a version stands."""
        with refusals(self.place("")):
            keys = {version.key for version in self._versions(self._at.prefix)}
        cut = len(self._at.prefix)
        return sorted(key[cut:] for key in keys if is_name(key[cut:]))

    def find(self, name: str) -> bytes | None:
        """Return an object, or None where the store lists no version of it."""
        key = self._key(name)
        with refusals(self.place(name)):
            try:
                return self._get(name)
            except self._client.exceptions.NoSuchKey:
                pass
            standing = [one for one in self._versions(key) if one.key == key]
            return self._get(name, standing[0].number) if standing else None

    def create(self, name: str, data: bytes) -> None:
        """Store an object under a name that no version has."""
        from botocore.exceptions import ClientError

        with refusals(self.place(name)):
            if self._count(name):
                raise self._conflict(name)
            try:
                self._put(name, data, IfNoneMatch="*")
            except ClientError as error:
                if code_of(error) in _TAKEN:
                    # A PUT whose answer was lost is sent again, and then finds itself.
                    if self.find(name) == data:
                        return
                    raise self._conflict(name) from None
                if not lacks(error):
                    raise
                self._put_where_versions_stay(name, data)
            if self._count(name) > 1:
                raise Conflict(
                    "somebody else stored under this name at the same moment; both are kept",
                    path=self.place(name),
                    hint="run the same command again",
                )

    def replace(self, name: str, data: bytes) -> None:
        """Store an object, in place of one that may be there."""
        check_name(name)
        with refusals(self.place(name)):
            self._put(name, data)

    def _key(self, name: str) -> str:
        return self._at.prefix + check_name(name)

    def _conflict(self, name: str) -> Conflict:
        return Conflict("stands there already and was not replaced", path=self.place(name))

    def _get(self, name: str, version: str = "") -> bytes:
        words = {"VersionId": version} if version else {}
        found = self._client.get_object(Bucket=self._at.bucket, Key=self._key(name), **words)
        # Without a length nobody could tell the whole from a part; with it, boto3 does.
        if "ContentLength" not in found:
            raise Unreachable("S3 did not say how long the object is", path=self.place(name))
        if found["ContentLength"] > MAX_SIZE:
            raise too_large(self.place(name))
        return bytes(found["Body"].read())

    def _put(self, name: str, data: bytes, **conditions: str) -> None:
        # Object lock wants a checksum, and this is the one that every server knows. It is
        # against damage on the way; what a backup is held to is the SHA-256 in it.
        digest = hashlib.md5(data, usedforsecurity=False).digest()
        self._client.put_object(
            Bucket=self._at.bucket,
            Key=self._key(name),
            Body=data,
            ContentMD5=base64.b64encode(digest).decode(),
            **conditions,
        )

    def _put_where_versions_stay(self, name: str, data: bytes) -> None:
        found = self._client.get_bucket_versioning(Bucket=self._at.bucket)
        if found.get("Status") != "Enabled":
            raise OutsideError(
                "the server neither refuses to replace an object nor keeps what is replaced",
                path=self.place(name),
                hint="turn versioning on: sopsmith key bucket",
            )
        self._put(name, data)

    def _count(self, name: str) -> int:
        """Return how many versions a name has."""
        key = self._key(name)
        return sum(version.key == key for version in self._versions(key))

    def _versions(self, prefix: str) -> Iterator[_Version]:
        """Yield all versions under a prefix, the newest of a key first."""
        from botocore.exceptions import ClientError

        words = {"Bucket": self._at.bucket, "Prefix": prefix}
        try:
            for page in self._client.get_paginator("list_object_versions").paginate(**words):
                check_list(page, self._at)
                for one in page.get("Versions", ()):
                    yield _Version(one["Key"], one["VersionId"])
        except ClientError as error:
            if not lacks(error):
                raise
            # A server without versions lists what stands.
            for page in self._client.get_paginator("list_objects_v2").paginate(**words):
                check_list(page, self._at)
                for one in page.get("Contents", ()):
                    yield _Version(one["Key"], "null")
