"""Take a recipient out of rules and settings, and find the files that need new data keys.

A new data key matters even where the recipient is gone already: its holder may have kept the
old one, and reads with it whatever is written under it later.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from sopsmith.errors import Error, LayoutError
from sopsmith.flows.reading import read_for_sops
from sopsmith.flows.rekey import read_metadata
from sopsmith.repo.recipient_edit import Texts, remove_recipients, touched_scopes
from sopsmith.repo.settings import FILE, RepoSettings, parse_settings
from sopsmith.sops.config import FILE_NAME
from sopsmith.sops.recognise import recognise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sopsmith.flows.exposure import Search
    from sopsmith.flows.rekey import Means
    from sopsmith.ports import Files


class Doors(NamedTuple):
    """What the flow needs of the outside.

    Attributes:
        root: The repository's root, relative to the working folder.
        search: Looks through the history, by paths from the top of git's working tree.
        prefix: Where the root lies below that top, as `deploy/`; or "".
        tick: Called for each version of a file that is looked at.
    """

    root: str
    files: Files
    search: Callable[[Callable[[str], str]], Search]
    prefix: str
    means: Means
    tick: Callable[[], None]

    def path(self, name: str) -> str:
        """Return the path of a file of the repository from the working folder."""
        return os.path.normpath(os.path.join(self.root, name))


class ShutOut(NamedTuple):
    """What takes a recipient out.

    Attributes:
        texts: New bytes of `sopsmith.yaml` and `.sops.yaml`, where they change.
        scopes: Core and environments whose readers change.
        paths: The files that get a new data key, from the working folder.
        left: What still lets the recipient in, a sentence each.
    """

    texts: dict[str, bytes]
    scopes: tuple[str, ...]
    paths: tuple[str, ...]
    left: tuple[str, ...]


NOBODY = ShutOut({}, (), (), ())
"""What takes nobody out."""


class Leaver(NamedTuple):
    """Who is to go, and from where.

    Attributes:
        environment: The one to take it out of; "" for everywhere.
        once: Paths that it could ever read, from the root of the repository.
        first: It was not taken out before; the second time, only what still is for it counts.
    """

    recipient: str
    environment: str
    once: frozenset[str]
    first: bool


def plan_shut_out(leaver: Leaver, settings: RepoSettings, doors: Doors) -> ShutOut:
    """Return what takes a recipient out. Writes nothing.

    Raises:
        LayoutError: It is the only one that opens an environment.
        Error: Rules or settings are not there, or cannot be edited surely.
    """
    _refuse_only(leaver, settings)
    old = Texts(doors.files.read(doors.path(FILE)), doors.files.read(doors.path(FILE_NAME)))
    new = old
    # A run that was killed may have left the rules behind.
    everywhere = _names(old.rules, leaver)
    for scope in settings.scopes:
        stands = leaver.recipient in scope.recipients
        possible = stands or (everywhere and settings.readers(scope.name))
        if possible and leaver.environment in ("", scope.name):
            new = remove_recipients(new, scope.name, [leaver.recipient])
    changed = {FILE: (old.settings, new.settings), FILE_NAME: (old.rules, new.rules)}
    scopes = touched_scopes(old, new)
    folders = tuple(f"{settings.overlay_folder(scope)}/" for scope in scopes)
    return ShutOut(
        {path: after for path, (before, after) in changed.items() if before != after},
        scopes,
        tuple(_paths(leaver, folders, doors)),
        () if leaver.environment else tuple(_left(leaver, new, doors)),
    )


def _refuse_only(leaver: Leaver, settings: RepoSettings) -> None:
    for scope in settings.environments:
        if scope.recipients == (leaver.recipient,) and leaver.environment in ("", scope.name):
            raise LayoutError(
                f"it is the only recipient of {scope.name}, so nobody could open its files",
                path=FILE,
                hint=f"sopsmith key rotate --environment {scope.name}, or `sopsmith recipients "
                f"add {scope.name} age1…`; then revoke it",
            )


def _paths(leaver: Leaver, folders: tuple[str, ...], doors: Doors) -> Iterator[str]:
    """Yield the files that get a new data key: those for the recipient, those that once were,
    and all others of its scopes."""
    for path in doors.means.trees.walk((doors.root,)):
        name = os.path.relpath(path, doors.root)
        inside = name.startswith(folders)
        if leaver.environment and not inside:
            continue
        recipients = _recipients_of(path, doors)
        known = leaver.first and (inside or name in leaver.once)
        if recipients is not None and (known or leaver.recipient in recipients):
            yield path


def _recipients_of(path: str, doors: Doors) -> list[str] | None:
    """Return whom a file is encrypted for, or None for one that is not, or is broken."""
    try:
        data = read_for_sops(doors.means.trees, path)
        name = recognise(data, path)
        if name is None:
            return None
        return [one.name for one in read_metadata(data, name, path).stanzas]
    except Error:
        # `verify` and `lint` say what is wrong with it; it has nothing to rotate.
        return None


def _left(leaver: Leaver, new: Texts, doors: Doors) -> Iterator[str]:
    """Yield what lets the recipient in after all, a sentence each."""
    if _names(new.rules, leaver):
        yield f"{FILE_NAME}: a rule that is no scope's still names it"
    for path in doors.means.trees.walk((doors.root,)):
        name = os.path.relpath(path, doors.root)
        below = os.path.basename(path) == FILE_NAME and name != FILE_NAME
        if below and _names(doors.files.read(path), leaver):
            yield f"{name}: a rule still names it"
    recovery = parse_settings(new.settings, FILE).recovery
    if any(one.recipient == leaver.recipient for one in recovery):
        yield f"{FILE}: it is a recovery recipient, so it opens backups"


def _names(rules: bytes, leaver: Leaver) -> bool:
    return leaver.recipient.encode() in rules
