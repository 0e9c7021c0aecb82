"""`status` says what is due, without opening anything, and takes nothing malformed for silence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.unit.flows.keys_at import DEV, HOME, OTHER, PROD, SECRET, Place

from sopsmith.flows.status import (
    EXPIRED,
    MALFORMED,
    NO_BACKUP,
    NO_RECOVERY,
    OLD,
    REVOCATION,
    ROTATION,
    SOON,
    Due,
    Status,
    read_status,
)
from sopsmith.repo.backups import RECORD, Record, dump_record
from sopsmith.repo.rotation import STEPS, Rotation, dump_rotation
from sopsmith.repo.settings import FILE
from sopsmith.sops.config import CreationRule
from sopsmith.sops.document import encrypt
from sopsmith.sops.selectors import Selector

DATE = "metadata:\n    name: a\n    annotations:\n        sopsmith.dev/expires: {}\n"
A = f"{HOME}/dev/secrets/a.secret.yaml"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path)
    backed_up(made, DEV[1], PROD[1])
    return made


def status(place: Place, within: int = 30) -> Status:
    return read_status(str(place.root), within, place.doors)


def due(place: Place, within: int = 30) -> list[str]:
    return [one.kind for one in status(place, within).due]


def only(place: Place) -> Due:
    (one,) = status(place).due
    return one


def dated(place: Place, text: str, path: str = A) -> None:
    place.lock(path, DEV[1], text=SECRET.replace("metadata:\n    name: a\n", DATE.format(text)))


def backed_up(place: Place, *recipients: str) -> None:
    record = Record(1, "0" * 64, recipients, "2026-11-01T00:00:00Z", "file:///mnt")
    place.put(RECORD, dump_record(record))


def test_nothing_is_due_of_a_repository_whose_identities_are_backed_up(place: Place) -> None:
    dated(place, '"2027-06-01"')
    assert status(place)[:2] == (1, ())


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("2026-11-24", EXPIRED),
        ('"2026-11-24T12:00:00Z"', EXPIRED),
        ('"2026-11-24T14:00:00+01:00"', SOON),
        ("2026-12-24", SOON),
        ('"2026-12-24T12:00:00.5Z"', None),
    ],
)
def test_a_day_begins_at_midnight_and_a_moment_is_one(
    place: Place, text: str, kind: str | None
) -> None:
    dated(place, text)
    assert due(place) == ([kind] if kind else [])


def test_how_far_ahead_is_looked_is_the_caller_s(place: Place) -> None:
    dated(place, "2026-12-24")
    assert due(place, 29) == []
    assert due(place, 400) == [SOON]


@pytest.mark.parametrize(
    "text", ["soon", "2026-13-01", "20261201", "2026-12-01T10:00:00", "2026", '""', "2026-W49-1"]
)
def test_what_is_no_date_is_found_and_not_quoted(place: Place, text: str) -> None:
    dated(place, text)
    assert only(place).kind == MALFORMED
    assert "is no date" in only(place).reason or "is no text" in only(place).reason
    assert text.strip('"') not in only(place).reason or not text.strip('"')


def test_a_date_that_is_encrypted_is_found(place: Place) -> None:
    text = SECRET.replace("metadata:\n    name: a\n", DATE.format("2026-12-01"))
    rule = CreationRule((DEV[1],), Selector("unencrypted_suffix", "_unencrypted"))
    place.put(A, encrypt(text.encode(), "yaml", rule, now=place.doors.now, path=A))
    assert only(place).kind == MALFORMED


def test_dates_are_found_in_json_lists_and_each_document(place: Place) -> None:
    metadata = {"annotations": {"sopsmith.dev/expires": "2026-01-01"}}
    one = {"kind": "Secret", "metadata": metadata, "data": {"value": "eA=="}}
    place.lock("list.json", DEV[1], text=json.dumps({"kind": "List", "items": [one, one]}))
    text = SECRET.replace("metadata:\n    name: a\n", DATE.format("2026-01-01"))
    place.lock("two.yaml", DEV[1], text=f"{text}---\n{text}")
    assert due(place) == [EXPIRED] * 4


def test_a_file_that_cannot_be_parsed_is_found(place: Place) -> None:
    dated(place, "2026-12-01")
    path = place.root / A
    path.write_text(path.read_text().replace("stringData:", "stringData: {"))
    assert due(place) == [MALFORMED]


def test_an_identity_is_too_old_before_the_day(place: Place) -> None:
    place.settings("keys: {max_age_days: 350}\n")
    found = status(place)
    assert [(one.kind, one.place) for one in found.due] == [(OLD, "dev")]
    assert found.due[0].hint == "sopsmith key rotate --environment dev"
    assert found.notes[0] == "the age of 1 of 2 recipients is not known here"
    assert due(place, 10) == []


def test_a_backup_must_cover_each_environment_and_each_identity_at_hand(place: Place) -> None:
    place.settings(f"recovery: {{recipients: [{OTHER[1]}]}}\n")
    (place.root / RECORD).unlink()
    assert due(place) == [NO_BACKUP]
    backed_up(place, DEV[1], PROD[1])
    assert due(place) == []
    backed_up(place, PROD[1])
    assert [(one.kind, one.place) for one in status(place).due] == [(NO_BACKUP, "dev")]


def test_an_environment_whose_only_identity_is_kept_nowhere_else_is_due(place: Place) -> None:
    (place.root / RECORD).unlink()
    assert only(place)[:2] == (NO_RECOVERY, str(place.root / FILE))
    assert "the only identity of dev or prod" in only(place).reason
    assert status(place).notes == ()


def test_a_missing_backup_is_a_note_where_a_second_recipient_opens_all(place: Place) -> None:
    (place.root / RECORD).unlink()
    for one in (DEV[1], PROD[1]):
        text = (place.root / FILE).read_text()
        place.put(FILE, text.replace(one, f"{one}\n      - {OTHER[1]}"))
    assert due(place) == []
    assert "no backup" in status(place).notes[0]


def test_a_rotation_says_what_comes_next(place: Place) -> None:
    made = Rotation("dev", DEV[1], OTHER[1], "", "2026-11-01T00:00:00Z")
    place.put(".sopsmith/rotations/dev.json", dump_rotation(made))
    assert only(place)[:3] == (
        ROTATION, "dev", "a rotation is under way; next: make a new identity",
    )  # fmt: skip


def test_a_rotation_that_is_done_is_not_due(place: Place) -> None:
    at = "2026-11-01T00:00:00Z"
    made = Rotation("dev", OTHER[1], DEV[1], "", at, done=dict.fromkeys(STEPS, at))
    place.put(".sopsmith/rotations/dev.json", dump_rotation(made))
    assert due(place) == []


def test_a_revocation_counts_what_nobody_noted(place: Place) -> None:
    secret = {
        "scope": "dev", "namespace": "x", "name": "a", "keys": ["value"], "files": [A],
        "first_commit": "a", "last_commit": "b", "other_groups_needed": 0, "replaced": None,
    }  # fmt: skip
    noted = {**secret, "replaced": {"date": "2026-11-01T00:00:00Z", "text": "done"}}
    record = {
        "version": 1, "recipient": DEV[1], "name": "laptop", "environment": "",
        "date": "2026-11-01T00:00:00Z",
    }  # fmt: skip
    path = ".sopsmith/revocations/x.json"
    place.put(path, json.dumps({**record, "secrets": [secret, noted]}))
    assert only(place).kind == REVOCATION
    assert only(place).reason.startswith("1 of 2 credentials that laptop could read")
    place.put(path, json.dumps({**record, "secrets": [noted]}))
    assert due(place) == []


@pytest.mark.parametrize(
    "path", [RECORD, ".sopsmith/rotations/dev.json", ".sopsmith/revocations/x.json"]
)
def test_state_that_is_malformed_is_found(place: Place, path: str) -> None:
    place.put(path, '{"version": 1')
    assert only(place).kind == MALFORMED
    assert only(place).place == str(place.root / path)
