"""Say which credentials of a revocation were changed, and take a person's word for some."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sopsmith.errors import UsageError
from sopsmith.flows.revocation import Revocation, State, note, note_proven, pick, states, update
from sopsmith.flows.revoke import open_search, read_layout, read_records, write_record

if TYPE_CHECKING:
    from sopsmith.flows.shut_out import Doors


def read_states(wanted: str, doors: Doors) -> list[tuple[Revocation, list[State]]]:
    """Return where each Secret of some revocations stands.

    The history is looked through again, since a fetch may have brought more of it.

    Args:
        wanted: An ID, a recipient or a name; "" for all revocations.

    Raises:
        NotThere: There is none of that name.
        OutsideError: Git does not answer.
    """
    search = open_search(read_layout(doors), doors)
    now = search.now()
    found = []
    for record in pick(read_records(doors), wanted) if wanted else read_records(doors):
        exposure = search.exposed_to(record.recipient, doors.tick)
        whole = update(record, exposure)
        found.append((whole, states(whole, exposure, now)))
    return found


def note_replaced(wanted: str, secret: str, text: str, doors: Doors) -> None:
    """Write down that a person changed a Secret's credential at its source.

    Raises:
        UsageError: It is not clear which revocation or Secret is meant.
    """
    records = pick(read_records(doors), wanted)
    if len(records) > 1:
        ids = ", ".join(one.id for one in records)
        raise UsageError(f"there are several revocations: {ids}", hint="name one before --replaced")
    write_record(note(records[0], secret, text, doors.means.now), doors)


def write_proven(found: list[tuple[Revocation, list[State]]], doors: Doors) -> None:
    """Write down which Secrets have new values, so that it is known without an identity."""
    for record, seen in found:
        write_record(note_proven(record, seen, doors.means.now), doors)
