"""Where a rotation stands is read strictly, and held against what the repository says."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from sopsmith import age
from sopsmith.errors import FormatError, LayoutError
from sopsmith.repo.key_file import NewIdentity, append_identity, parse_key_file
from sopsmith.repo.retired import is_retired, mark_retired
from sopsmith.repo.rotation import (
    BACKUP,
    GENERATE,
    INJECT,
    MOVE,
    STEPS,
    SYNC,
    Rotation,
    check_agrees,
    dump_rotation,
    parse_rotation,
    rotation_path,
)  # fmt: skip

OLD, NEW, OTHER = (age.generate()[1] for _ in range(3))
AT = "2026-11-24T14:00:00Z"
PATH = rotation_path("prod")
FRESH = Rotation("prod", OLD, NEW, "prod-admin@prod", AT).after(GENERATE, AT)
MOVED = Rotation("prod", OLD, NEW, "", AT, done=dict.fromkeys(STEPS[:4], AT))


def test_a_rotation_reads_as_it_was_written() -> None:
    assert parse_rotation(dump_rotation(MOVED), PATH) == MOVED
    assert dump_rotation(FRESH).endswith(b"}\n")


def test_the_next_step_is_the_first_that_is_not_done() -> None:
    assert FRESH.next_step == BACKUP
    assert FRESH.after(BACKUP, AT).next_step == INJECT
    assert MOVED.next_step == SYNC


def test_without_a_cluster_nothing_is_injected() -> None:
    without = Rotation("prod", OLD, NEW, "", AT, done={GENERATE: AT, BACKUP: AT})
    assert without.next_step == MOVE


def test_going_back_to_a_step_undoes_those_behind_it() -> None:
    assert list(MOVED.after(SYNC, AT).before(MOVE).done) == [GENERATE, BACKUP, INJECT]


def test_two_rotations_that_met_in_a_merge_are_told_so() -> None:
    text = dump_rotation(FRESH).replace(b'  "done"', b'<<<<<<< HEAD\n  "done"', 1)
    with pytest.raises(LayoutError, match="merge conflict markers"):
        parse_rotation(text, PATH)


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"done": {"launch": AT}},
        {"done": {"move": "yesterday"}},
        {"old": "age1damaged"},
        {"aborting": "no"},
        {"aborting": 1},
        {"more": 1},
        {"environment": "prod; reboot"},
    ],
)
def test_anything_else_is_no_rotation(change: dict[str, object]) -> None:
    text = json.dumps(json.loads(dump_rotation(FRESH)) | change).encode()
    with pytest.raises(FormatError, match="holds no rotation"):
        parse_rotation(text, PATH)


def test_a_record_that_nests_without_end_is_no_rotation() -> None:
    with pytest.raises(FormatError, match="holds no rotation"):
        parse_rotation(b"[" * 100_000, PATH)


def test_before_the_move_either_recipient_may_stand() -> None:
    for recipients in ((OLD,), (NEW,), (OTHER, NEW)):
        check_agrees(FRESH, recipients)


@pytest.mark.parametrize(
    ("rotation", "recipients", "reason"),
    [
        (FRESH, (OTHER,), "neither the old recipient"),
        (MOVED, (OLD,), "does not name"),
        (MOVED, (OLD, NEW), "again, which the rotation has taken out"),
    ],
)
def test_what_somebody_else_changed_is_named(
    rotation: Rotation, recipients: tuple[str, ...], reason: str
) -> None:
    with pytest.raises(LayoutError, match=reason) as caught:
        check_agrees(rotation, recipients)
    assert caught.value.key == "environments.prod.recipients"


def test_a_retired_identity_is_labelled_once_and_stays() -> None:
    now = datetime(2026, 11, 24, 14, tzinfo=UTC)
    data = b"# mine\n"
    for _ in range(2):
        identity, recipient = age.generate()
        new = NewIdentity(("prod",), identity, recipient)
        data = append_identity(data, "keys.txt", new, "platform", now)
    retired = mark_retired(data, "keys.txt", recipient, now)
    first, second = parse_key_file(retired, "keys.txt")
    assert [is_retired(retired, one.start) for one in (first, second)] == [False, True]
    assert second.environments == ("prod",)
    assert mark_retired(retired, "keys.txt", recipient, now) == retired
    assert mark_retired(data, "keys.txt", OTHER, now) == data
