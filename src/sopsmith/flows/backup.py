"""Back up identities: encrypted to the recovery recipients, into a store, read back.

A plan holds ciphertext alone, and only what a plan holds is handed to the store. Nothing here
takes an identity: those that are backed up are read from their file and leave this module
encrypted, and the recovery identity, which opens backups, has no way in. Where it lies in that
file all the same, it is used to try the backup, and is never part of it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from sopsmith import age
from sopsmith.errors import Conflict, MasterKeyError, NoIdentity, NotThere, Tampered
from sopsmith.flows.backup_checks import (
    is_x25519,
    readers_of,
    recovery_of,
    refuse_inside,
    refuse_self_opening,
)
from sopsmith.flows.backup_consent import Consent
from sopsmith.flows.backup_content import join_blocks, open_backup
from sopsmith.flows.backup_store import (
    Known,
    check_history,
    find_backups,
    find_coverage,
    is_noted,
    prove_absence,
    read_record,
    read_sound,
)
from sopsmith.ports import Archive, Files
from sopsmith.repo.backups import (
    MANIFEST,
    Backup,
    Record,
    dump_backup,
    dump_manifest,
    dump_record,
    object_name,
)
from sopsmith.repo.key_file import Entry, parse_key_file
from sopsmith.repo.recovery_pins import Sending, build_sending, store_of
from sopsmith.repo.settings import RepoSettings
from sopsmith.secret import Secret

__all__ = [
    "BackupPlan", "BackupRequest", "Doors", "Known", "apply_backup", "find_backups",
    "plan_backup", "plan_sending", "prove_absence",
]  # fmt: skip

ATTEMPTS = 5
"""Numbers that are tried while others back up at the same time."""


@dataclass(frozen=True)
class BackupRequest:
    """What is to be backed up.

    Attributes:
        root: The repository's folder.
        keys_paths: Files of identities; those that are not there hold none.
        record_path: Where the repository notes its last backup.
        environments: Only the identities of these; empty for all.
        force: Make a backup even where one holds the same, or where the store has lost some.
    """

    root: str
    settings: RepoSettings
    keys_paths: tuple[str, ...]
    record_path: str
    environments: tuple[str, ...] = ()
    force: bool = False


@dataclass(frozen=True)
class Doors:
    """What the flow needs of the outside.

    Attributes:
        files: The file of identities, and the repository's.
        tool: This program and its version.
        consent: Raises unless a person has accepted here that these identities leave for there.
    """

    files: Files
    archive: Archive
    now: datetime
    tool: str
    consent: Consent


@dataclass(frozen=True)
class BackupPlan:
    """What would be done; nothing in it is secret.

    Attributes:
        backup: Its payload is encrypted. The number is the next one as things stand.
        made: It stands in the store already, is noted, and holds the same.
        opened: It was opened, because a recovery identity lies in the same file.
        left_out: Recipients whose identities are no recipients of this repository.
        uncovered: Recipients of the repository that no noted backup holds, with their scopes.
        damaged: Places of older backups that cannot be read.
        sending: What leaves this machine by it, for whom and where to.
    """

    backup: Backup
    made: bool
    opened: bool
    left_out: tuple[str, ...]
    uncovered: tuple[tuple[str, tuple[str, ...]], ...]
    damaged: tuple[str, ...]
    sending: Sending


def plan_backup(request: BackupRequest, doors: Doors) -> BackupPlan:
    """Return what `apply_backup` would store; reads and encrypts, and writes nothing.

    Raises:
        LayoutError: No recovery recipient is named, or one would open its own backup.
        NoIdentity: No identity of the file is this repository's.
        OutsideError: The store lies in the repository, or holds less than it should; `Denied`,
            `Unreachable` and `NotThere` as `find_backups`.
        Error: The file of identities, or a recovery recipient, cannot be used.
    """
    recovery = recovery_of(request.settings)
    refuse_inside(request.root, doors.archive.place(""), doors.files)
    held = _read_held(request.keys_paths, doors.files)
    entries = [one.entry for one in held]
    readers = readers_of(request.settings, ())
    refuse_self_opening(request.settings, entries, readers)
    blocks = _choose(request, held)
    chosen = [one.entry for one in blocks]
    known = find_backups(doors.archive)
    record = read_record(doors.files, request.record_path)
    if not request.force:
        check_history(doors.archive, known, record)
    coverage = find_coverage(doors.archive, known, filter(is_x25519, readers))
    trusted = {
        recipient: backup
        for recipient, backup in coverage.newest_of.items()
        if is_noted(doors.archive, backup, record)
    }
    standing = None if request.force else _standing(trusted, chosen, recovery)
    noted = record.number if record and record.store == doors.archive.place("") else 0
    backup = standing or Backup(
        max(known.newest, noted) + 1,
        doors.now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        doors.tool,
        tuple(entry.recipient for entry in chosen),
        recovery,
        age.wrap_for(recovery, Secret(b"".join(one.block.reveal() for one in blocks))),
    )
    return BackupPlan(
        backup,
        made=standing is not None,
        opened=_opens(backup, entries),
        left_out=tuple(e.recipient for e in entries if e.recipient not in {*readers, *recovery}),
        uncovered=_uncovered(readers, {*backup.recipients, *trusted}),
        damaged=tuple(error.path or "" for error in coverage.damaged),
        sending=_sending(request, chosen, recovery, doors.archive),
    )


def apply_backup(made: BackupPlan, request: BackupRequest, doors: Doors) -> Backup:
    """Store a plan's backup, read it back, and note it; return it with the number that it got.

    Nothing leaves this machine before that is accepted.

    A run that is cut short after the first step leaves a whole backup that nobody notes; the next
    one makes another.

    Raises:
        UsageError: Nobody has accepted on this machine that it is sent there; nothing was.
        Tampered: What was read back is not what was stored.
        Conflict: Others took each number that was tried.
        Denied, Unreachable, NotThere: The store failed; no older backup was touched.
        OutsideError: The repository's note cannot be written.
    """
    if not made.made:
        doors.consent(made.sending)
    backup = made.backup if made.made else _store(made.backup, doors.archive)
    _note(backup, request.record_path, doors)
    _list(doors.archive)
    return backup


def plan_sending(request: BackupRequest, doors: Doors) -> Sending:
    """Return what any backup would send as things stand; asks no store.

    Raises:
        LayoutError, NoIdentity, NotThere, Error: As `plan_backup`.
    """
    chosen = [one.entry for one in _choose(request, _read_held(request.keys_paths, doors.files))]
    return _sending(request, chosen, recovery_of(request.settings), doors.archive)


def _sending(
    request: BackupRequest, chosen: list[Entry], recovery: tuple[str, ...], archive: Archive
) -> Sending:
    named = request.settings.backup
    store = store_of(named.store, named.endpoint, archive.place(""))
    return build_sending(os.path.realpath(request.root), chosen, recovery, store)


class _Held(NamedTuple):
    """An identity of a file, and its lines with the label."""

    entry: Entry
    block: Secret


def _read_held(paths: tuple[str, ...], files: Files) -> list[_Held]:
    """Return the identities of some files, each once.

    Raises:
        NotThere: None of the files is there.
        MasterKeyError: One is no list of identities.
    """
    found = {path: data for path in paths if (data := files.find(path)) is not None}
    if not found:
        raise NotThere("no such file, so there is no identity to back up", path=" or ".join(paths))
    held: dict[str, _Held] = {}
    for path, data in found.items():
        if age.is_locked(data):
            raise MasterKeyError(
                "is encrypted itself, so the identities in it cannot be read",
                path=path,
                hint="a copy of that file is a backup, as good as its passphrase",
            )
        for entry in parse_key_file(data, path):
            held.setdefault(entry.recipient, _Held(entry, Secret(join_blocks(data, [entry]))))
    return list(held.values())


def _choose(request: BackupRequest, held: list[_Held]) -> list[_Held]:
    wanted = readers_of(request.settings, request.environments)
    chosen = [one for one in held if one.entry.recipient in wanted]
    if not chosen:
        raise NoIdentity(
            f"no identity of {', '.join(request.environments) or 'this repository'} in it",
            path=" or ".join(request.keys_paths),
            hint="sopsmith key list shows where identities were looked for",
        )
    return chosen


def _standing(
    trusted: dict[str, Backup], chosen: list[Entry], recovery: tuple[str, ...]
) -> Backup | None:
    """Return the newest backup where each identity stands in one for today's recovery."""
    found = [trusted.get(entry.recipient) for entry in chosen]
    same = [one for one in found if one is not None and {*one.recovery} == {*recovery}]
    return max(same) if len(same) == len(chosen) else None


