"""Print what is due, as text or as JSON."""

from __future__ import annotations

from sopsmith.cli.plain_lines import put_lines
from sopsmith.cli.talk import note, put_json, say
from sopsmith.flows.status import KINDS, Status

_WIDTH = max(map(len, KINDS)) + 2


def show(found: Status, within: int, *, as_json: bool) -> None:
    """Write it to stdout; notes and hints go to stderr, each hint once."""
    if as_json:
        put_json(_object(found, within))
        return
    lines = [f"{one.kind:<{_WIDTH}}{one.place}: {one.reason}" for one in found.due]
    lines.append(_summary(found, within))
    put_lines(lines)
    for sentence in found.notes:
        note(sentence)
    for hint in dict.fromkeys(one.hint for one in found.due if one.hint):
        say(f"hint: {hint}")


def _summary(found: Status, within: int) -> str:
    dated = f"{found.dated:,} Secret{'' if found.dated == 1 else 's'} with a date"
    due = f"{len(found.due):,} due" if found.due else "nothing due"
    return f"status: {due} within {within} days; {dated}"


def _object(found: Status, within: int) -> dict[str, object]:
    return {
        "within_days": within,
        "dated": found.dated,
        "due": [
            {**one._asdict(), "date": one.date.isoformat() if one.date else None}
            for one in found.due
        ],
        "notes": list(found.notes),
    }
