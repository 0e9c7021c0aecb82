"""Revoke a leaked identity: shut it out of what comes, and list what it could ever read.

Nothing takes back what it has read. So the list is the point: every credential on it must be
changed at its source. Shutting it out is three steps, each of which may be repeated: rules and
settings, then new data keys, then the list.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sopsmith.age import check_recipient
from sopsmith.errors import Error, LayoutError, MasterKeyError
from sopsmith.flows.exposure import guess_scope
from sopsmith.flows.rekey import apply_rekeying, plan_rekeying
from sopsmith.flows.rekey_wishes import ChangeKeys
from sopsmith.flows.revocation import FOLDER, Revocation, dump, format_date, load, update
from sopsmith.flows.shut_out import NOBODY, Leaver, ShutOut, plan_shut_out
from sopsmith.repo.settings import FILE, RepoSettings, parse_settings
from sopsmith.sops.masterkeys import MasterKey

if TYPE_CHECKING:
    from sopsmith.flows.exposure import Exposure, Search
    from sopsmith.flows.rekey_plan import Outcome, Plan
    from sopsmith.flows.shut_out import Doors


@dataclass(frozen=True)
class Revoking:
    """What would be done.

    Attributes:
        used_by: Who uses a Secret, by its name, as far as `sopsmith.yaml` says.
        broken: Paths of versions in the history that cannot be read.
        refusal: Why it cannot be shut out as things stand; the list holds all the same.
    """

    record: Revocation
    shut_out: ShutOut
    rekeying: Plan
    wish: ChangeKeys
    used_by: dict[str, str]
    broken: tuple[str, ...]
    refusal: Error | None


def plan_revoke(wanted: str, environment: str, doors: Doors) -> Revoking:
    """Return what it takes to revoke a recipient's identity. Writes nothing.

    Args:
        wanted: The recipient, or what `sopsmith.yaml` calls it.
        environment: The one to take it out of; "" for everywhere.

    Raises:
        LayoutError: There is no such environment, or the name is that of several.
        MasterKeyError: `wanted` is neither a recipient nor a name.
        OutsideError: Git does not answer, or has not the whole past.
    """
    settings = read_layout(doors)
    if environment and environment not in [scope.name for scope in settings.scopes]:
        raise LayoutError(f"there is no environment {environment}", path=FILE)
    records = read_records(doors)
    recipient, name = _resolve(wanted, settings, records)
    exposure = open_search(settings, doors).exposed_to(recipient, doors.tick)
    known = next((one for one in records if one.recipient == recipient), None)
    first = known is None or known.environment not in ("", environment)
    leaver = Leaver(recipient, environment, _once(exposure, doors), first)
    shut_out, refusal = NOBODY, None
    try:
        shut_out = plan_shut_out(leaver, settings, doors)
    except Error as error:
        # The list is wanted all the more where the rest has to wait.
        refusal = error
    new = Revocation(recipient, name, environment, format_date(doors.means.now))
    record = new if known is None else known
    wish = ChangeKeys((), (MasterKey.of_age(recipient),))
    return Revoking(
        update(replace(record, environment=environment) if first else record, exposure),
        shut_out,
        plan_rekeying(shut_out.paths, wish, doors.means),
        wish,
        {one.name: one.used_by for one in settings.mappings if one.used_by},
        tuple(sorted(exposure.broken)),
        refusal,
    )


def apply_revoke(plan: Revoking, doors: Doors) -> Outcome:
    """Do what a plan says, and return what came of the new data keys.

    The list is written last: until then a second run does everything again.

    Raises:
        Error: The recipient cannot be shut out; nothing was written.
    """
    if plan.refusal is not None:
        raise plan.refusal
    if plan.shut_out.texts:
        texts = plan.shut_out.texts.items()
        doors.means.replace([(doors.path(path), data) for path, data in texts])
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
    if meant:
        return next(iter(meant.items()))
    try:
        # Whoever was taken out before may stand in the history alone.
        return check_recipient(wanted), ""
    except MasterKeyError as error:
        raise MasterKeyError(
            f"names nobody in {FILE}, and is {error.message}", hint="sopsmith recipients list"
        ) from None


def _once(exposure: Exposure, doors: Doors) -> frozenset[str]:
    paths = (path for one in exposure.places.values() for path in one.files)
    return frozenset(path.removeprefix(doors.prefix) for path in paths)
