"""The fake S3 server holds to the contract; a real one does in tests/e2e/test_publish.py."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.contracts.object_store import BUCKET, ObjectStoreContract
from tests.contracts.s3_fake import ENVIRON, serving

from sopsmith.adapters.object_store import S3Store


class TestFake(ObjectStoreContract):
    """The contract over the fake."""

    @pytest.fixture
    def store(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Store]:
        """Return a store over the fake's bucket."""
        with serving() as server:
            server.buckets.add(BUCKET)
            for name, value in {**ENVIRON, "AWS_ENDPOINT_URL": server.address}.items():
                monkeypatch.setenv(name, value)
            yield S3Store(BUCKET, "")
