"""What every `ports.Archive` holds to; run over folders, over the fake and over a real MinIO."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from sopsmith.errors import Conflict, OutsideError
from sopsmith.ports import Archive

FIRST = "backup-000001.json"
SECOND = "backup-000002.json"


class ArchiveContract:
    """The suite; `archive` is a fixture of whoever runs it, over an empty place."""

    @pytest.fixture
    def archive(self) -> Archive:
        """Return an archive over an empty place."""
        raise NotImplementedError

    def test_an_empty_place_has_no_names(self, archive: Archive) -> None:
        assert archive.names() == []

    def test_what_is_not_there_is_none(self, archive: Archive) -> None:
        archive.create(SECOND, b"x")
        assert archive.find(FIRST) is None

    def test_what_was_created_is_found_byte_for_byte(self, archive: Archive) -> None:
        data = bytes(range(256)) * 1000
        archive.create(FIRST, data)
        archive.create(SECOND, b"")
        assert archive.find(FIRST) == data
        assert archive.find(SECOND) == b""

    def test_names_are_sorted(self, archive: Archive) -> None:
        for name in (SECOND, "manifest.json", FIRST):
            archive.create(name, b"x")
        assert archive.names() == [FIRST, SECOND, "manifest.json"]

    @pytest.mark.parametrize("second", [b"first", b"second", b""])
    def test_a_name_that_is_taken_is_a_conflict_and_keeps_its_bytes(
        self, archive: Archive, second: bytes
    ) -> None:
        archive.create(FIRST, b"first")
        with pytest.raises(Conflict, match=FIRST):
            archive.create(FIRST, second)
        assert archive.find(FIRST) == b"first"

    def test_of_many_at_the_same_moment_one_wins_and_the_others_know(
        self, archive: Archive
    ) -> None:
        def store(number: int) -> bool:
            try:
                archive.create(FIRST, b"%d" % number * 1000)
            except Conflict:
                return False
            return True

        with ThreadPoolExecutor(8) as pool:
            won = [*pool.map(store, range(8))]
        assert sum(won) == 1
        assert archive.find(FIRST) == b"%d" % won.index(True) * 1000
        assert archive.names() == [FIRST]

    def test_replace_stores_whether_or_not_the_name_is_taken(self, archive: Archive) -> None:
        archive.replace("manifest.json", b"one")
        archive.replace("manifest.json", b"two")
        assert archive.find("manifest.json") == b"two"
        assert archive.names() == ["manifest.json"]

    @pytest.mark.parametrize("name", ["", ".", "..", ".hidden", "a/b", "../a", "a\0b", "ü", "a b"])
    def test_what_is_no_name_is_refused(self, archive: Archive, name: str) -> None:
        for act in (
            archive.find,
            lambda n: archive.create(n, b""),
            lambda n: archive.replace(n, b""),
        ):
            with pytest.raises(OutsideError, match="cannot name an object"):
                act(name)
        assert archive.names() == []

    def test_a_place_says_where_the_object_is(self, archive: Archive) -> None:
        assert archive.place(FIRST).endswith(f"/{FIRST}")
