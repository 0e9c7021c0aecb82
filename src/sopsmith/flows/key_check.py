"""Prove by decryption that identities open each scope, and look at how they are kept."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING, NamedTuple

from sopsmith import age
from sopsmith.errors import Error, OutsideError
from sopsmith.flows.keys_apart import find_repository
from sopsmith.flows.tracked import is_tracked
from sopsmith.flows.verify import HOLDS, IN_CLEAR, Check, Problem
from sopsmith.flows.verify import Doors as VerifyDoors
from sopsmith.repo.folders import choose_scopes
from sopsmith.repo.key_file import parse_key_file
from sopsmith.repo.root import read_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sopsmith.flows.key_list import Doors
    from sopsmith.ports import Files, Programs
    from sopsmith.repo.settings import RepoSettings
    from sopsmith.sops.keyring import Keyring

ELSEWHERE = "elsewhere"
"""What stands for files of no scope's overlay."""


class Opened(NamedTuple):
    """What came of the SOPS files of a scope.

    Attributes:
        opened: How many opened, with a MAC that holds.
        problems: The others, in path order.
    """

    scope: str
    opened: int
    problems: tuple[Problem, ...]

    @property
    def files(self) -> int:
        """How many there are."""
        return self.opened + len(self.problems)


class Finding(NamedTuple):
    """Something that is wrong with how identities are kept.

    Attributes:
        code: What kind of thing: `identity-open`; docs/how-to/troubleshooting.md has each.
        place: A file of identities or a variable.
    """

    code: str
    place: str
    reason: str
    hint: str


class KeyCheck(NamedTuple):
    """What was found."""

    scopes: tuple[Opened, ...]
    findings: tuple[Finding, ...]

    @property
    def is_sound(self) -> bool:
        """Tell whether everything opened and nothing is wrong."""
        return not self.findings and not any(scope.problems for scope in self.scopes)


class Keeping(NamedTuple):
    """What is asked about files of identities.

    Attributes:
        paths: Those that may stand, absolute.
        is_open: Tells whether others than its owner have a right to a file.
    """

    paths: tuple[str, ...]
    is_open: Callable[[str], bool]
    programs: Programs


def check_keys(
    root: str, environments: tuple[str, ...], doors: Doors, keeping: Keeping
) -> KeyCheck:
    """Open every SOPS file of the repository, and look at each file of identities.

    Args:
        environments: The scopes to open; empty for all, and what lies in none of them.

    Raises:
        LayoutError: The settings cannot be read.
        UsageError: There is no such scope.
    """
    settings = read_settings(doors.files, root)
    choose_scopes(environments, settings)
    scopes = open_scopes(root, environments, settings, doors)
    found = find_recovery(settings, doors.keyring)
    findings = (*look_at_files(root, doors.files, keeping), *found)
    return KeyCheck(scopes, findings)


def open_scopes(
    root: str, environments: tuple[str, ...], settings: RepoSettings, doors: Doors
) -> tuple[Opened, ...]:
    """Open every SOPS file of some scopes, or of the whole repository where none is named."""
    wanted = environments or (*(scope.name for scope in settings.scopes), ELSEWHERE)
    folders = [os.path.join(root, settings.overlay_folder(name)) for name in environments]
    starts = tuple(folder for folder in folders if doors.files.names(folder))
    opened = _open_all(starts if environments else (root,), root, settings, doors)
    return tuple(opened[name] for name in wanted if name in opened)


def _open_all(
    starts: tuple[str, ...], root: str, settings: RepoSettings, doors: Doors
) -> dict[str, Opened]:
    """Return what came of each scope that has files, and of each that is a scope at all."""
    scopes = [scope.name for scope in settings.scopes]
    homes = {os.path.join(root, settings.overlay_folder(name), ""): name for name in scopes}
    counts = dict.fromkeys(scopes, 0)
    problems: dict[str, list[Problem]] = {name: [] for name in scopes}
    work = Check(VerifyDoors(doors.files, doors.trees, doors.workers, doors.keyring)).one
    paths = list(doors.trees.walk(starts))
    for path, answer in zip(paths, doors.workers.map(work, paths), strict=True):
        full = os.path.normpath(path)
        home = next((name for start, name in homes.items() if _below(full, start)), ELSEWHERE)
        if answer == HOLDS:
            counts[home] = counts.get(home, 0) + 1
        elif answer:
            problem = Problem(*map(str, answer))
            # What stands in clear needs no identity; `verify` and `lint` name it.
            if problem.kind != IN_CLEAR:
                problems.setdefault(home, []).append(problem)
    names = dict.fromkeys((*counts, *problems))
    return {
        name: Opened(name, counts.get(name, 0), tuple(problems.get(name, ()))) for name in names
    }


def _below(path: str, folder: str) -> bool:
    return path.startswith(os.path.join(os.path.normpath(folder), ""))


def find_recovery(settings: RepoSettings, keyring: Keyring) -> Iterator[Finding]:
    """Yield the recovery identities that stand on this machine."""
    sources = {one.recipient: one.source for one in keyring.identities}
    for named in settings.recovery:
        source = sources.get(named.recipient)
        if source:
            reason = f"holds the recovery identity {named.shown}, which belongs offline"
            hint = "take it out; whoever gets this machine opens all backups"
            yield Finding("identity-recovery", source, reason, hint)


def look_at_files(root: str, files: Files, keeping: Keeping) -> list[Finding]:
    """Return what is wrong with how identities are kept, file by file."""
    repository = find_repository(os.path.realpath(root), files)
    findings: list[Finding] = []
    for path in keeping.paths:
        try:
            data = files.find(path)
        except OutsideError as error:
            findings.append(Finding("identity-malformed", path, error.message, error.hint or ""))
            continue
        if data is None:
            continue
        findings += _look_at_place(path, repository, files, keeping)
        findings += _look_at_text(path, data)
    return findings


def _look_at_place(path: str, repository: str, files: Files, keeping: Keeping) -> list[Finding]:
    found: list[Finding] = []
    shown, real = shlex.quote(path), os.path.realpath(path)
    if keeping.is_open(path):
        reason = "others than its owner can read it"
        found.append(Finding("identity-open", path, reason, f"chmod 600 {shown}"))
    if os.path.commonpath([repository, real]) == repository:
        if is_tracked(real, files, keeping.programs):
            reason = "git tracks it, so whoever has the repository has its identities"
            hint = "sopsmith key revoke, for each recipient in it"
        else:
            reason = "lies inside the repository, where one `git add` would publish it"
            hint = f"mv {shown} FOLDER, one outside of it"
        found.append(Finding("identity-in-repository", path, reason, hint))
    return found


def _look_at_text(path: str, data: bytes) -> list[Finding]:
    if age.is_locked(data) or b"-----BEGIN" in data:
        return []
    found: list[Finding] = []
    if b"\r\n" in data:
        hint = f"sed -i 's/\\r$//' {shlex.quote(path)}"
        reason = "its lines end as on Windows, which not every tool reads"
        found.append(Finding("identity-crlf", path, reason, hint))
    try:
        recipients = [entry.recipient for entry in parse_key_file(data, path)]
    except Error as error:
        reason = f"{error.key}: {error.message}" if error.key else error.message
        return [*found, Finding("identity-malformed", path, reason, error.hint or "")]
    if not recipients:
        reason = "holds no identity"
        found.append(Finding("identity-empty", path, reason, "sopsmith key restore"))
    for twice in sorted({one for one in recipients if recipients.count(one) > 1}):
        reason = f"holds the identity of {twice} twice"
        found.append(Finding("identity-twice", path, reason, "take one of them out"))
    return found
