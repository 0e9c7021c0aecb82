"""Identities go to a real MinIO and come back from it, and what it holds is of no use alone."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.contracts.s3_fake import ENVIRON
from tests.e2e.minio import serving
from tests.world import World

from sopsmith import age

pytestmark = pytest.mark.e2e

BINARY = Path(__file__).parents[2] / ".tools/bin/minio"
BUCKET = "identities"


class Platform:
    """A repository whose backups go to a server, and a medium with a recovery identity."""

    def __init__(self, folder: Path, address: str) -> None:
        self.world = World(folder)
        self.world.environ |= {**ENVIRON, "AWS_EC2_METADATA_DISABLED": "true"}
        self.address = address
        self.recovery = folder / "recovery.txt"
        (self.world.work / ".env").write_text("DEV_A=one\nPROD_B=two\n")
        self.world.run("git", "init", "--quiet")
        self.world.run("sopsmith", "init", ".")
        self.world.run("sopsmith", "generate")
        self.store("platform")

    def store(self, prefix: str, address: str = "") -> None:
        """Let backups go to a prefix of the bucket."""
        path = self.world.work / "sopsmith.yaml"
        text = path.read_text().split("\nbackup:")[0].rstrip("\n")
        fields = {
            "store": f"s3://{BUCKET}/{prefix}",
            "endpoint": address or self.address,
            "region": ENVIRON["AWS_REGION"],
        }
        path.write_text(f"{text}\nbackup: {json.dumps(fields)}\n")

    def refused(self, *argv: str, secret: str = ENVIRON["AWS_SECRET_ACCESS_KEY"]) -> str:
        """Run a command that must fail and leave the identities alone; return what it said."""
        before = self.world.keys_file.exists()
        done = self.world.attempt("sopsmith", *argv, AWS_SECRET_ACCESS_KEY=secret)
        assert done.returncode == 1
        assert self.world.keys_file.exists() == before
        return done.stderr.decode()

    def objects(self) -> dict[str, bytes]:
        """Return all that lies in the bucket, older versions too, by another client."""
        import boto3

        client: Any = boto3.session.Session(
            ENVIRON["AWS_ACCESS_KEY_ID"],
            ENVIRON["AWS_SECRET_ACCESS_KEY"],
            region_name=ENVIRON["AWS_REGION"],
        ).client("s3", endpoint_url=self.address)
        listed = client.list_object_versions(Bucket=BUCKET)["Versions"]
        return {
            f"{one['Key']}?{one['VersionId']}": client.get_object(
                Bucket=BUCKET, Key=one["Key"], VersionId=one["VersionId"]
            )["Body"].read()
            for one in listed
        }


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """Return a platform with two backups in a bucket that was made ready."""
    if not os.access(BINARY, os.X_OK):
        pytest.skip("minio not built; make e2e builds it")
    folder = tmp_path_factory.mktemp("backup")
    with serving(BINARY, folder) as address:
        made = Platform(folder, address)
        made.world.run("sopsmith", "key", "bucket")
        made.world.run("sopsmith", "key", "recovery", "generate", "--out", str(made.recovery))
        made.world.run("sopsmith", "key", "backup")
        made.world.run("sopsmith", "key", "backup", "--force")
        yield made


def test_identities_come_back_from_the_bucket(platform: Platform) -> None:
    world = platform.world
    lost = world.keys_file.read_bytes()
    world.keys_file.unlink()
    world.run("sopsmith", "key", "restore", "--identity-file", str(platform.recovery))
    assert world.keys_file.read_bytes() == lost
    world.run("sopsmith", "verify")


def test_neither_bucket_nor_repository_nor_both_yield_an_identity(platform: Platform) -> None:
    held = platform.objects()
    names = {name.partition("?")[0].partition("/")[2] for name in held}
    assert names == {"backup-000001.json", "backup-000002.json", "manifest.json"}
    files = [path for path in platform.world.work.rglob("*") if path.is_file()]
    everything = [*held.values(), *(path.read_bytes() for path in files)]
    text = platform.world.keys_file.read_text() + platform.recovery.read_text()
    secrets = [line.encode() for line in text.splitlines() if line.startswith("AGE-SECRET")]
    assert len(secrets) == 4
    for one in secrets:
        assert not any(one in data or one[16:30] in data for data in everything)


def test_age_itself_opens_a_backup(platform: Platform) -> None:
    data = next(value for name, value in platform.objects().items() if "000002" in name)
    openers = age.parse_identities(platform.recovery.read_text(), "recovery")
    opened = age.unwrap(json.loads(data)["payload"], openers)
    assert opened == platform.world.keys_file.read_bytes()


def test_what_the_store_does_wrong_is_said_apart_and_nothing_is_lost(platform: Platform) -> None:
    before = platform.objects()
    opener = ("--identity-file", str(platform.recovery))
    for command in (("backup", "--force"), ("restore", *opener)):
        said = platform.refused("key", *command, secret="wrong-wrong-wrong")
        assert "wrong-wrong" not in said
        assert "the secret key does not belong to the access key" in said
    assert "there is no such backup" in platform.refused("key", "restore", "9", *opener)
    platform.store("platform", "http://127.0.0.1:9")
    assert "nothing is known of what it holds" in platform.refused("key", "restore", *opener)
    platform.store("elsewhere")
    assert "holds no backup" in platform.refused("key", "restore", *opener)
    platform.store("platform")
    assert platform.objects() == before
