"""What an S3 server says of a bucket is understood; a real MinIO's words are in tests/e2e."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from tests.contracts.s3_fake import ENVIRON, S3Fake, serving

from sopsmith.adapters.bucket_s3 import S3Bucket, public_statements
from sopsmith.adapters.s3 import S3Place
from sopsmith.errors import Denied, OutsideError, Unreachable
from sopsmith.ports import Retention

ACL = (
    b"<AccessControlPolicy><AccessControlList><Grant><Grantee xmlns:xsi="
    b'"http://www.w3.org/2001/XMLSchema-instance" xsi:type="Group">'
    b"<URI>http://acs.amazonaws.com/groups/global/AllUsers</URI></Grantee>"
    b"<Permission>READ</Permission></Grant></AccessControlList></AccessControlPolicy>"
)
POLICY = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject"]}]}


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[S3Fake, S3Bucket]]:
    """Return a server and what asks it for a bucket."""
    with pytest.MonkeyPatch.context() as patch, serving() as server:
        for name, value in ENVIRON.items():
            patch.setenv(name, value)
        yield server, S3Bucket(S3Place("backups", "kept/", server.address))


@pytest.fixture
def server(running: tuple[S3Fake, S3Bucket]) -> S3Fake:
    """Return the server, empty."""
    running[0].reset()
    return running[0]


@pytest.fixture
def bucket(running: tuple[S3Fake, S3Bucket], server: S3Fake) -> S3Bucket:
    """Return a bucket that is not there."""
    return running[1]


def test_a_bucket_is_made_once_and_with_object_lock(bucket: S3Bucket) -> None:
    assert not bucket.exists()
    bucket.make()
    bucket.make()
    assert bucket.exists()
    assert bucket.retention() == Retention(0)


def test_versioning_and_retention_are_read_back(bucket: S3Bucket) -> None:
    bucket.make()
    assert not bucket.keeps_versions()
    bucket.keep_versions()
    bucket.retain(30)
    assert bucket.keeps_versions()
    assert bucket.retention() == Retention(30, "GOVERNANCE")


def test_a_mode_that_was_chosen_stays(server: S3Fake, bucket: S3Bucket) -> None:
    bucket.make()
    rule = (
        b"<Rule><DefaultRetention><Mode>COMPLIANCE</Mode><Years>1</Years></DefaultRetention></Rule>"
    )
    lock = b"<ObjectLockConfiguration>%s</ObjectLockConfiguration>" % rule
    server.subresources["backups", "object-lock"] = lock
    assert bucket.retention() == Retention(365, "COMPLIANCE")
    bucket.retain(400)
    assert bucket.retention() == Retention(400, "COMPLIANCE")


def test_public_access_is_blocked_where_the_server_can(bucket: S3Bucket) -> None:
    bucket.make()
    assert "not blocked" in bucket.open_to()[0]
    bucket.close()
    assert bucket.open_to() == []


def test_a_block_with_a_gap_is_none(server: S3Fake, bucket: S3Bucket) -> None:
    bucket.make()
    bucket.close()
    block = server.subresources["backups", "publicAccessBlock"]
    gap = block.replace(b"<BlockPublicPolicy>true<", b"<BlockPublicPolicy>false<")
    server.subresources["backups", "publicAccessBlock"] = gap
    assert gap != block
    assert "not blocked" in bucket.open_to()[0]


def test_where_it_cannot_be_blocked_grants_are_found_and_taken_out(
    server: S3Fake, bucket: S3Bucket
) -> None:
    bucket.make()
    server.faults.lacks = {"publicAccessBlock"}
    assert bucket.open_to() == []
    server.subresources["backups", "acl"] = ACL
    assert bucket.open_to() == ["everybody, by its ACL: READ"]
    bucket.close()
    assert bucket.open_to() == []


def test_a_public_policy_is_found_and_left_to_its_author(server: S3Fake, bucket: S3Bucket) -> None:
    bucket.make()
    server.faults.lacks = {"publicAccessBlock"}
    server.subresources["backups", "policy"] = json.dumps(POLICY).encode()
    assert bucket.open_to() == ["everybody, by its policy: s3:GetObject"]
    with pytest.raises(OutsideError, match="does not change policies") as caught:
        bucket.close()
    hint = f"aws s3api get-bucket-policy --bucket backups --endpoint-url {server.address}"
    assert caught.value.hint == hint


def test_a_policy_that_is_not_understood_is_not_taken_for_private(
    server: S3Fake, bucket: S3Bucket
) -> None:
    bucket.make()
    server.subresources["backups", "policy"] = b'{"Statement": [7]}'
    with pytest.raises(Denied, match="cannot be understood"):
        bucket.open_to()


def test_a_server_without_object_lock_is_a_choice_for_its_owner(
    server: S3Fake, bucket: S3Bucket
) -> None:
    server.faults.lacks = {"object-lock"}
    bucket.make()
    assert bucket.retention() is None
    with pytest.raises(OutsideError, match="cannot give object lock") as caught:
        bucket.retain(30)
    assert "retention_days" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [(403, "AccessDenied", Denied), (404, "", Unreachable), (200, "<html></html>", Unreachable)],
)
def test_only_s3_can_say_whether_a_bucket_is_there(
    server: S3Fake, bucket: S3Bucket, status: int, body: str, kind: type[OutsideError]
) -> None:
    server.faults.answer = (status, body)
    with pytest.raises(kind):
        bucket.exists()


@pytest.mark.parametrize(
    ("rule", "deletes"),
    [
        ("<Filter><Prefix></Prefix></Filter><Expiration><Days>9</Days></Expiration>", True),
        ("<Prefix>kept/old</Prefix><Expiration><Days>9</Days></Expiration>", True),
        ("<Prefix>k</Prefix><Expiration><Date>2030-01-01T00:00:00Z</Date></Expiration>", True),
        ("<Prefix>logs/</Prefix><Expiration><Days>9</Days></Expiration>", False),
        (
            "<Filter><Tag><Key>a</Key><Value>b</Value></Tag></Filter>"
            "<Expiration><Days>9</Days></Expiration>",
            False,
        ),
        (
            "<Prefix></Prefix><NoncurrentVersionExpiration><NoncurrentDays>9</NoncurrentDays>"
            "</NoncurrentVersionExpiration>",
            False,
        ),
    ],
)
def test_a_rule_that_deletes_backups_is_found(
    server: S3Fake, bucket: S3Bucket, rule: str, deletes: bool
) -> None:
    bucket.make()
    assert bucket.expiries() == []
    for status in ("Enabled", "Disabled"):
        text = f"<Rule><ID>tidy</ID><Status>{status}</Status>{rule}</Rule>"
        server.subresources["backups", "lifecycle"] = (
            f"<LifecycleConfiguration>{text}</LifecycleConfiguration>".encode()
        )
        assert bucket.expiries() == (["rule tidy"] if deletes and status == "Enabled" else [])


@pytest.mark.parametrize(
    ("principal", "effect", "public"),
    [
        ("*", "Allow", True),
        ({"AWS": "*"}, "Allow", True),
        ({"AWS": ["arn:aws:iam::1:root", "*"]}, "Allow", True),
        ({"AWS": "arn:aws:iam::1:root"}, "Allow", False),
        ({"Service": "logging.s3.amazonaws.com"}, "Allow", False),
        ("*", "Deny", False),
    ],
)
def test_who_is_everybody_in_a_policy(principal: object, effect: str, public: bool) -> None:
    statement = {"Effect": effect, "Principal": principal, "Action": "s3:*"}
    for statements in (statement, [statement]):
        assert public_statements({"Statement": statements}) == (["s3:*"] if public else [])
