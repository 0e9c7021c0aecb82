"""Backups over a real MinIO: the contract, and everything that goes wrong between the two.

After every fault what was stored before is read back and compared, byte for byte.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from tests.contracts.archive import FIRST, SECOND, ArchiveContract
from tests.contracts.s3_fake import ENVIRON
from tests.e2e.cutting import Proxy, cutting
from tests.e2e.minio import serving

from sopsmith.adapters import s3
from sopsmith.adapters.archive_folder import FolderArchive
from sopsmith.adapters.archive_s3 import S3Archive
from sopsmith.adapters.bucket_s3 import S3Bucket
from sopsmith.adapters.s3 import S3Place
from sopsmith.errors import Conflict, Denied, NotThere, OutsideError, Unreachable
from sopsmith.flows.bucket import build_steps
from sopsmith.flows.steps import BLOCKED, DONE, NEEDED, Step, apply_steps, check_steps
from sopsmith.ports import Archive, Retention
from sopsmith.repo.s3_variables import S3Access
from sopsmith.secret import Secret

pytestmark = pytest.mark.e2e

BINARY = Path(__file__).parents[2] / ".tools/bin/minio"
READY, PLAIN = "ready", "plain"
BODY = os.urandom(200_000)
HALF = len(BODY) // 2


def begin(step: Step) -> None:
    """Be told of a step."""


@pytest.fixture(scope="module")
def minio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a server with a bucket made ready, and one made by somebody else."""
    if not os.access(BINARY, os.X_OK):
        pytest.skip("minio not built; make e2e builds it")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENVIRON.items():
            patch.setenv(name, value)
        with serving(BINARY, tmp_path_factory.mktemp("minio")) as address:
            steps = build_steps(S3Bucket(S3Place(READY, "", address)), 30)
            assert all(result.state == DONE for result in apply_steps(steps, begin))
            client(address).create_bucket(Bucket=PLAIN)
            yield address


def client(address: str, **words: Any) -> Any:
    """Return a client of S3 that is not sopsmith's."""
    import boto3

    return boto3.session.Session().client("s3", endpoint_url=address, **words)


@pytest.fixture
def place(minio: str) -> S3Place:
    """Return an empty place in the bucket that is ready."""
    return S3Place(READY, f"{uuid4()}/", minio)


@pytest.fixture
def archive(place: S3Place) -> S3Archive:
    """Return an archive that holds a first backup."""
    archive = S3Archive(place)
    archive.create(FIRST, BODY)
    return archive


@pytest.fixture
def proxy(minio: str) -> Iterator[Proxy]:
    """Return a network to the server, which can fail."""
    with cutting(minio) as proxy:
        yield proxy


@contextmanager
def raises(kind: type[OutsideError], words: str) -> Iterator[None]:
    """Expect one clear error of exactly a kind, on one line, and with a place."""
    with pytest.raises(OutsideError, match=words) as caught:
        yield
    assert type(caught.value) is kind
    assert "\n" not in str(caught.value)
    assert caught.value.path


class TestReadyBucket(ArchiveContract):
    """The contract over a bucket with versions and object lock."""

    @pytest.fixture
    def archive(self, place: S3Place) -> Archive:
        """Return an archive over an empty place."""
        return S3Archive(place)


class TestPlainBucket(ArchiveContract):
    """The contract over a bucket without versions and without object lock."""

    @pytest.fixture
    def archive(self, minio: str) -> Archive:
        """Return an archive over an empty place."""
        return S3Archive(S3Place(PLAIN, f"{uuid4()}/", minio))


def test_names_are_listed_to_the_last_page(minio: str, archive: S3Archive, place: S3Place) -> None:
    raw = client(minio)
    wanted = [FIRST, *(f"x-{number:04}" for number in range(1050))]
    for name in wanted[1:]:
        raw.put_object(Bucket=READY, Key=place.prefix + name, Body=b"")
    assert archive.names() == wanted


def test_an_upload_that_is_cut_stores_nothing(
    archive: S3Archive, place: S3Place, proxy: Proxy
) -> None:
    through = S3Archive(place._replace(endpoint=proxy.address))
    proxy.cut_up = HALF
    with raises(Unreachable, "the connection broke off"):
        through.create(SECOND, BODY)
    assert proxy.cuts == s3.ATTEMPTS
    assert archive.names() == [FIRST]
    assert archive.find(FIRST) == BODY
    proxy.cut_up = None
    through.create(SECOND, BODY)
    assert archive.find(SECOND) == BODY


def test_a_download_that_is_cut_is_no_object(
    archive: S3Archive, place: S3Place, proxy: Proxy
) -> None:
    through = S3Archive(place._replace(endpoint=proxy.address))
    proxy.cut_down = HALF
    with raises(Unreachable, "the connection broke off"):
        through.find(FIRST)
    proxy.cut_down = None
    assert through.find(FIRST) == BODY


