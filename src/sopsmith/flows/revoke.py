"""Revoke a leaked identity: shut it out of what comes, and list what it could ever read.

Nothing takes back what it has read. So the list is the point: every credential on it must be
changed at its source. Shutting it out is three steps, each of which may be repeated: rules and
settings, then new data keys, then the list.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from sopsmith.age import check_recipient
from sopsmith.errors import Error, LayoutError
from sopsmith.flows.exposure import guess_scope
from sopsmith.flows.reading import read_for_sops
from sopsmith.flows.rekey import apply_rekeying, plan_rekeying, read_metadata
from sopsmith.flows.rekey_wishes import ChangeKeys
from sopsmith.flows.revocation import FOLDER, Revocation, dump, format_date, load, update
from sopsmith.repo.recipient_edit import Texts, remove_recipients, touched_scopes
from sopsmith.repo.settings import FILE, RepoSettings, parse_settings
from sopsmith.sops.config import FILE_NAME
from sopsmith.sops.masterkeys import MasterKey
from sopsmith.sops.recognise import recognise

if TYPE_CHECKING:
    from collections.abc import Callable

    from sopsmith.flows.exposure import Exposure, Search
    from sopsmith.flows.rekey import Means
    from sopsmith.flows.rekey_plan import Outcome, Plan
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


@dataclass(frozen=True)
class Revoking:
    """What would be done.

    Attributes:
        texts: New bytes of `sopsmith.yaml` and `.sops.yaml`, where they change.
        scopes: Core and environments whose readers change.
        rekeying: Which files get a new data key.
        broken: Paths of versions in the history that cannot be read.
        left: What still lets the recipient in, a sentence each.
        refusal: Why it cannot be shut out as things stand; the list holds all the same.
    """

    record: Revocation
    texts: dict[str, bytes]
    scopes: tuple[str, ...]
    rekeying: Plan
    wish: ChangeKeys
    broken: tuple[str, ...]
    left: tuple[str, ...]
    refusal: LayoutError | None


def plan_revoke(wanted: str, environment: str, doors: Doors) -> Revoking:
    """Return what it takes to revoke a recipient's identity. Writes nothing.

    Args:
        wanted: The recipient, or what `sopsmith.yaml` calls it.
        environment: The one to take it out of; "" for everywhere.

    Raises:
        LayoutError: There is no such environment.
        MasterKeyError: `wanted` is neither a recipient nor a name.
    """
    settings = read_layout(doors)
    records = read_records(doors)
    recipient, name = _resolve(wanted, settings, records)
    texts = Texts(doors.files.read(doors.path(FILE)), doors.files.read(doors.path(FILE_NAME)))
    refusal = _refusal(recipient, environment, settings)
    new = texts if refusal else _without(recipient, environment, texts, settings)
    scopes = touched_scopes(texts, new)
    exposure = find_exposure(recipient, settings, doors)
    known = next((one for one in records if one.recipient == recipient), None)
    record = known or Revocation(recipient, name, environment, format_date(doors.means.now))
    choice = _Choice(
        recipient, environment, settings, scopes, _once(exposure, doors), known is None
    )
    wish = ChangeKeys((), (MasterKey.of_age(recipient),))
    paths = () if refusal else _paths(choice, doors)
    changed = {FILE: (texts.settings, new.settings), FILE_NAME: (texts.rules, new.rules)}
    return Revoking(
        update(record, exposure),
        {path: after for path, (before, after) in changed.items() if before != after},
        scopes,
        plan_rekeying(paths, wish, doors.means),
        wish,
        tuple(sorted(exposure.broken)),
        () if environment or refusal else tuple(_left(recipient, new, doors)),
        refusal,
    )


def apply_revoke(plan: Revoking, doors: Doors) -> Outcome:
    """Do what a plan says, and return what came of the new data keys.

    The list is written last: until then a second run does everything again.

    Raises:
        LayoutError: It is somewhere the only recipient; nothing was written.
    """
    if plan.refusal is not None:
        raise plan.refusal
    if plan.texts:
        # Both or neither: rules and settings that disagree would stop the next run.
        doors.means.replace([(doors.path(path), data) for path, data in plan.texts.items()])
    outcome = apply_rekeying(plan.rekeying, plan.wish, doors.means)
    write_record(plan.record, doors)
    return outcome


def read_layout(doors: Doors) -> RepoSettings:
    """Return the settings of the repository."""
    return parse_settings(doors.files.read(doors.path(FILE)), FILE)


def read_records(doors: Doors) -> list[Revocation]:
    """Return every revocation that the repository holds.

    Raises:
        FormatError: A file is none.
    """
    names = doors.files.names(doors.path(FOLDER))
    paths = [f"{FOLDER}/{name}" for name in names if name.endswith(".json")]
    return [load(doors.files.read(doors.path(path)), path) for path in paths]


def write_record(record: Revocation, doors: Doors) -> None:
    """Write a revocation's file."""
    doors.files.write(doors.path(record.path), dump(record))


