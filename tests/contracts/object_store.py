"""What every `ports.ObjectStore` over S3 holds to; run over the fake and over a real server."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from sopsmith.adapters.object_store import S3Store
from sopsmith.errors import OutsideError

BUCKET = "published"


class ObjectStoreContract:
    """The suite; `store` is a fixture of whoever runs it, over an empty bucket."""

    @pytest.fixture
    def store(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Store]:
        """Return a store over a bucket that is there."""
        raise NotImplementedError

    def test_what_is_not_there_is_none(self, store: S3Store) -> None:
        assert store.find("nothing.yaml") is None

    def test_what_was_written_is_found(self, store: S3Store) -> None:
        data = bytes(range(256)) * 100
        store.write("folder/a b+ü.yaml", data)
        found = store.find("folder/a b+ü.yaml")
        assert found is not None
        assert (found.data, found.source) == (data, "")

    def test_a_source_is_kept_until_the_next_write(self, store: S3Store) -> None:
        store.write("a.yaml", b"one", "0123abcd")
        first = store.find("a.yaml")
        store.write("a.yaml", b"two")
        second = store.find("a.yaml")
        assert first is not None
        assert first == (b"one", "0123abcd")
        assert second == (b"two", "")

    def test_an_empty_object_is_an_object(self, store: S3Store) -> None:
        store.write("empty", b"")
        found = store.find("empty")
        assert found is not None
        assert found.data == b""

    def test_the_prefix_stands_before_the_name(self, store: S3Store) -> None:
        S3Store(BUCKET, "under/").write("x", b"1")
        found = store.find("under/x")
        assert found is not None
        assert S3Store(BUCKET, "under/").place("x") == f"s3://{BUCKET}/under/x"

    def test_a_bucket_that_is_not_there_refuses(self, store: S3Store) -> None:
        other = S3Store("no-such-bucket", "")
        with pytest.raises(OutsideError, match="NoSuchBucket"):
            other.find("x")
        with pytest.raises(OutsideError, match="NoSuchBucket"):
            other.write("x", b"1")

    def test_a_server_that_is_gone_is_said(
        self, store: S3Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert os.environ["AWS_ENDPOINT_URL"].startswith("http://127.0.0.1:")
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        with pytest.raises(OutsideError, match="could not be asked"):
            S3Store(BUCKET, "").find("x")
