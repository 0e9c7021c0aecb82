"""S3 holds to the archive's contract, over the fake; over a real MinIO in tests/e2e."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from tests.contracts.archive import FIRST, SECOND, ArchiveContract
from tests.contracts.s3_fake import ENVIRON, S3Fake, serving

from sopsmith.adapters import s3
from sopsmith.adapters.archive_s3 import S3Archive
from sopsmith.adapters.s3 import S3Place
from sopsmith.errors import Conflict, Denied, NotThere, OutsideError, Unreachable
from sopsmith.repo.s3_variables import S3Access
from sopsmith.secret import Secret

ON = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
KEY = f"backups/kept/{FIRST}"


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[S3Fake, S3Archive]]:
    """Return a server and an archive over it; boto3 takes its time to make a client."""
    with pytest.MonkeyPatch.context() as patch, serving() as server:
        for name, value in ENVIRON.items():
            patch.setenv(name, value)
        patch.setattr(s3, "ATTEMPTS", 1)
        yield server, S3Archive(S3Place("backups", "kept/", server.address))


@pytest.fixture
def server(running: tuple[S3Fake, S3Archive]) -> S3Fake:
    """Return the server with an empty bucket that keeps versions."""
    running[0].reset()
    running[0].buckets.add("backups")
    running[0].subresources["backups", "versioning"] = ON
    return running[0]


@pytest.fixture
def archive(running: tuple[S3Fake, S3Archive], server: S3Fake) -> S3Archive:
    """Return the archive, under a prefix of the bucket."""
    return running[1]


class TestFake(ArchiveContract):
    """The contract over the fake."""

    @pytest.fixture
    def archive(self, archive: S3Archive) -> S3Archive:
        """Return an archive over an empty bucket."""
        return archive


def test_an_object_that_was_deleted_is_still_found_and_its_name_taken(
    server: S3Fake, archive: S3Archive
) -> None:
    archive.create(FIRST, b"first")
    server.versions[KEY].append(None)
    assert archive.names() == [FIRST]
    assert archive.find(FIRST) == b"first"
    with pytest.raises(Conflict):
        archive.create(FIRST, b"second")
    assert server.versions[KEY] == [b"first", None]


def test_what_lies_beside_the_prefix_is_no_name(server: S3Fake, archive: S3Archive) -> None:
    for key in ("kept/deeper/x", "kept2/x", "x", "kept/.hidden", "kept/"):
        server.versions[f"backups/{key}"] = [b"x"]
    assert archive.names() == []


def test_a_name_that_begins_another_is_not_that_one(archive: S3Archive) -> None:
    archive.create("backup-1x", b"x")
    assert archive.find("backup-1") is None
    archive.create("backup-1", b"y")


def test_a_put_whose_answer_was_lost_is_no_conflict_with_itself(
    server: S3Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3, "ATTEMPTS", 2)
    archive = S3Archive(S3Place("backups", "kept/", server.address))
    server.faults.lose = True
    archive.create(FIRST, b"first")
    assert server.versions[KEY] == [b"first"]


def test_somebody_elses_put_at_the_same_moment_is_a_conflict(
    server: S3Fake, archive: S3Archive
) -> None:
    server.intruder = b"theirs"
    with pytest.raises(Conflict, match="was not replaced"):
        archive.create(FIRST, b"ours")
    assert server.versions[KEY] == [b"theirs"]


@pytest.mark.parametrize("conditions", ["refused", "ignored"])
def test_without_conditional_writes_versions_lose_nothing_and_tell(
    server: S3Fake, archive: S3Archive, conditions: str
) -> None:
    server.faults.conditions = conditions
    archive.create(SECOND, b"alone")
    server.intruder = b"theirs"
    with pytest.raises(Conflict, match="both are kept"):
        archive.create(FIRST, b"ours")
    assert server.versions[KEY] == [b"theirs", b"ours"]


def test_with_neither_conditional_writes_nor_versions_nothing_is_stored(
    server: S3Fake, archive: S3Archive
) -> None:
    server.faults.conditions = "refused"
    del server.subresources["backups", "versioning"]
    with pytest.raises(OutsideError, match="neither refuses to replace") as caught:
        archive.create(FIRST, b"first")
    assert caught.value.hint == "turn versioning on: sopsmith key bucket"
    assert not server.versions


def test_a_server_without_versions_lists_what_stands(server: S3Fake, archive: S3Archive) -> None:
    server.faults.lacks = {"versions"}
    archive.create(FIRST, b"first")
    assert archive.names() == [FIRST]
    assert archive.find(SECOND) is None
    with pytest.raises(Conflict):
        archive.create(FIRST, b"first")


@pytest.mark.parametrize(
    ("status", "code", "kind", "words"),
    [
        (404, "NoSuchBucket", NotThere, "there is no such bucket"),
        (404, "", Unreachable, "S3 answered 404"),
        (404, "Elsewhere", Unreachable, "S3 answered 404 Elsewhere"),
        (403, "AccessDenied", Denied, "refuses these credentials: AccessDenied"),
        (403, "InvalidAccessKeyId", Denied, "does not know the access key"),
        (403, "SignatureDoesNotMatch", Denied, "the secret key does not belong"),
        (403, "RequestTimeTooSkewed", Denied, "clocks of this machine and of S3"),
        (403, "", Unreachable, "S3 answered 403"),
        (403, "<html></html>", Unreachable, "S3 answered 403"),
        (400, "ExpiredToken", Denied, "have expired"),
        (500, "InternalError", Unreachable, "S3 answered 500 InternalError"),
        (503, "SlowDown", Unreachable, "S3 answered 503 SlowDown"),
        (507, "XMinioStorageFull", OutsideError, "no space left"),
        (200, "", Unreachable, "what answered is no S3"),
        (200, "<html></html>", Unreachable, "what answered is no S3"),
        (200, "<html>", Unreachable, "S3 answered 500"),
    ],
)
def test_every_refusal_has_an_error_of_its_own_and_none_is_an_absence(
    server: S3Fake,
    archive: S3Archive,
    status: int,
    code: str,
    kind: type[OutsideError],
    words: str,
) -> None:
    server.faults.answer = (status, code)
    acts: list[Callable[[], object]] = [archive.names, lambda: archive.create(FIRST, b"x")]
    if status != 200:  # What a proxy puts in an object's place is found by its digest.
        acts.append(lambda: archive.find(FIRST))
    for act in acts:
        with pytest.raises(OutsideError, match=words) as caught:
            act()
        assert type(caught.value) is kind
    assert not server.versions


def test_an_answer_that_breaks_off_is_no_object(server: S3Fake, archive: S3Archive) -> None:
    archive.create(FIRST, b"first" * 1000)
    server.faults.cut = True
    with pytest.raises(Unreachable, match="did not answer in full"):
        archive.find(FIRST)


def test_an_object_without_a_length_could_be_a_part(server: S3Fake, archive: S3Archive) -> None:
    archive.create(FIRST, b"first")
    server.faults.unmeasured = True
    with pytest.raises(Unreachable, match="how long the object is"):
        archive.find(FIRST)


def test_a_server_that_is_gone_is_unreachable(server: S3Fake) -> None:
    gone = S3Archive(S3Place("backups", "", "http://127.0.0.1:9"))
    with pytest.raises(Unreachable, match="no connection"):
        gone.find(FIRST)


@pytest.mark.parametrize(
    ("endpoint", "address"),
    [
        ("https://storage.example", "https://storage.example/backups/x?"),
        ("AWS_ENDPOINT_URL", "https://storage.example/backups/x?"),
        ("", "https://backups.s3.amazonaws.com/x?"),
    ],
)
def test_only_amazon_has_a_name_for_every_bucket(
    server: S3Fake, monkeypatch: pytest.MonkeyPatch, endpoint: str, address: str
) -> None:
    if endpoint == "AWS_ENDPOINT_URL":
        monkeypatch.setenv(endpoint, "https://storage.example")
        endpoint = ""
    client = s3.open_client(S3Place("backups", endpoint=endpoint), None)
    words = {"Bucket": "backups", "Key": "x"}
    assert client.generate_presigned_url("get_object", words).startswith(address)


def test_a_connection_that_is_not_trusted_is_said(server: S3Fake) -> None:
    with pytest.raises(Unreachable, match="certificate was not accepted") as caught:
        S3Archive(S3Place("backups", "", server.address.replace("http:", "https:"))).names()
    assert "AWS_CA_BUNDLE" in (caught.value.hint or "")


def test_plain_http_over_a_network_is_refused(server: S3Fake) -> None:
    with pytest.raises(OutsideError, match="not https"):
        S3Archive(S3Place("backups", "", "http://storage.example"))


def test_no_credentials_are_said_with_the_way_to_them(
    server: S3Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    archive = S3Archive(S3Place("backups", "", server.address))
    with pytest.raises(Denied, match="no credentials") as caught:
        archive.names()
    assert "AWS_ACCESS_KEY_ID" in (caught.value.hint or "")


def test_credentials_of_a_dotenv_are_used_and_never_shown(
    server: S3Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    access = S3Access("X", Secret(b"canary-access"), Secret(b"canary-secret"))
    archive = S3Archive(S3Place("backups", "", server.address), access)
    assert archive.names() == []
    server.faults.answer = (403, "AccessDenied")
    with pytest.raises(Denied) as caught:
        archive.names()
    assert "canary" not in f"{access!r}{caught.value}{caught.value.hint}"
