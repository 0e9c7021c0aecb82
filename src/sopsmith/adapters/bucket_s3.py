"""Look at a bucket of S3, and make it one that loses nothing.

Source: what the servers answer was seen at MinIO 2026-02-12, which has no public access block
(GET 501, PUT 400), gives object lock to new buckets alone (InvalidBucketState), and whose
GetBucketPolicyStatus calls a bucket private that a policy opens to everybody; so policies are
read here.
"""

from __future__ import annotations

import json
from typing import Any

from sopsmith.adapters.s3 import S3Place, check_list, code_of, lacks, open_client, refusals
from sopsmith.errors import Conflict, Denied, OutsideError
from sopsmith.ports import Retention
from sopsmith.repo.s3_variables import S3Access

_EVERYBODY = ("/AllUsers", "/AuthenticatedUsers")
_BLOCK = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
_NO_LOCATION = frozenset({"InvalidLocationConstraint", "IllegalLocationConstraintException"})
_NO_LOCK_HERE = frozenset({"InvalidBucketState", "InvalidRequest"})


class S3Bucket:
    """`ports.Bucket` over S3."""

    def __init__(self, place: S3Place, access: S3Access | None = None) -> None:
        self.address = f"s3://{place.bucket}"
        self._at = place
        self._bucket = place.bucket
        self._client: Any = open_client(place, access)

    def exists(self) -> bool:
        """Tell whether the bucket is there, by a request whose refusals have a code."""
        with refusals(self.address):
            try:
                found = self._client.list_objects_v2(Bucket=self._bucket, MaxKeys=1)
            except self._client.exceptions.NoSuchBucket:
                return False
            check_list(found, self._at)
        return True

    def make(self) -> None:
        """Make the bucket in its region, able to lock objects where the server knows that.

        Raises:
            Conflict: Somebody else has a bucket of this name.
        """
        from botocore.exceptions import ClientError

        with refusals(self.address):
            try:
                self._create(ObjectLockEnabledForBucket=True)
            except ClientError as error:
                code = code_of(error)
                if code == "BucketAlreadyExists":
                    raise Conflict(
                        "somebody else has a bucket of this name",
                        path=self.address,
                        hint="choose another for backup.store in sopsmith.yaml",
                    ) from None
                if code == "BucketAlreadyOwnedByYou":
                    return
                if not lacks(error):
                    raise
                self._create()

    def open_to(self) -> list[str]:
        """Return what lets everybody in; nothing where the bucket blocks public access."""
        with refusals(self.address):
            blocks = self._blocks_public_access()
            if blocks:
                return []
            found = self._public_grants() + self._public_statements()
            if blocks is None or found:
                return found
            return ["whomever a policy or an ACL may let in one day: public access is not blocked"]

    def close(self) -> None:
        """Block public access, or take public grants out where the server cannot block it."""
        with refusals(self.address):
            if self._blocks_public_access() is not None:
                block = dict.fromkeys(_BLOCK, True)
                self._client.put_public_access_block(
                    Bucket=self._bucket, PublicAccessBlockConfiguration=block
                )
                return
            if self._public_statements():
                # A policy may hold more than this, and somebody wrote it.
                raise OutsideError(
                    "the bucket's policy lets everybody in, and sopsmith does not change policies",
                    path=self.address,
                    hint=f"aws s3api get-bucket-policy --bucket {self._bucket} "
                    f"--endpoint-url {self._endpoint()}",
                )
            self._client.put_bucket_acl(Bucket=self._bucket, ACL="private")

    def keeps_versions(self) -> bool:
        """Tell whether versioning is on."""
        with refusals(self.address):
            found = self._client.get_bucket_versioning(Bucket=self._bucket)
        return bool(found.get("Status") == "Enabled")

    def keep_versions(self) -> None:
        """Turn versioning on."""
        with refusals(self.address):
            self._client.put_bucket_versioning(
                Bucket=self._bucket, VersioningConfiguration={"Status": "Enabled"}
            )

    def expiries(self) -> list[str]:
        """Return the lifecycle rules that let objects under the prefix expire."""
        call = self._client.get_bucket_lifecycle_configuration
        with refusals(self.address):
            found = self._ask(call, "NoSuchLifecycleConfiguration") or {}
        return [
            f"rule {rule.get('ID', '') or 'without a name'}"
            for rule in found.get("Rules", ())
            if _expires(rule, self._at.prefix)
        ]

    def retention(self) -> Retention | None:
        """Return the default retention; None where the bucket has no object lock."""
        with refusals(self.address):
            found = self._ask(
                self._client.get_object_lock_configuration, "ObjectLockConfigurationNotFoundError"
            )
        if not found:
            return None
        rule = found["ObjectLockConfiguration"].get("Rule", {}).get("DefaultRetention", {})
        days = rule.get("Days", 0) + 365 * rule.get("Years", 0)
        return Retention(days, rule.get("Mode", ""))

    def retain(self, days: int) -> None:
        """Set the default retention.

        Raises:
            OutsideError: The server gives object lock to new buckets alone.
        """
        from botocore.exceptions import ClientError

        standing = self.retention()
        mode = (standing.mode if standing else "") or "GOVERNANCE"
        wish = {
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": {"Mode": mode, "Days": days}},
        }
        with refusals(self.address):
            try:
                self._client.put_object_lock_configuration(
                    Bucket=self._bucket, ObjectLockConfiguration=wish
                )
            except ClientError as error:
                if code_of(error) not in _NO_LOCK_HERE and not lacks(error):
                    raise
                raise OutsideError(
                    "this server cannot give object lock to a bucket that was made without it",
                    path=self.address,
                    hint="name a new bucket in backup.store and run this again, or take out "
                    "backup.retention_days and rely on versioning",
                ) from None

    def _create(self, **options: bool) -> None:
        from botocore.exceptions import ClientError

        region = self._client.meta.region_name
        words: dict[str, Any] = {"Bucket": self._bucket, **options}
        if region in (None, "us-east-1", "aws-global"):
            self._client.create_bucket(**words)
            return
        try:
            location = {"LocationConstraint": region}
            self._client.create_bucket(**words, CreateBucketConfiguration=location)
        except ClientError as error:
            if code_of(error) not in _NO_LOCATION or ".amazonaws.com" in self._endpoint():
                raise
            # Elsewhere the endpoint is the region, and its name there may be another.
            self._client.create_bucket(**words)

    def _endpoint(self) -> str:
        return str(self._client.meta.endpoint_url)

    def _ask(self, call: Any, absent: str) -> dict[str, Any] | None:
        """Return an answer; an empty one where there is nothing, None where it is not known."""
        from botocore.exceptions import ClientError

        try:
            return dict(call(Bucket=self._bucket))
        except ClientError as error:
            if code_of(error) == absent:
                return {}
            if lacks(error):
                return None
            raise

    def _blocks_public_access(self) -> bool | None:
        """Tell whether public access is blocked; None where the server cannot do so."""
        found = self._ask(
            self._client.get_public_access_block, "NoSuchPublicAccessBlockConfiguration"
        )
        if found is None:
            return None
        block = found.get("PublicAccessBlockConfiguration", {})
        return all(block.get(name) for name in _BLOCK)

    def _public_grants(self) -> list[str]:
        found = self._ask(self._client.get_bucket_acl, "AccessControlListNotSupported") or {}
        return [
            f"everybody, by its ACL: {grant['Permission']}"
            for grant in found.get("Grants", ())
            if str(grant.get("Grantee", {}).get("URI", "")).endswith(_EVERYBODY)
        ]

    def _public_statements(self) -> list[str]:
        found = self._ask(self._client.get_bucket_policy, "NoSuchBucketPolicy") or {}
        try:
            statements = public_statements(json.loads(found.get("Policy", "{}")))
        except (ValueError, AttributeError, TypeError):
            raise Denied("the bucket's policy cannot be understood", path=self.address) from None
        return [f"everybody, by its policy: {actions}" for actions in statements]


