"""Rehearse a disaster: back up and restore for real, but to a throw-away store and file.

The recovery identity is made for the drill and opens nothing else. What is restored must open
the repository's files, as it would have to on the day that counts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple, TypeVar

from sopsmith.age import parse_identities
from sopsmith.errors import NoIdentity
from sopsmith.flows import backup, restore
from sopsmith.flows.keys_apart import Lock
from sopsmith.flows.opening import Opened, count_opened
from sopsmith.ports import Archive, Files, Trees
from sopsmith.repo.backups import Backup
from sopsmith.repo.recipients import NamedRecipient
from sopsmith.repo.recovery_pins import Sending
from sopsmith.repo.settings import CORE, RepoSettings
from sopsmith.secret import Secret

T = TypeVar("T")


@dataclass(frozen=True)
class DrillRequest:
    """What is rehearsed, and where.

    Attributes:
        root: The repository's folder, absolute and without symbolic links.
        keys_paths: Files of the identities that would be lost.
        target: A throw-away folder in memory, absolute; it holds secrets afterwards.
    """

    root: str
    settings: RepoSettings
    keys_paths: tuple[str, ...]
    target: str


@dataclass(frozen=True)
class Doors:
    """What the flow needs of the outside.

    Attributes:
        keys: Writes files of identities.
        archive: A throw-away store.
        clock: Seconds from any start, for durations.
    """

    files: Files
    keys: Files
    trees: Trees
    archive: Archive
    lock: Lock
    new_identity: Callable[[], tuple[Secret, str]]
    now: datetime
    clock: Callable[[], float]


class Timed(NamedTuple):
    """A step and how long it took, in seconds."""

    step: str
    seconds: float


class DrillReport(NamedTuple):
    """What the drill showed.

    Attributes:
        recipients: Of the identities that came back.
        opened: What they open, scope by scope.
        lacking: Scopes of those identities with files that did not open.
    """

    steps: tuple[Timed, ...]
    recipients: tuple[str, ...]
    opened: tuple[Opened, ...]
    lacking: tuple[str, ...]

    @property
    def seconds(self) -> float:
        """Return how long all of it took."""
        return sum(step.seconds for step in self.steps)


def drill(request: DrillRequest, doors: Doors) -> DrillReport:
    """Back up, lose, restore and prove; return how long each step took.

    Raises:
        Error: As `plan_backup` and `plan_restore` do: the disaster would have been one.
    """
    watch = _Watch(doors.clock)
    identity, recipient = watch.time("make a recovery identity", doors.new_identity)
    settings = replace(request.settings, recovery=(NamedRecipient(recipient, "drill"),))
    stored = _back_up(request, settings, doors, watch)
    keys_path = f"{request.target}/keys.txt"
    record_path = f"{request.target}/backups.json"
    back = restore.RestoreRequest(request.root, settings, keys_path, record_path)
    openers = parse_identities(identity.reveal().decode(), "drill")
    means = restore.Doors(doors.files, doors.trees, doors.keys, doors.archive, doors.lock)
    made = watch.time(
        "open the backup and prove it", lambda: restore.plan_restore(back, openers, means)
    )
    watch.time("write the identities", lambda: restore.apply_restore(made, back, means))
    opened = watch.time("open every file with what was written", lambda: _prove(back, doors))
    scopes = {CORE, *(scope for one in made.identities for scope in one.scopes)}
    lacking = tuple(one.scope for one in opened if one.scope in scopes and one.opened < one.files)
    return DrillReport(tuple(watch.steps), stored.recipients, opened, lacking)


def _back_up(request: DrillRequest, settings: RepoSettings, doors: Doors, watch: _Watch) -> Backup:
    record_path = f"{request.target}/backups.json"
    wanted = backup.BackupRequest(request.root, settings, request.keys_paths, record_path)
    means = backup.Doors(doors.files, doors.archive, doors.now, "sopsmith drill", _ours)
    made = watch.time("encrypt the identities", lambda: backup.plan_backup(wanted, means))
    return watch.time(
        "store them and read them back", lambda: backup.apply_backup(made, wanted, means)
    )


def _ours(sending: Sending) -> None:
    """Accept: recovery identity and store are the drill's own, in memory."""
    del sending


def _prove(request: restore.RestoreRequest, doors: Doors) -> tuple[Opened, ...]:
    """Open the repository with the file that was written, and nothing else."""
    data = doors.keys.read(request.keys_path)
    identities = parse_identities(data.decode("utf-8", "replace"), request.keys_path)
    if not identities:
        raise NoIdentity("holds nothing after the restore", path=request.keys_path)
    return count_opened(request.root, request.settings, identities, doors.trees)


class _Watch:
    """Time one step after the other."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.steps: list[Timed] = []

    def time(self, step: str, work: Callable[[], T]) -> T:
        """Do a piece of work and note how long it took."""
        start = self._clock()
        done = work()
        self.steps.append(Timed(step, self._clock() - start))
        return done
