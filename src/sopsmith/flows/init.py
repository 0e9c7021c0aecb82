"""Make the layout of a platform repository, and an identity for each environment.

An identity is on the disk before its recipient enters the repository: a run that is cut short
never leaves files that nobody opens, and the next one goes on with its identities.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sopsmith.errors import Conflict, MasterKeyError
from sopsmith.flows.init_settings import (
    InitRequest,
    Recipients,
    build_new,
    find_settings,
    missing_identities,
    read_rules,
)
from sopsmith.flows.keys_apart import Lock, refuse_inside, refuse_open
from sopsmith.ports import Files
from sopsmith.repo.key_file import NewIdentity, append_identity, check_list, parse_key_file
from sopsmith.repo.layout import SOPS_CONFIG, PlannedFile, find_gaps, layout_paths, plan_layout
from sopsmith.repo.layout_rules import find_rule_gaps
from sopsmith.repo.settings import FILE, RepoSettings
from sopsmith.secret import Secret

__all__ = ["Doors", "InitPlan", "InitRequest", "NewIdentity", "apply_init", "plan_init"]


@dataclass(frozen=True)
class Doors:
    """What the flow needs of the outside.

    Attributes:
        files: The repository's files.
        keys: The same for identities: new files are 0600, and their folders 0700.
        new_identity: Makes an identity's text and its recipient.
        now: For the label of a new identity.
        lock: Keeps other processes from the file of identities while it is held.
        is_open: Tells whether others than its owner have a right to a file.
    """

    files: Files
    keys: Files
    new_identity: Callable[[], tuple[Secret, str]]
    now: datetime
    lock: Lock
    is_open: Callable[[str], bool]


@dataclass(frozen=True)
class InitPlan:
    """What would be done, in the order in which it is done.

    Attributes:
        identities: New ones, appended to the file at `keys_path` before anything else.
        resumed: Those that stand there already, left by a run that was cut short.
        files: Files to write below `root`; the first one holds the recipients.
        notes: Sentences about what stands and is not as it should be.
    """

    root: str
    keys_path: str
    identities: tuple[NewIdentity, ...]
    resumed: tuple[NewIdentity, ...]
    files: tuple[PlannedFile, ...]
    notes: tuple[str, ...]


def plan_init(request: InitRequest, doors: Doors) -> InitPlan:
    """Return what `apply_init` would do; reads, and writes nothing.

    Raises:
        UsageError: The request does not fit together, or contradicts what stands.
        LayoutError, RuleError, FormatError: What stands cannot be worked with.
        MasterKeyError, OutsideError: Identities cannot be appended to the file they belong in,
            or others can read it.
    """
    # A file in the folder's place is found here, before there is any identity.
    doors.files.names(request.root)
    resumed: list[NewIdentity] = []
    identities: list[NewIdentity] = []
    settings = find_settings(request, doors.files)
    if settings is None:
        missing = missing_identities(request)
        resumed = find_cut_short(missing, request, doors) if missing else []
        taken = [one.environments for one in resumed]
        identities = [
            NewIdentity(names, *doors.new_identity()) for names in missing if names not in taken
        ]
        made: Recipients = {
            name: (one.recipient,) for one in (*resumed, *identities) for name in one.environments
        }
        settings = build_new(request, made)
    existing = _read_existing(request.root, settings, doors.files)
    return InitPlan(
        request.root,
        request.keys_path,
        tuple(identities),
        tuple(resumed),
        tuple(plan_layout(settings, existing)),
        tuple(_notes(request, settings, existing, doors.files)),
    )


def apply_init(made: InitPlan, doors: Doors) -> None:
    """Write what a plan holds: identities first, then the file with their recipients.

    Raises:
        Conflict: Another process holds the file of identities, or has made the repository since
            the plan; nothing was written.
        OutsideError: A file could not be written; those before it are, each whole.
    """
    if not made.identities and not made.resumed:
        _write(made, doors)
        return
    with doors.lock(made.keys_path):
        if any(doors.files.find(os.path.join(made.root, one)) for one in (FILE, SOPS_CONFIG)):
            raise Conflict("was made meanwhile", path=made.root, hint="run the command again")
        # Read again: another program may have appended since the plan was made.
        data = doors.keys.find(made.keys_path) or b""
        for new in made.identities:
            data = append_identity(data, made.keys_path, new, made.root, doors.now)
        if made.identities:
            doors.keys.write(made.keys_path, data, mode=0o600)
        _write(made, doors)


def find_cut_short(
    missing: list[tuple[str, ...]], request: InitRequest, doors: Doors
) -> list[NewIdentity]:
    """Return the identities of a run that ended before the repository named any of them.

    Raises:
        MasterKeyError, OutsideError: Identities cannot be appended to the file, or others can
            read it.
    """
    path = request.keys_path
    refuse_inside(request.root, path, doors.files)
    refuse_open(path, doors.is_open)
    found: dict[tuple[str, ...], NewIdentity] = {}
    data = doors.keys.find(path) or b""
    check_list(data, path)
    try:
        entries = parse_key_file(data, path)
    except MasterKeyError:
        # A line is unknown here, such as that of a plugin; more can be appended all the same.
        return []
    for entry in entries:
        if entry.environments in missing and entry.is_fresh(request.root, doors.now):
            found[entry.environments] = NewIdentity(entry.environments, entry.line, entry.recipient)
    return list(found.values())


def _write(made: InitPlan, doors: Doors) -> None:
    for file in made.files:
        doors.files.write(os.path.join(made.root, file.path), file.data)


def _read_existing(root: str, settings: RepoSettings, files: Files) -> dict[str, bytes]:
    found = {path: files.find(os.path.join(root, path)) for path in layout_paths(settings)}
    return {path: data for path, data in found.items() if data is not None}


def _notes(
    request: InitRequest, settings: RepoSettings, existing: dict[str, bytes], files: Files
) -> list[str]:
    notes = find_gaps(settings, existing)
    rule_for = read_rules(request.root, files)
    if rule_for is not None:
        notes += [f"{SOPS_CONFIG} {gap}" for gap in find_rule_gaps(settings, rule_for)]
    if not request.shared:
        notes += _shared_recipients(settings)
    return notes


def _shared_recipients(settings: RepoSettings) -> list[str]:
    holders: dict[str, list[str]] = {}
    for scope in settings.environments:
        for recipient in scope.recipients:
            holders.setdefault(recipient, []).append(scope.name)
    groups = {tuple(names) for names in holders.values() if len(names) > 1}
    return [
        f"{' and '.join(names)} share a recipient, so they are not isolated"
        for names in sorted(groups)
    ]
