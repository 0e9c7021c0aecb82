"""A backup's object is read only if it is whole, and errors quote nothing of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sopsmith.errors import Error, FormatError, Tampered
from sopsmith.repo.backups import (
    Backup,
    Record,
    dump_backup,
    dump_manifest,
    dump_record,
    object_name,
    parse_backup,
    parse_name,
    parse_record,
)

BACKUP = Backup(7, "2026-11-24T14:00:00Z", "sopsmith 1", ("age1a",), ("age1r",), "-----BEGIN é")
RECORD = Record(
    7, BACKUP.sha256, ("age1a",), BACKUP.date, "s3://bucket/prefix/", ((3, "c0"), (12, "ff"))
)


def changed(**fields: object) -> bytes:
    """Return the object with some fields changed, or taken out where they are None."""
    found: dict[str, Any] = json.loads(dump_backup(BACKUP)) | fields
    return json.dumps({name: one for name, one in found.items() if one is not None}).encode()


def test_what_was_written_is_read() -> None:
    assert parse_backup(dump_backup(BACKUP), 7, "place") == BACKUP
    assert parse_record(dump_record(RECORD)) == RECORD


def test_the_note_knows_the_digests_of_all_that_it_notes() -> None:
    assert [RECORD.digest_of(number) for number in (3, 7, 8)] == ["c0", BACKUP.sha256, None]


def test_the_digest_of_an_object_covers_what_it_says_of_itself() -> None:
    assert BACKUP._replace(recipients=()).digest != BACKUP.digest
    assert BACKUP._replace(recipients=()).sha256 == BACKUP.sha256


def test_every_cut_is_noticed() -> None:
    data = dump_backup(BACKUP)
    for end in range(len(data) - 1):
        with pytest.raises(Tampered):
            parse_backup(data[:end], 7, "place")


@pytest.mark.parametrize(
    "data",
    [
        b"[]", b"null", b"{}", b"\xff", b"[" * 100_000,
        changed(number=8), changed(number="7"), changed(number=True), changed(number=0),
        changed(payload="made-up"), changed(sha256="0" * 64), changed(recipients="age1a"),
        changed(recovery=[1]), changed(date=None), changed(version=None),
        changed(payload="\ud800"), changed(tool="\udfff"),
    ],
)  # fmt: skip
def test_what_is_no_backup_of_this_number_is_refused_with_its_place(data: bytes) -> None:
    with pytest.raises(Tampered) as caught:
        parse_backup(data, 7, "s3://bucket/backup-000007.json")
    assert caught.value.path == "s3://bucket/backup-000007.json"
    assert "made-up" not in str(caught.value)


def test_a_newer_form_is_not_called_damaged() -> None:
    with pytest.raises(FormatError, match="version 2"):
        parse_backup(changed(version=2), 7, "place")


@pytest.mark.parametrize("number", [1, 7, 999_999, 1_000_000])
def test_a_name_carries_its_number(number: int) -> None:
    assert parse_name(object_name(number)) == number


@pytest.mark.parametrize(
    "name", ["backup-7.json", "backup-000000.json", "backup-0000007.json", "backup-000007.json~",
             "manifest.json", "backup-00000\u0667.json", "backup-000007.json\n",
             f"backup-{'9' * 5000}.json"],
)  # fmt: skip
def test_no_other_name_is_a_backup(name: str) -> None:
    assert parse_name(name) is None


def test_the_list_is_in_order_and_holds_no_payload() -> None:
    listed = dump_manifest([BACKUP, BACKUP._replace(number=3)])
    assert [one["number"] for one in json.loads(listed)["backups"]] == [3, 7]
    assert b"BEGIN" not in listed


@pytest.mark.parametrize(
    "earlier", [{"9" * 5000: "c0"}, {"-1": "c0"}, {"\u0663": "c0"}, {"": "c0"}]
)
def test_a_note_with_numbers_that_are_none_is_an_error(earlier: dict[str, str]) -> None:
    found = json.loads(dump_record(RECORD)) | {"earlier": earlier}
    with pytest.raises(Tampered):
        parse_record(json.dumps(found).encode())


def test_a_broken_note_of_the_repository_is_an_error() -> None:
    with pytest.raises(Error):
        parse_record(b"{}")


def test_a_note_that_a_merge_left_in_two_says_which_side_to_keep() -> None:
    data = b"<<<<<<< HEAD\n" + dump_record(RECORD) + b"=======\n" + dump_record(RECORD)
    with pytest.raises(Tampered, match="merge conflict") as caught:
        parse_record(data)
    assert caught.value.hint == "keep the side with the higher number"
