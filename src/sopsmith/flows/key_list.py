"""List who opens what, where each identity was found, how old it is, and what hangs on it alone."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from sopsmith.errors import Error
from sopsmith.flows.key_survey import KeyName, survey
from sopsmith.repo.backups import RECORD, parse_record
from sopsmith.repo.key_file import parse_key_file
from sopsmith.repo.root import read_settings
from sopsmith.sops.config import FILE_NAME, Config

if TYPE_CHECKING:
    from datetime import datetime

    from sopsmith.ports import Files, Trees, Workers
    from sopsmith.repo.recipients import NamedRecipient
    from sopsmith.repo.settings import RepoSettings
    from sopsmith.sops.keyring import Keyring

RULES_ONLY, FILES_ONLY = "rules alone", "files alone"
"""Where a key stands that sopsmith.yaml does not name."""


class Doors(NamedTuple):
    """What the flow needs of the outside."""

    files: Files
    trees: Trees
    workers: Workers
    keyring: Keyring
    now: datetime


class Held(NamedTuple):
    """Where an identity was found.

    Attributes:
        source: A path or a variable; "" where no place offers it.
        created: From its label in a file of identities (UTC); None where that is not known.
    """

    source: str = ""
    created: datetime | None = None

    def age_days(self, now: datetime) -> int | None:
        """Return how many days ago it was made, or None where that is not known."""
        return None if self.created is None else (now - self.created).days


class Row(NamedTuple):
    """A key that opens something, or is meant to.

    Attributes:
        key: Its kind and, for age, its recipient.
        scopes: Those that sopsmith.yaml names it for, or `RULES_ONLY` or `FILES_ONLY`.
        age_days: None where it is not known.
        too_old: It is older than `keys.max_age_days` allows.
        opens: Files that it has a part in opening.
        alone: Files that nothing opens without it.
    """

    key: KeyName
    name: str
    purpose: str
    scopes: tuple[str, ...]
    held: Held
    age_days: int | None
    too_old: bool
    opens: int
    alone: int


class KeyList(NamedTuple):
    """What was found.

    Attributes:
        files: How many SOPS files there are.
        problems: Path and reason of files whose metadata could not be read.
        backed_up: Recipients whose identities the noted backups hold.
    """

    rows: tuple[Row, ...]
    files: int
    max_age_days: int | None
    problems: tuple[tuple[str, str], ...]
    backed_up: tuple[str, ...] = ()


def list_keys(root: str, doors: Doors) -> KeyList:
    """Return every key of sopsmith.yaml, of the rules and of the files, in that order.

    Args:
        root: The repository's root, as paths shall begin.

    Raises:
        LayoutError, RuleError, FormatError, Tampered: Settings, rules or the note of the last
            backup cannot be read.
    """
    settings = read_settings(doors.files, root)
    counted = survey((root,), doors.trees, doors.workers)
    named = _named(settings)
    ruled = _ruled(root, doors.files)
    rows = []
    for key in dict.fromkeys((*named, *ruled, *sorted(counted.opens))):
        held = find_held(key.name, doors.keyring, doors.files) if key.kind == "age" else Held()
        days = held.age_days(doors.now)
        label = named.get(key)
        rows.append(
            Row(
                key=key,
                name=label.name if label else "",
                purpose=label.purpose if label else "",
                scopes=_scopes(key, settings) or (RULES_ONLY if key in ruled else FILES_ONLY,),
                held=held,
                age_days=days,
                too_old=is_too_old(days, settings.max_age_days),
                opens=counted.opens[key],
                alone=counted.alone[key],
            )
        )
    record = doors.files.find(os.path.join(root, RECORD))
    backed_up = parse_record(record).recipients if record else ()
    problems = tuple(counted.problems)
    return KeyList(tuple(rows), counted.files, settings.max_age_days, problems, backed_up)


def find_held(recipient: str, keyring: Keyring, files: Files) -> Held:
    """Return where the identity of a recipient was found, and when it was made."""
    identity = keyring.find(recipient)
    if identity is None:
        return Held()
    return Held(identity.source, find_created(recipient, identity.source, files))


def is_too_old(days: int | None, most: int | None) -> bool:
    """Tell whether an age, in days, is more than the most that is allowed; unknown is not."""
    return days is not None and most is not None and days > most


def find_created(recipient: str, source: str, files: Files) -> datetime | None:
    """Return when an identity was made, by its label in the file where it was found, if any."""
    if not os.path.isabs(source):
        source = os.path.abspath(source)
    try:
        entries = parse_key_file(files.find(source) or b"", source)
    except Error:
        # An SSH key, an encrypted file, or one with another kind of line in it: no labels.
        return None
    return next((one.created for one in entries if one.recipient == recipient), None)


def _named(settings: RepoSettings) -> dict[KeyName, NamedRecipient]:
    """Return recipients in the order of the settings, under the name that any scope gives."""
    found: dict[KeyName, NamedRecipient] = {}
    for one in (one for scope in settings.scopes for one in scope.named):
        before = found.setdefault(KeyName("age", one.recipient), one)
        if one.name and not before.name:
            found[KeyName("age", one.recipient)] = one
    return found


def _scopes(key: KeyName, settings: RepoSettings) -> tuple[str, ...]:
    if key.kind != "age":
        return ()
    return tuple(scope.name for scope in settings.scopes if key.name in scope.recipients)


def _ruled(root: str, files: Files) -> dict[KeyName, None]:
    path = os.path.join(root, FILE_NAME)
    data = files.find(path)
    rules = Config.parse(data, path).rules if data is not None else ()
    groups = (group for rule in rules for group in rule.key_groups)
    return {KeyName(key.kind, key.name): None for group in groups for key in group}