def _expires(rule: dict[str, Any], prefix: str) -> bool:
    """Tell whether a lifecycle rule deletes untagged objects under a prefix.

    Older versions may expire: of a backup there is one alone, the current one.
    """
    chosen = rule.get("Filter", {})
    chosen = chosen.get("And", chosen)
    if "Tag" in chosen or "Tags" in chosen or rule.get("Status") != "Enabled":
        return False
    begins = chosen.get("Prefix", rule.get("Prefix", ""))
    ends = rule.get("Expiration", {})
    return bool(ends.get("Days") or ends.get("Date")) and (
        begins.startswith(prefix) or prefix.startswith(begins)
    )


def public_statements(policy: dict[str, Any]) -> list[str]:
    """Return the actions that a policy allows everybody, one text a statement.

    A condition may narrow it; whether it does is not judged.
    """
    statements = policy.get("Statement", [])
    found = []
    for one in statements if isinstance(statements, list) else [statements]:
        principal = one.get("Principal", "*" if "NotPrincipal" in one else "")
        named = principal.get("AWS", "") if isinstance(principal, dict) else principal
        if one.get("Effect") == "Allow" and "*" in (named if isinstance(named, list) else [named]):
            actions = one.get("Action", one.get("NotAction", ""))
            found.append(", ".join(actions) if isinstance(actions, list) else str(actions))
    return found
