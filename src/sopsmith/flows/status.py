"""Say what is due: Secrets that expire, old keys, missing backups, work that was left half done.

Nothing is opened. The ages of identities are those of the files at hand; all else stands in
clear in the repository, so CI can look without any identity.
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from shlex import quote
from typing import TYPE_CHECKING, NamedTuple

from sopsmith.errors import Error
from sopsmith.flows import revocation
from sopsmith.flows.key_list import find_created
from sopsmith.flows.status_expiry import find_dated
from sopsmith.repo import rotation
from sopsmith.repo.backups import RECORD, parse_record
from sopsmith.repo.expiry import ANNOTATION, parse_expiry
from sopsmith.repo.root import read_settings
from sopsmith.repo.settings import FILE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sopsmith.flows.key_list import Doors
    from sopsmith.flows.status_expiry import Dated
    from sopsmith.repo.settings import RepoSettings

EXPIRED, SOON, MALFORMED, OLD, NO_RECOVERY, NO_BACKUP, ROTATION, REVOCATION = KINDS = (
    "expired", "expires soon", "malformed", "old key", "no recovery", "no backup", "rotation",
    "revocation",
)  # fmt: skip
_BACK_UP = "sopsmith key backup"
_RECOVER = "sopsmith key recovery generate --out /media/safe/recovery.txt && sopsmith key backup"
_IN_CLEAR = "an annotation is text in clear: encrypted_regex: ^(data|stringData)$ leaves it so"


class Due(NamedTuple):
    """Something to see to.

    Attributes:
        kind: One of `KINDS`.
        place: A file, a scope or a recipient.
        date: When it was or will be due (UTC); None where it is due whenever it is looked at.
    """

    kind: str
    place: str
    reason: str
    hint: str = ""
    date: datetime | None = None


class Status(NamedTuple):
    """What was found.

    Attributes:
        dated: How many Secrets say when they expire.
        notes: Sentences about what could not be told, and is not due.
    """

    dated: int
    due: tuple[Due, ...]
    notes: tuple[str, ...]


def read_status(root: str, within: int, doors: Doors) -> Status:
    """Return what is due in a repository.

    Args:
        root: Its root, as paths shall begin.
        within: How many days ahead to look.

    Raises:
        LayoutError: The settings cannot be read.
    """
    at = _At(root, read_settings(doors.files, root), doors, doors.now + timedelta(days=within))
    dated = list(find_dated(root, doors.trees, doors.workers))
    parts = (
        (due for one in dated for due in at.expiry(one)), at.ages(), at.backups(),
        at.rotations(), at.revocations(),
    )  # fmt: skip
    return Status(len(dated), tuple(due for part in parts for due in part), tuple(at.notes()))


class _At:
    """A repository at a moment.

    Args:
        horizon: What is due before it counts.
    """

    def __init__(self, root: str, settings: RepoSettings, doors: Doors, horizon: datetime) -> None:
        self._root = root
        self._settings = settings
        self._doors = doors
        self._horizon = horizon
        self._sources = {one.recipient: one.source for one in doors.keyring.identities}

    def expiry(self, one: Dated) -> Iterator[Due]:
        """Yield what is due of a Secret."""
        place = f"{one.path}: {one.name}" if one.name else one.path
        if one.problem:
            hint = _IN_CLEAR if one.problem.startswith(ANNOTATION) else "sopsmith lint"
            yield Due(MALFORMED, place, one.problem, hint)
            return
        try:
            moment = parse_expiry(one.text)
        except Error as error:
            yield Due(MALFORMED, place, f"{ANNOTATION} {error.message}", error.hint or "")
            return
        if moment > self._horizon:
            return
        late = moment <= self._doors.now
        reason = f"{'expired' if late else 'expires'} on {moment:%Y-%m-%d}"
        hint = "change the value at its source, then its date in sopsmith.yaml"
        yield Due(EXPIRED if late else SOON, place, reason, hint, moment)

    def ages(self) -> Iterator[Due]:
        """Yield the identities that are, or will soon be, older than the settings allow."""
        most = self._settings.max_age_days
        for scope in self._settings.scopes if most else ():
            for named in scope.named:
                created = self._created(named.recipient)
                end = created + timedelta(days=most or 0) if created else None
                if created and end and end <= self._horizon:
                    days = (self._doors.now - created).days
                    reason = f"{named.shown} is {days} days old; keys.max_age_days is {most}"
                    hint = f"sopsmith key rotate --environment {scope.name}"
                    yield Due(OLD, scope.name, reason, hint, end)

    def notes(self) -> Iterator[str]:
        """Yield what could not be told."""
        if self._settings.max_age_days:
            every = {one for scope in self._settings.scopes for one in scope.recipients}
            unknown = sum(self._created(one) is None for one in every)
            if unknown:
                yield f"the age of {unknown} of {len(every)} recipients is not known here"
        if self._unguarded and not self._lonely:
            yield "no backup is noted in the repository, and no recovery recipient is named"

    def backups(self) -> Iterator[Due]:
        """Yield the scopes and identities that no backup covers, as the repository notes it."""
        data = self._find(RECORD)
        if data is None:
            if self._settings.recovery:
                reason = "recovery recipients are named, and no backup was ever made"
                yield Due(NO_BACKUP, self._place(RECORD), reason, _BACK_UP)
            elif self._lonely:
                lost = f"whoever loses the only identity of {_listed(self._lonely)}"
                reason = (
                    f"no recovery recipient is named, no backup noted: {lost} loses its Secrets"
                )
                yield Due(NO_RECOVERY, self._place(FILE), reason, _RECOVER)
            return
        try:
            covered = {*parse_record(data, self._place(RECORD)).recipients}
        except Error as error:
            yield _malformed(self._place(RECORD), error)
            return
        for scope in self._settings.environments:
            if scope.recipients and not covered & {*scope.recipients}:
                yield Due(NO_BACKUP, scope.name, "no recipient of it is in the backup", _BACK_UP)
                continue
            for named in scope.named:
                if named.recipient in self._sources and named.recipient not in covered:
                    reason = f"{named.shown} is in no backup, and its identity is here"
                    yield Due(NO_BACKUP, scope.name, reason, _BACK_UP)

    def rotations(self) -> Iterator[Due]:
        """Yield the rotations that are under way."""
        for path, data in self._state(rotation.FOLDER):
            try:
                found = rotation.parse_rotation(data, path)
            except Error as error:
                yield _malformed(path, error)
                continue
            step = found.next_step
            if step is None:
                # A rotation that is done stays noted until the next one.
                continue
            does = f"is under way; next: {rotation.WORDS[step]}"
            word = "is being taken back" if found.aborting else does
            yield Due(ROTATION, found.name, f"a rotation {word}", found.command)

    def revocations(self) -> Iterator[Due]:
        """Yield the revocations with credentials of which nobody noted that they were changed."""
        for path, data in self._state(revocation.FOLDER):
            try:
                found = revocation.load(data, path)
            except Error as error:
                yield _malformed(path, error)
                continue
            left = sum(entry.note is None for entry in found.entries)
            if left:
                who = found.name or found.recipient
                reason = f"{left} of {len(found.entries)} credentials that {who} could read have "
                hint = f"sopsmith key revoke --status {found.id}"
                yield Due(REVOCATION, path, f"{reason}no note that they were changed", hint)

    @property
    def _unguarded(self) -> bool:
        return self._find(RECORD) is None and not self._settings.recovery

    @property
    def _lonely(self) -> list[str]:
        """The environments with one recipient: where there are two, the other one still opens."""
        return [one.name for one in self._settings.environments if len(one.recipients) == 1]

    def _created(self, recipient: str) -> datetime | None:
        source = self._sources.get(recipient)
        return find_created(recipient, source, self._doors.files) if source else None

    def _state(self, folder: str) -> Iterator[tuple[str, bytes]]:
        for name in self._doors.files.names(os.path.join(self._root, folder)):
            if name.endswith(".json"):
                path = os.path.join(self._root, folder, name)
                yield path, self._doors.files.read(path)

    def _find(self, path: str) -> bytes | None:
        return self._doors.files.find(os.path.join(self._root, path))

    def _place(self, path: str) -> str:
        return os.path.normpath(os.path.join(self._root, path))


def _listed(names: list[str]) -> str:
    return " or ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)


def _malformed(path: str, error: Error) -> Due:
    key = f"{error.key}: " if error.key else ""
    return Due(MALFORMED, path, key + error.message, error.hint or f"git log -p -- {quote(path)}")
