"""Send identities only where a person has accepted on this machine that they go.

What is accepted once is remembered and not asked for again; see `repo.recovery_pins`. Whoever
holds a recovery identity accepts its recipient by that: it was made here, or shown here.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from sopsmith.repo.recovery_pins import (
    Pins,
    Sending,
    Unaccepted,
    accept,
    accept_store,
    dump_pins,
    find_unaccepted,
    parse_pins,
)

if TYPE_CHECKING:
    from sopsmith.flows.keys_apart import Lock
    from sopsmith.ports import Files

Consent = Callable[[Sending], None]
"""Returns where a sending is accepted, and raises where it is not."""
FILE_NAME = "accepted-recovery.json"


class Doors(NamedTuple):
    """What the flow needs of the outside.

    Attributes:
        files: Writes for the owner alone.
        path: Where it is remembered; "" where this machine has no place for it.
        lock: Holds that file against other processes.
        ask: Has a person accept; raises where nobody does.
        recovery, stores: What the command line of this run accepts.
    """

    files: Files
    path: str
    lock: Lock
    ask: Callable[[Sending, Unaccepted], None]
    recovery: tuple[str, ...] = ()
    stores: tuple[str, ...] = ()


def demand_consent(sending: Sending, doors: Doors) -> None:
    """Return once all of a sending is accepted.

    Raises:
        UsageError: Nobody has accepted it, and nobody can be asked.
        FormatError: What is remembered cannot be read, so nothing counts as accepted.
    """
    missing = find_consent(sending, doors)
    left = missing.without(doors.recovery, doors.stores)
    if left:
        doors.ask(sending, left)
    if missing or sending.identities:
        remember(sending, doors)


def find_consent(sending: Sending, doors: Doors) -> Unaccepted:
    """Return what of a sending was never accepted here; FormatError as `demand_consent`."""
    return find_unaccepted(_read(doors), sending)


def remember(sending: Sending, doors: Doors) -> None:
    """Remember a sending as accepted: a person did, or holds the recovery identity."""
    _change(doors, lambda pins: accept(pins, sending))


def remember_store(folder: str, store: str, doors: Doors) -> None:
    """Remember a store that a person has made ready for a repository."""
    _change(doors, lambda pins: accept_store(pins, folder, store))


def _change(doors: Doors, edit: Callable[[Pins], Pins]) -> None:
    if not doors.path or edit(before := _read(doors)) == before:
        return
    with doors.lock(doors.path):
        doors.files.write(doors.path, dump_pins(edit(_read(doors))), mode=0o600)


def _read(doors: Doors) -> Pins:
    data = doors.files.find(doors.path) if doors.path else None
    return () if data is None else parse_pins(data, os.path.abspath(doors.path))