def find_exposure(recipient: str, settings: RepoSettings, doors: Doors) -> Exposure:
    """Return all that a recipient's identity could ever read."""
    return open_search(settings, doors).exposed_to(recipient, doors.tick)


def open_search(settings: RepoSettings, doors: Doors) -> Search:
    """Return the search of this repository's history, which knows its scopes."""
    scopes = tuple(scope.name for scope in settings.scopes)
    return doors.search(lambda path: guess_scope(path.removeprefix(doors.prefix), scopes))


def _resolve(wanted: str, settings: RepoSettings, records: list[Revocation]) -> tuple[str, str]:
    """Return the recipient that is meant, and its name or ""."""
    named = [one for scope in settings.scopes for one in scope.named]
    meant = {one.recipient: one.name for one in named if wanted in (one.recipient, one.name)}
    meant |= {
        one.recipient: one.name for one in records if wanted in (one.recipient, one.name, one.id)
    }
    if len(meant) > 1:
        raise LayoutError("several recipients have that name; say the recipient", path=FILE)
    # Whoever was taken out before may stand in the history alone.
    return next(iter(meant.items())) if meant else (check_recipient(wanted), "")


def _refusal(recipient: str, environment: str, settings: RepoSettings) -> LayoutError | None:
    """Return why a recipient cannot be taken out: it is the only one that opens an environment."""
    if environment and environment not in [scope.name for scope in settings.scopes]:
        raise LayoutError(f"there is no environment {environment}", path=FILE)
    for scope in settings.environments:
        if scope.recipients == (recipient,) and environment in ("", scope.name):
            return LayoutError(
                f"it is the only recipient of {scope.name}, so nobody could open its files",
                path=FILE,
                hint=f"sopsmith key rotate --environment {scope.name}, or `sopsmith recipients "
                f"add {scope.name} age1…`; then revoke it",
            )
    return None


def _without(recipient: str, environment: str, texts: Texts, settings: RepoSettings) -> Texts:
    for scope in settings.scopes:
        if recipient in scope.recipients and environment in ("", scope.name):
            texts = remove_recipients(texts, scope.name, [recipient])
    return texts


class _Choice(NamedTuple):
    """Which files get a new data key.

    Attributes:
        scopes: Those whose readers change.
        once: Paths that the recipient could ever read, whose data keys it may have kept.
        first: It is the first time; afterwards only what still is for the recipient counts.
    """

    recipient: str
    environment: str
    settings: RepoSettings
    scopes: tuple[str, ...]
    once: frozenset[str]
    first: bool

    def takes(self, name: str, recipients: list[str]) -> bool:
        """Tell whether a file is one of them."""
        inside = name.startswith(
            tuple(f"{self.settings.overlay_folder(scope)}/" for scope in self.scopes)
        )
        if self.environment and not inside:
            return False
        return self.recipient in recipients or (self.first and (inside or name in self.once))


def _once(exposure: Exposure, doors: Doors) -> frozenset[str]:
    paths = (path for one in exposure.places.values() for path in one.files)
    return frozenset(path.removeprefix(doors.prefix) for path in paths)


def _paths(choice: _Choice, doors: Doors) -> tuple[str, ...]:
    found = []
    for path in doors.means.trees.walk((doors.root,)):
        recipients = _recipients_of(path, doors)
        if recipients is not None and choice.takes(os.path.relpath(path, doors.root), recipients):
            found.append(path)
    return tuple(found)


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


def _left(recipient: str, new: Texts, doors: Doors) -> list[str]:
    """Return what lets the recipient in after all, a sentence each."""
    said = []
    if recipient.encode() in new.rules:
        said.append(f"{FILE_NAME}: a rule outside of the scopes still names it")
    for path in doors.means.trees.walk((doors.root,)):
        name = os.path.relpath(path, doors.root)
        below = os.path.basename(path) == FILE_NAME and name != FILE_NAME
        if below and recipient.encode() in doors.files.read(path):
            said.append(f"{name}: a rule still names it")
    if any(one.recipient == recipient for one in parse_settings(new.settings, FILE).recovery):
        said.append(f"{FILE}: it is a recovery recipient, so it opens backups")
    return said
