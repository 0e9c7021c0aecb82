"""Find out which backups a store holds, so that "none", "not allowed" and "no answer" differ.

Whoever takes a failure for an absence makes a new identity and leaves a repository that nobody
opens. So an absence has to be proven: the store answered, it is the store that the repository
knows, and it holds neither a backup nor a trace of one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sopsmith.errors import Error, NotThere, OutsideError, Tampered
from sopsmith.ports import Archive, Files
from sopsmith.repo.backups import (
    MANIFEST,
    Backup,
    Record,
    object_name,
    parse_backup,
    parse_name,
    parse_record,
)


class Known(NamedTuple):
    """What is known of a store that answered.

    Attributes:
        numbers: Of its backups, in order.
        listed: It holds a list of backups, so there has been one at some time.
    """

    numbers: tuple[int, ...]
    listed: bool = False

    @property
    def newest(self) -> int:
        """Return the highest number, or 0 where there is no backup."""
        return self.numbers[-1] if self.numbers else 0


class Coverage(NamedTuple):
    """Which backups hold some identities.

    Attributes:
        newest_of: Recipient to the newest backup that holds its identity.
        damaged: Why backups on the way could not be read.
    """

    newest_of: dict[str, Backup]
    damaged: tuple[Error, ...]


def find_backups(archive: Archive) -> Known:
    """Return which backups a store holds.

    Raises:
        Denied, Unreachable: It refuses, or did not answer in full; nothing is known.
        NotThere: The whole bucket or folder is missing, which may be a slip in its name.
    """
    names = archive.names()
    numbers = sorted(number for name in names if (number := parse_name(name)) is not None)
    return Known(tuple(numbers), MANIFEST in names)


def prove_absence(archive: Archive, record: Record | None) -> None:
    """Return only where it is proven that there is no backup: then a new identity may be made.

    Args:
        record: What the repository notes of its last backup.

    Raises:
        Denied, Unreachable, NotThere: As `find_backups`; an absence is not proven.
        OutsideError: There are backups, or there have been.
    """
    known = find_backups(archive)
    place = archive.place("")
    if known.numbers:
        raise OutsideError(
            f"holds backup {known.newest}, so no new identity is made",
            path=place,
            hint="sopsmith key restore",
        )
    if record is not None:
        raise _lost(known, record, place)
    if known.listed:
        raise OutsideError(
            f"holds no backup, but a list of them ({MANIFEST}): they were deleted",
            path=place,
            hint="bring them back from the bucket's older versions before anything else",
        )


def read_record(files: Files, path: str) -> Record | None:
    """Return what the repository notes of its last backup, or None where it had none.

    Raises:
        Tampered, FormatError: The file is not what sopsmith writes.
    """
    data = files.find(path)
    return None if data is None else parse_record(data)


def check_history(archive: Archive, known: Known, record: Record | None) -> None:
    """Make sure that a store holds what the repository knows to have been put there.

    A store that the repository did not use before has no such history.

    Raises:
        OutsideError: Its newest backup is older than the one that the repository notes.
        Tampered: The backup of that number is another one.
    """
    place = archive.place("")
    if record is None or record.store != place:
        return
    if known.newest < record.number:
        error = _lost(known, record, place)
        error.hint = f"{error.hint}; if they are lost: sopsmith key backup --force"
        raise error
    if record.number in known.numbers:
        check_noted(archive, read_backup(archive, record.number), record)


def check_noted(archive: Archive, backup: Backup, record: Record | None) -> None:
    """Make sure that a backup is the one that the repository notes, if it notes its number.

    Raises:
        Tampered: It is another one.
    """
    noted = _digest_of(archive, backup.number, record)
    if noted not in (None, backup.digest):
        raise Tampered(
            "is another backup than the one that the repository notes",
            path=archive.place(object_name(backup.number)),
            hint="look at the bucket's older versions, then: sopsmith key backup --force",
        )


def is_noted(archive: Archive, backup: Backup, record: Record | None) -> bool:
    """Tell whether the repository notes a backup as it stands.

    Who writes to the store can claim anything in a backup, but not make the repository say so.
    """
    return _digest_of(archive, backup.number, record) == backup.digest


def _digest_of(archive: Archive, number: int, record: Record | None) -> str | None:
    if record is None or record.store != archive.place(""):
        return None
    return record.digest_of(number)


def read_backup(archive: Archive, number: int) -> Backup:
    """Return a backup, its digest checked.

    Raises:
        NotThere: The store answered and has none of this number.
        Denied, Unreachable: It refuses, or did not answer in full.
        Tampered, FormatError: The object is not what was put there.
    """
    name = object_name(number)
    data = archive.find(name)
    if data is None:
        raise NotThere("there is no such backup", path=archive.place(name))
    return parse_backup(data, number, archive.place(name))


def find_coverage(archive: Archive, known: Known, recipients: Iterable[str]) -> Coverage:
    """Return the newest backup that holds each recipient's identity, as far as there is one.

    People back up what they hold, so the newest backup alone may not hold everything.

    Raises:
        Denied, Unreachable: As `read_backup`.
    """
    missing = set(recipients)
    found: dict[str, Backup] = {}
    damaged: list[Error] = []
    for number in reversed(known.numbers):
        if not missing:
            break
        backup = _read_if_sound(archive, number, damaged)
        if backup is not None:
            found |= dict.fromkeys(missing & {*backup.recipients}, backup)
            missing -= {*backup.recipients}
    return Coverage(found, tuple(damaged))


def read_sound(archive: Archive, known: Known) -> list[Backup]:
    """Return every backup that is not damaged.

    Raises:
        Denied, Unreachable: As `read_backup`.
    """
    found = (_read_if_sound(archive, number, []) for number in known.numbers)
    return [backup for backup in found if backup is not None]


def _read_if_sound(archive: Archive, number: int, damaged: list[Error]) -> Backup | None:
    try:
        return read_backup(archive, number)
    except OutsideError:
        raise
    except Error as error:
        damaged.append(error)
        return None


def _lost(known: Known, record: Record, place: str) -> OutsideError:
    """Return the error of a store that holds less than the repository knows of."""
    newest = f"its newest is {known.newest}" if known.newest else "it holds none"
    elsewhere = "" if record.store == place else f" in {record.store}"
    return OutsideError(
        f"backup {record.number} was made{elsewhere}, and {newest}: rolled back, or another store",
        path=place,
        hint="correct backup.store in sopsmith.yaml, or bring back the bucket's older versions",
    )
