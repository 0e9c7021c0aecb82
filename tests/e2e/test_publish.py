"""A real MinIO holds to the contract of the fake, and publish and sops upload the same to it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.contracts.object_store import BUCKET, ObjectStoreContract
from tests.contracts.s3_fake import ENVIRON
from tests.e2e.minio import serving
from tests.publishing import Publishing

from sopsmith.adapters.object_store import S3Store

pytestmark = pytest.mark.e2e

BINARY = Path(__file__).parents[2] / ".tools/bin/minio"


@pytest.fixture(scope="module")
def minio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a server."""
    if not os.access(BINARY, os.X_OK):
        pytest.skip("minio not built; make e2e builds it")
    with serving(BINARY, tmp_path_factory.mktemp("minio")) as address:
        yield address


@pytest.fixture
def at_minio(minio: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Point boto3 at the server, with an empty bucket."""
    import boto3

    for name, value in {**ENVIRON, "AWS_ENDPOINT_URL": minio}.items():
        monkeypatch.setenv(name, value)
    bucket = boto3.resource("s3").Bucket(BUCKET)
    if bucket.creation_date is None:
        bucket.create(CreateBucketConfiguration={"LocationConstraint": ENVIRON["AWS_REGION"]})
    bucket.objects.all().delete()
    return minio


class TestMinio(ObjectStoreContract):
    """The contract over the real server."""

    @pytest.fixture
    def store(self, at_minio: str) -> Iterator[S3Store]:
        """Return a store over the bucket."""
        yield S3Store(BUCKET, "")


def test_publish_and_sops_upload_the_same_bytes(at_minio: str, tmp_path: Path) -> None:
    site = Publishing(tmp_path, at_minio, (BINARY.parent,))
    site.put("ours/a.yaml")
    site.put("theirs/a.yaml")
    site.world.run("sopsmith", "publish", "-y", "ours/a.yaml")
    site.world.run("sops", "publish", "-y", "theirs/a.yaml")
    store = S3Store(BUCKET, "")
    for name in ("ours", "theirs"):
        found = store.find(f"{name}/a.yaml")
        assert found is not None
        assert found.data == (site.world.work / name / "a.yaml").read_bytes()


def test_what_was_published_again_is_found_unchanged(at_minio: str, tmp_path: Path) -> None:
    site = Publishing(tmp_path, at_minio, (BINARY.parent,))
    site.put("again/a.yaml")
    for wanted in (b"create", b"unchanged"):
        assert site.world.run("sopsmith", "publish", "-y", "again/a.yaml").startswith(wanted)
    found = S3Store(BUCKET, "").find("again/a.yaml")
    assert found is not None
    assert site.opens_for_the_other(found.data)