def test_a_replacement_that_is_cut_leaves_the_old(
    archive: S3Archive, place: S3Place, proxy: Proxy
) -> None:
    archive.replace("manifest.json", b"old")
    proxy.cut_up = HALF
    with raises(Unreachable, "the connection broke off"):
        S3Archive(place._replace(endpoint=proxy.address)).replace("manifest.json", BODY)
    assert archive.find("manifest.json") == b"old"


def test_a_lost_answer_is_no_conflict_with_oneself(
    archive: S3Archive, place: S3Place, proxy: Proxy
) -> None:
    through = S3Archive(place._replace(endpoint=proxy.address))
    proxy.lose = 1
    through.create(SECOND, BODY)
    assert proxy.cuts == 1
    assert archive.find(SECOND) == BODY


def test_a_network_that_drops_everything_is_unreachable(
    archive: S3Archive, place: S3Place, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3, "READ_TIMEOUT", 1)
    through = S3Archive(place._replace(endpoint=proxy.address))
    proxy.silent = True
    acts: list[Callable[[], object]] = [
        through.names,
        lambda: through.find(FIRST),
        lambda: through.create(SECOND, BODY),
    ]
    for act in acts:
        with raises(Unreachable, "did not answer within 1 s"):
            act()
    assert archive.names() == [FIRST]


def test_a_server_that_was_killed_and_came_back_has_everything(tmp_path: Path, minio: str) -> None:
    with serving(BINARY, tmp_path) as address:
        S3Bucket(S3Place(READY, "", address)).make()
        archive = S3Archive(S3Place(READY, "", address))
        archive.create(FIRST, BODY)
    with raises(Unreachable, "no connection"):
        archive.find(SECOND)
    with raises(Unreachable, "no connection"):
        archive.create(SECOND, BODY)
    with serving(BINARY, tmp_path) as address:
        archive = S3Archive(S3Place(READY, "", address))
        assert archive.names() == [FIRST]
        assert archive.find(FIRST) == BODY


@pytest.mark.parametrize(
    ("access", "secret", "words"),
    [
        ("nobody", "nothing", "the server does not know the access key"),
        (ENVIRON["AWS_ACCESS_KEY_ID"], "wrong-secret", "does not belong to the access key"),
    ],
)
def test_wrong_credentials_are_denied_and_prove_no_absence(
    archive: S3Archive, place: S3Place, access: str, secret: str, words: str
) -> None:
    pair = S3Access("X", Secret(access.encode()), Secret(secret.encode()))
    other = S3Archive(place, pair)
    acts: list[Callable[[], object]] = [
        other.names,
        lambda: other.find(SECOND),
        lambda: other.create(SECOND, b"x"),
        lambda: other.replace(FIRST, b"x"),
        S3Bucket(place, pair).exists,
    ]
    for act in acts:
        with raises(Denied, words):
            act()
    assert archive.find(FIRST) == BODY