def _opens(backup: Backup, entries: list[Entry]) -> bool:
    """Tell whether a backup was opened and holds what it says, or could not be tried.

    Raises:
        Tampered: It was tried, and does not.
    """
    at_hand = [entry for entry in entries if entry.recipient in backup.recovery]
    for entry in at_hand:
        openers = age.parse_identities(entry.line.reveal().decode(), entry.recipient)
        open_backup(backup, openers, object_name(backup.number))
    return bool(at_hand)


def _uncovered(
    readers: dict[str, tuple[str, ...]], covered: set[str]
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple(
        (one, scopes) for one, scopes in readers.items() if one not in covered and is_x25519(one)
    )


def _store(backup: Backup, archive: Archive) -> Backup:
    """Store a backup under the first free number from its own on, and read it back."""
    for _ in range(ATTEMPTS):
        name, data = object_name(backup.number), dump_backup(backup)
        try:
            archive.create(name, data)
        except Conflict:
            # Somebody else backs up as well; theirs stays, and ours gets a number of its own.
            newest = find_backups(archive).newest
            backup = backup._replace(number=max(newest, backup.number) + 1)
            continue
        if archive.find(name) != data:
            raise Tampered(
                "what was read back is not what was stored",
                path=archive.place(name),
                hint="sopsmith key backup makes another one; older backups were not touched",
            )
        return backup
    raise Conflict(
        f"others took each of {ATTEMPTS} numbers", path=archive.place(""), hint="run it again"
    )


def _note(backup: Backup, path: str, doors: Doors) -> None:
    """Note a backup in the repository, beside those of the same store that are noted."""
    store = doors.archive.place("")
    before = read_record(doors.files, path)
    record = Record(backup.number, backup.digest, backup.recipients, backup.date, store)
    if before is not None and before.store == store:
        if before.digest_of(backup.number) is not None:
            return
        # Somebody may have noted a newer one meanwhile, which then stays the newest.
        older, newer = sorted((before, record))
        record = newer._replace(
            recipients=tuple(dict.fromkeys((*newer.recipients, *older.recipients))),
            earlier=tuple(sorted({*before.earlier, (older.number, older.sha256)})),
        )
    doors.files.write(path, dump_record(record))


def _list(archive: Archive) -> None:
    """Bring the list of backups up to what stands."""
    known = find_backups(archive)
    data = dump_manifest(read_sound(archive, known))
    if archive.find(MANIFEST) != data:
        archive.replace(MANIFEST, data)
