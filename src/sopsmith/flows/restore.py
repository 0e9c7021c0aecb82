"""Restore identities from backups, once it is proven that they open the repository's files.

Anyone can encrypt something to the recovery recipients, which are public, so a backup alone
proves nothing: what counts is that its identities open what stands in Git. Nothing is written
before that, and what stands in a file of identities is never dropped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from sopsmith.age import Identity, parse_identities
from sopsmith.errors import MasterKeyError, NoIdentity, NotThere
from sopsmith.flows.backup_checks import is_x25519, readers_of
from sopsmith.flows.backup_content import Content, open_backup
from sopsmith.flows.backup_store import (
    check_history,
    check_noted,
    find_backups,
    find_coverage,
    read_backup,
    read_record,
)
from sopsmith.flows.keys_apart import Lock, refuse_inside
from sopsmith.flows.opening import Opened, count_opened
from sopsmith.ports import Archive, Files, Trees
from sopsmith.repo.backups import Backup, Record, object_name
from sopsmith.repo.key_file import Entry, move_label, parse_key_file
from sopsmith.repo.settings import RepoSettings
from sopsmith.secret import Secret


@dataclass(frozen=True)
class RestoreRequest:
    """What is to be restored.

    Attributes:
        root: The repository's folder, absolute and without symbolic links.
        keys_path: The file of identities to extend; the same. "" where none is.
        record_path: Where the repository notes its last backup.
        number: Of a backup; 0 for the newest that hold this repository's identities.
    """

    root: str
    settings: RepoSettings
    keys_path: str
    record_path: str
    number: int = 0


@dataclass(frozen=True)
class Doors:
    """What the flow needs of the outside.

    Attributes:
        files: The repository's files.
        keys: The same for identities: new files are 0600, and their folders 0700.
        lock: Holds a file of identities against other processes.
    """

    files: Files
    trees: Trees
    keys: Files
    archive: Archive
    lock: Lock


class Restored(NamedTuple):
    """An identity from a backup.

    Attributes:
        line: Its text.
        block: The same with its label.
        backup: The number of the backup that it is from.
        scopes: Whose recipient it is in `sopsmith.yaml`.
        stands: The file of identities holds it already.
        labelled: The environments that its label names.
        noted: The repository notes that backup.
    """

    recipient: str
    line: Secret
    block: Secret
    backup: int
    scopes: tuple[str, ...]
    stands: bool
    labelled: tuple[str, ...] = ()
    noted: bool = False


@dataclass(frozen=True)
class RestorePlan:
    """What would be restored, and the proof that it opens something.

    Attributes:
        opened: For each scope with encrypted files, how many of them these identities open.
        remarks: Sentences about backups that were left out.
    """

    identities: tuple[Restored, ...]
    opened: tuple[Opened, ...]
    remarks: tuple[str, ...]


def plan_restore(request: RestoreRequest, openers: list[Identity], doors: Doors) -> RestorePlan:
    """Return what `apply_restore` would write; opens backups and files, and writes nothing.

    Args:
        openers: Recovery identities.

    Raises:
        NotThere: There is no such backup, or none at all; the store answered.
        Denied, Unreachable: The store refuses, or did not answer; nothing is known.
        Tampered: A backup is cut or changed, or not the one that the repository notes.
        NoIdentity: The recovery identity does not open it, or nothing in it opens a file here.
        OutsideError: The file of identities lies in the repository.
    """
    standing = _standing(request, doors)
    remarks: list[str] = []
    found: dict[str, Restored] = {}
    readers = readers_of(request.settings, ())
    record = read_record(doors.files, request.record_path)
    for backup, content in _contents(request, openers, doors, remarks):
        for entry in content.entries:
            found.setdefault(
                entry.recipient,
                Restored(
                    entry.recipient,
                    entry.line,
                    Secret(_block(content, entry, request, doors)),
                    backup.number,
                    readers.get(entry.recipient, ()),
                    entry.recipient in standing,
                    entry.environments,
                    _is_noted(backup, record),
                ),
            )
    identities = tuple(_without_strangers(found.values(), request, doors, remarks))
    opened = count_opened(request.root, request.settings, _identities(identities), doors.trees)
    _require_opening(identities, opened, doors.archive.place(""))
    return RestorePlan(identities, opened, tuple(remarks))


def apply_restore(made: RestorePlan, request: RestoreRequest, doors: Doors) -> None:
    """Append what is missing to the file of identities, mode 0600.

    Raises:
        OutsideError: It cannot be written; what stood there stands.
        MasterKeyError: What stands there is no list of identities.
    """
    with doors.lock(request.keys_path):
        # Read again: another program may have appended since the plan was made.
        data = doors.keys.find(request.keys_path) or b""
        standing = {entry.recipient for entry in parse_key_file(data, request.keys_path)}
        new = [one for one in made.identities if one.recipient not in standing]
        if new:
            gap = b"" if not data or data.endswith(b"\n") else b"\n"
            lines = b"".join(one.block.reveal() for one in new)
            doors.keys.write(request.keys_path, data + gap + lines, mode=0o600)


def _standing(request: RestoreRequest, doors: Doors) -> set[str]:
    """Return the recipients of the identities that the file holds already."""
    path = request.keys_path
    if not path:
        return set()
    refuse_inside(request.root, path, doors.files)
    try:
        return {entry.recipient for entry in parse_key_file(doors.keys.find(path) or b"", path)}
    except MasterKeyError as error:
        error.hint = "restore into another file: sopsmith key restore --keys-file FILE"
        raise


def _contents(
    request: RestoreRequest, openers: list[Identity], doors: Doors, remarks: list[str]
) -> Iterator[tuple[Backup, Content]]:
    """Yield the backups to restore from, opened, the newest first.

    The first one must open. Others hold what the first one has not; they may be of a time with
    other recovery recipients, and are then left out with a remark.
    """
    archive = doors.archive
    for index, backup in enumerate(_chosen(request, doors, remarks)):
        place = archive.place(object_name(backup.number))
        try:
            yield backup, open_backup(backup, openers, place)
        except NoIdentity as error:
            if not index:
                raise
            remarks.append(f"left out: {error}")


def _chosen(request: RestoreRequest, doors: Doors, remarks: list[str]) -> list[Backup]:
    archive, record = doors.archive, read_record(doors.files, request.record_path)
    if request.number:
        named = read_backup(archive, request.number)
        check_noted(archive, named, record)
        return [named]
    known = find_backups(archive)
    check_history(archive, known, record)
    if not known.numbers:
        noted = f"the repository notes one in {record.store}: " if record else ""
        raise NotThere(
            "holds no backup",
            path=archive.place(""),
            hint=f"{noted}correct backup.store in sopsmith.yaml",
        )
    newest = read_backup(archive, known.newest)
    wanted = filter(is_x25519, readers_of(request.settings, ()))
    coverage = find_coverage(archive, known, wanted)
    remarks += [f"left out: {error}" for error in coverage.damaged]
    return sorted({newest, *coverage.newest_of.values()}, reverse=True)


def _without_strangers(
    found: Iterable[Restored], request: RestoreRequest, doors: Doors, remarks: list[str]
) -> Iterator[Restored]:
    """Yield the identities that this repository knows, or that open something of it.

    Whoever writes to the store can slip one in beside the others, with a label by which the next
    `key generate` would take it for an environment's own. Of a backup that the repository notes
    everything comes back, also what opens old commits alone.
    """
    for one in found:
        if one.scopes or one.noted or _opens_some(one, request, doors):
            yield one
        else:
            remarks.append(
                f"left out: the identity of {one.recipient} in backup {one.backup}, which the "
                "repository does not note: nothing names it, and it opens no file here"
            )


def _block(content: Content, entry: Entry, request: RestoreRequest, doors: Doors) -> bytes:
    """Return an identity's lines, with no label of another repository on this machine.

    By its label an identity is taken for an environment's own, and a backup that a stranger's
    repository names could speak of ours.
    """
    block = content.block(entry)
    if entry.folder and doors.files.names(entry.folder):
        return move_label(block, entry, request.root)
    return block


def _is_noted(backup: Backup, record: Record | None) -> bool:
    """Tell whether the repository notes a backup as it stands.

    Its digest is that of the whole object, so it counts in a store that was moved or copied too,
    such as the folder of a lost laptop.
    """
    return record is not None and record.digest_of(backup.number) == backup.digest


def _opens_some(one: Restored, request: RestoreRequest, doors: Doors) -> bool:
    counts = count_opened(request.root, request.settings, _identities((one,)), doors.trees)
    return any(count.opened for count in counts)


def _identities(found: tuple[Restored, ...]) -> list[Identity]:
    lines = "\n".join(one.line.reveal().decode() for one in found)
    return parse_identities(lines, "the backup")


def _require_opening(found: tuple[Restored, ...], opened: tuple[Opened, ...], place: str) -> None:
    """Refuse identities that open nothing here.

    Where no encrypted file stands yet, being a recipient of the repository must do.
    """
    proven = any(one.opened for one in opened) if opened else any(one.scopes for one in found)
    if not proven:
        raise NoIdentity(
            "no identity in the backup opens a file of this repository, so nothing was restored",
            path=place,
            hint="name an older backup by its number, or check backup.store in sopsmith.yaml",
        )