def test_a_clock_that_is_wrong_is_named(
    archive: S3Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    import botocore.auth

    now = botocore.auth.get_current_datetime

    def late(*args: Any, **words: Any) -> Any:
        return now(*args, **words) - timedelta(hours=2)

    with monkeypatch.context() as patch:
        patch.setattr(botocore.auth, "get_current_datetime", late)
        acts: list[Callable[[], object]] = [
            archive.names,
            lambda: archive.find(SECOND),
            lambda: archive.create(SECOND, b"x"),
        ]
        for act in acts:
            with raises(Denied, r"clocks of this machine and of S3 are too far apart; there it is"):
                act()
    assert archive.find(FIRST) == BODY


def test_a_bucket_that_is_missing_is_no_empty_one(minio: str) -> None:
    archive = S3Archive(S3Place("no-such-bucket", "", minio))
    acts: list[Callable[[], object]] = [
        archive.names,
        lambda: archive.find(FIRST),
        lambda: archive.create(FIRST, b"x"),
        lambda: archive.replace(FIRST, b"x"),
    ]
    for act in acts:
        with raises(NotThere, "there is no such bucket"):
            act()


def test_a_backup_that_somebody_deletes_stays(
    minio: str, archive: S3Archive, place: S3Place
) -> None:
    from botocore.exceptions import ClientError

    raw, at = client(minio), {"Bucket": READY, "Key": place.prefix + FIRST}
    raw.delete_object(**at)
    assert archive.names() == [FIRST]
    assert archive.find(FIRST) == BODY
    with raises(Conflict, "was not replaced"):
        archive.create(FIRST, b"x")
    version = raw.list_object_versions(Bucket=READY, Prefix=at["Key"])["Versions"][0]["VersionId"]
    with pytest.raises(ClientError, match="WORM protected"):
        raw.delete_object(**at, VersionId=version)
    assert archive.find(FIRST) == BODY


def test_what_somebody_puts_in_a_backups_place_is_seen_and_the_backup_stays(
    minio: str, archive: S3Archive, place: S3Place
) -> None:
    raw, at = client(minio), {"Bucket": READY, "Key": place.prefix + FIRST}
    for other in (BODY[:HALF], b"tampered"):
        raw.put_object(**at, Body=other)
        assert archive.find(FIRST) == other
    versions = raw.list_object_versions(Bucket=READY, Prefix=at["Key"])["Versions"]
    assert raw.get_object(**at, VersionId=versions[-1]["VersionId"])["Body"].read() == BODY


def test_a_bucket_without_object_lock_is_a_finding_with_a_choice(minio: str) -> None:
    name = f"bucket-{uuid4()}"
    client(minio).create_bucket(Bucket=name)
    bucket = S3Bucket(S3Place(name, "", minio))
    assert [one.state for one in check_steps(build_steps(bucket, 30))] == [
        DONE, DONE, NEEDED, DONE, NEEDED,
    ]  # fmt: skip
    results = [*apply_steps(build_steps(bucket, 30), begin)]
    assert [one.state for one in results] == [DONE, DONE, DONE, DONE, BLOCKED]
    seen = results[-1].after
    assert seen is not None
    assert "cannot give object lock to a bucket that was made without it" in seen.why
    assert "name a new bucket" in seen.hint
    assert [one.state for one in check_steps(build_steps(bucket, None))] == [DONE] * 5


def test_a_retention_grows_and_never_shrinks(minio: str) -> None:
    bucket = S3Bucket(S3Place(f"bucket-{uuid4()}", "", minio))
    for wish, found in ((7, 7), (30, 30), (7, 30)):
        assert all(one.state == DONE for one in apply_steps(build_steps(bucket, wish), begin))
        assert bucket.retention() == Retention(found, "GOVERNANCE")


def test_a_rule_that_deletes_backups_is_a_finding(minio: str) -> None:
    name = f"bucket-{uuid4()}"
    raw = client(minio)
    raw.create_bucket(Bucket=name)
    rule = {"ID": "tidy", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 9}}
    raw.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": [rule]})
    results = [*apply_steps(build_steps(S3Bucket(S3Place(name, "", minio)), None), begin)]
    assert [one.state for one in results] == [DONE, DONE, DONE, BLOCKED]
    assert "rule tidy" in results[-1].before.why


def test_a_policy_for_everybody_is_found_though_the_server_calls_it_private(minio: str) -> None:
    name = f"bucket-{uuid4()}"
    raw = client(minio)
    raw.create_bucket(Bucket=name)
    statement = {
        "Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject"],
        "Resource": [f"arn:aws:s3:::{name}/*"],
    }  # fmt: skip
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    raw.put_bucket_policy(Bucket=name, Policy=policy)
    assert raw.get_bucket_policy_status(Bucket=name)["PolicyStatus"]["IsPublic"] is False
    steps = build_steps(S3Bucket(S3Place(name, "", minio)), None)
    assert [one.state for one in check_steps(steps)][1] == NEEDED
    assert [one.state for one in apply_steps(steps, begin)] == [DONE, BLOCKED]
    assert raw.get_bucket_policy(Bucket=name)


