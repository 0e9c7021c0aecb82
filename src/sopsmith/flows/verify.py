"""Open every SOPS file of a tree, check its MAC, and say what did not open and why."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import NamedTuple

from sopsmith.errors import Error, FormatError, NoIdentity, NotEncrypted, OutsideError
from sopsmith.flows.reading import read_for_sops
from sopsmith.flows.rules import Rules
from sopsmith.ports import Answer, Files, Trees, Workers
from sopsmith.repo.managed import stands_in_clear
from sopsmith.sops.check import check
from sopsmith.sops.keyring import Keyring
from sopsmith.sops.recognise import is_marked, recognise

NO_IDENTITY, BROKEN, UNREADABLE, IN_CLEAR = "no identity", "broken", "unreadable", "in clear"
KINDS = (NO_IDENTITY, BROKEN, UNREADABLE, IN_CLEAR)
HOLDS: Answer = ()
"""What `Check.one` says of a SOPS file that opens and whose MAC holds."""
NOT_OURS: Answer = None
"""What it says of a file that is none, and that no rule names."""


class Problem(NamedTuple):
    """A file that did not open.

    Attributes:
        kind: One of `KINDS`: nobody here can open it; it was changed, or is no SOPS file any
            more; it could not be read; it is not encrypted, though a creation rule names it.
        reason: What is wrong, without the path.
        hint: What to do, or "".
    """

    path: str
    kind: str
    reason: str
    hint: str


class Report(NamedTuple):
    """What was found.

    Attributes:
        looked_at: Files of every kind.
        opened: SOPS files that opened and whose MAC holds.
        problems: In path order.
    """

    looked_at: int
    opened: int
    problems: tuple[Problem, ...]


class Doors(NamedTuple):
    """What the flow needs of the outside."""

    files: Files
    trees: Trees
    workers: Workers
    keyring: Keyring


def verify(paths: tuple[str, ...], doors: Doors, tick: Callable[[], None]) -> Report:
    """Check every file under some paths that is a SOPS file, or that a rule names.

    Args:
        tick: Called once for each file, whatever it is.

    Raises:
        OutsideError: A path is not there.
    """
    work = Check(doors).one
    looked_at = opened = 0
    problems = []
    for answer in doors.workers.map(work, doors.trees.walk(paths)):
        looked_at += 1
        opened += answer == HOLDS
        if answer:
            problems.append(Problem(*map(str, answer)))
        tick()
    return Report(looked_at, opened, tuple(problems))


class Check:
    """Check one file after the other; a fork of it works in each process."""

    def __init__(self, doors: Doors) -> None:
        self._trees = doors.trees
        self._keyring = doors.keyring
        self._rules = Rules(doors.files)

    def one(self, path: str) -> Answer:
        """Return `HOLDS`, `NOT_OURS` or the fields of a `Problem`."""
        try:
            data = read_for_sops(self._trees, path)
            name = recognise(data, path)
            if name is not None and self._opens(data, name, path):
                return HOLDS
            return self._plain(data, path)
        except NoIdentity as error:
            return _problem(path, NO_IDENTITY, error)
        except OutsideError as error:
            return _problem(path, UNREADABLE, error)
        except Error as error:
            return _problem(path, BROKEN, error)

    def _opens(self, data: bytes, name: str, path: str) -> bool:
        """Tell whether it is a SOPS file at all; if so, it holds."""
        try:
            check(data, name, path, self._keyring)
        except NotEncrypted:
            return False
        except FormatError:
            if is_marked(data, name):
                raise
            return False
        return True

    def _plain(self, data: bytes, path: str) -> Answer:
        try:
            rule = self._rules.rule_of(path)
        except Error:
            # A broken configuration opens nothing and closes nothing; lint names it.
            return NOT_OURS
        if rule is None or not stands_in_clear(data, path, rule):
            return NOT_OURS
        reason = f"stands in clear, and {rule.place} says that it is encrypted"
        return path, IN_CLEAR, reason, f"sopsmith encrypt --in-place {shlex.quote(path)}"


def _problem(path: str, kind: str, error: Error) -> Answer:
    key = f"{error.key}: " if error.key else ""
    return path, kind, key + error.message, error.hint or ""