def test_the_command_takes_the_credentials_of_the_dotenv(
    minio: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    from sopsmith.cli.main import run

    name = f"bucket-{uuid4()}"
    (tmp_path / "sopsmith.yaml").write_text(
        "version: 1\nenvironments: {dev: {}}\n"
        f"backup: {{store: 's3://{name}/platform', retention_days: 1}}\n"
    )
    (tmp_path / ".env").write_text(
        f"HETZNER_S3_ENDPOINT={minio}\nHETZNER_S3_REGION=eu-west-1\n"
        f"HETZNER_S3_ACCESS_KEY={ENVIRON['AWS_ACCESS_KEY_ID']}\n"
        f"HETZNER_S3_SECRET_KEY={ENVIRON['AWS_SECRET_ACCESS_KEY']}\n"
    )
    monkeypatch.chdir(tmp_path)
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(variable)
    assert run(["key", "bucket", "--check"]) == 3
    assert run(["key", "bucket"]) == 0
    assert run(["key", "bucket", "--check"]) == 0
    shown = "".join(capfd.readouterr())
    assert "objects are locked for 1 day, mode GOVERNANCE" in shown
    assert ENVIRON["AWS_SECRET_ACCESS_KEY"] not in shown


def documented_policy() -> dict[str, Any]:
    """Return the rights that the how-to says are enough, for any object of the bucket."""
    page = Path(__file__).parents[2] / "docs/how-to/backup-storage.md"
    found = re.findall(r"```json\n(.*?)```", page.read_text(), re.DOTALL)
    text = found[0].replace("my-platform-backups/sopsmith", READY)
    return dict(json.loads(text.replace("my-platform-backups", READY)))


@contextmanager
def rights(minio: str, policy: dict[str, Any]) -> Iterator[None]:
    """Let boto3's usual places give credentials with these rights alone, while the block runs."""
    import boto3

    found = boto3.session.Session().client("sts", endpoint_url=minio).assume_role(
        RoleArn="arn:aws:iam::000000000000:role/any", RoleSessionName="backup",
        Policy=json.dumps(policy),
    )["Credentials"]  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", found["AccessKeyId"])
        patch.setenv("AWS_SECRET_ACCESS_KEY", found["SecretAccessKey"])
        patch.setenv("AWS_SESSION_TOKEN", found["SessionToken"])
        yield


def test_the_documented_rights_are_enough_and_cannot_delete(
    minio: str, archive: S3Archive, place: S3Place
) -> None:
    from botocore.exceptions import ClientError

    with rights(minio, documented_policy()):
        narrow = S3Archive(place)
        raw = client(minio)
    narrow.create(SECOND, BODY)
    narrow.replace("manifest.json", b"x")
    assert narrow.names() == [FIRST, SECOND, "manifest.json"]
    assert narrow.find(FIRST) == narrow.find(SECOND) == BODY
    assert narrow.find("backup-000003.json") is None
    with pytest.raises(ClientError, match="AccessDenied"):
        raw.delete_object(Bucket=READY, Key=place.prefix + FIRST)


@pytest.mark.parametrize("right", ["s3:ListBucket", "s3:GetObject", "s3:PutObject"])
def test_a_right_that_is_missing_is_denied_and_proves_no_absence(
    minio: str, archive: S3Archive, place: S3Place, right: str
) -> None:
    policy = documented_policy()
    for statement in policy["Statement"]:
        # MinIO takes the right to list for the right to list versions too.
        kept = [action for action in statement["Action"] if not action.startswith(right)]
        statement["Action"] = kept or ["s3:GetBucketLocation"]
    with rights(minio, policy):
        narrow = S3Archive(place)
    acts: dict[str, list[Callable[[], object]]] = {
        "s3:ListBucket": [
            narrow.names,
            lambda: narrow.find(SECOND),
            lambda: narrow.create(SECOND, b"x"),
        ],
        "s3:GetObject": [lambda: narrow.find(FIRST)],
        "s3:PutObject": [
            lambda: narrow.create(SECOND, b"x"),
            lambda: narrow.replace("manifest.json", b"x"),
        ],
    }
    for act in acts[right]:
        with raises(Denied, "refuses these credentials: AccessDenied"):
            act()
    assert archive.names() == [FIRST]
    assert archive.find(FIRST) == BODY


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[None]:
    """Mount a disk of some size on a folder while the block runs."""
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(folder)]
    if os.geteuid() != 0 or subprocess.run(words, check=False).returncode != 0:
        pytest.skip("no right to mount a small disk")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(archive: Archive, kinds: tuple[type[OutsideError], ...]) -> None:
    """Store until there is no space, and see that every object is whole or not there."""
    stored: dict[str, bytes] = {}
    failed = 0
    for number in range(12):
        name, data = f"backup-{number:06}.json", os.urandom(2_000_000)
        try:
            archive.create(name, data)
            stored[name] = data
        except OutsideError as error:
            failed += 1
            assert type(error) in kinds
    assert failed
    assert stored
    assert archive.names() == sorted(stored)
    assert all(archive.find(name) == data for name, data in stored.items())


def test_a_full_disk_under_a_folder_keeps_what_stands(tmp_path: Path) -> None:
    with small_disk(tmp_path / "d", "12m"):
        archive = FolderArchive(str(tmp_path / "d"))
        fill(archive, (OutsideError,))
        with raises(OutsideError, "no space left on device"):
            archive.create("another", os.urandom(2_000_000))


def test_a_full_disk_under_the_server_keeps_what_stands(tmp_path: Path, minio: str) -> None:
    with small_disk(tmp_path / "d", "12m"), serving(BINARY, tmp_path) as address:
        S3Bucket(S3Place(READY, "", address)).make()
        archive = S3Archive(S3Place(READY, "", address))
        # On the way to being full MinIO says 500; once it knows, 507.
        fill(archive, (OutsideError, Unreachable))
        with raises(OutsideError, "S3 has no space left"):
            archive.create("another", os.urandom(2_000_000))
