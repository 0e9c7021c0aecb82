"""Show what a leaked identity could read, and which of its credentials were changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sopsmith.cli.plain_lines import put_lines
from sopsmith.cli.talk import note, put_json, say, warn
from sopsmith.flows.revocation import to_object

if TYPE_CHECKING:
    from sopsmith.flows.rekey_plan import Outcome
    from sopsmith.flows.revocation import Entry, Revocation, State
    from sopsmith.flows.revoke import Revoking


def show_plan(plan: Revoking, outcome: Outcome | None, *, as_json: bool) -> None:
    """Write the list to stdout, and to stderr what was done or would be.

    Args:
        outcome: What came of the new data keys; None where nothing was done.
    """
    record = plan.record
    if as_json:
        put_json(_plan_object(plan, outcome))
    else:
        put_lines(line for entry in record.entries for line in _entry_lines(entry, plan))
    for path in plan.broken:
        warn(f"{path}: a version in the history cannot be read; look at it yourself")
    for sentence in plan.shut_out.left:
        warn(sentence)
    problems = plan.rekeying.problems if outcome is None else outcome.problems
    for problem in problems:
        say(f"not done: {problem}")
    for hint in dict.fromkeys(problem.hint for problem in problems if problem.hint):
        say(f"hint: {hint}")
    secrets = _count(len(record.entries), "Secret")
    if outcome is None:
        files = _count(plan.rekeying.count, "file")
        changed = "".join(f"{path}, " for path in plan.shut_out.texts)
        would = "" if plan.refusal else f"; would change {changed}the data keys of {files}"
        note(f"nothing was written{would}")
        return
    files = _count(outcome.written, "file")
    say(f"{record.recipient[:20]}… could read {secrets}; new data keys for {files}")
    say(f"the list is {record.path}")
    say("next: commit and push; change each credential at its source, and enter the new one")
    say(f"what is left: sopsmith key revoke --status {record.id}")


def show_states(found: list[tuple[Revocation, list[State]]], *, as_json: bool) -> None:
    """Write where each Secret stands."""
    if as_json:
        put_json([_states_object(record, states) for record, states in found])
        return
    if not found:
        note("nothing was revoked")
    for record, states in found:
        put_lines(_state_lines(record, states))


def _entry_lines(entry: Entry, plan: Revoking) -> Iterator[str]:
    scope = f"{entry.place.scope}  " if entry.place.scope else ""
    others = f"  with {_count(entry.others, 'other key group')}" if entry.others else ""
    yield f"{scope}{entry.place}  {', '.join(entry.keys)}{others}"
    yield from (f"    {path}" for path in entry.files)
    if entry.place.name in plan.used_by:
        yield f"    used by {plan.used_by[entry.place.name]}"


def _state_lines(record: Revocation, states: list[State]) -> Iterator[str]:
    whose = f" ({record.name})" if record.name else ""
    yield f"{record.id}{whose}, revoked {record.date}"
    for state in sorted(states, key=lambda one: not one.open):
        place, said = state.entry.place, state.entry.note
        scope = f"{place.scope}  " if place.scope else ""
        which = [key for key, word in state.keys.items() if word == state.word]
        why = f": {', '.join(which)}" if state.open else f": {said.text}" if said else ""
        mark = "open  " if state.open else "done  "
        yield f"    {mark}{scope}{place}  {state.word}{why}"
    left = sum(state.open for state in states)
    yield f"    {left} of {_count(len(states), 'Secret')} left to change"


def _plan_object(plan: Revoking, outcome: Outcome | None) -> dict[str, object]:
    problems = plan.rekeying.problems if outcome is None else outcome.problems
    return {
        "id": plan.record.id,
        "recipient": plan.record.recipient,
        "name": plan.record.name,
        "dry_run": outcome is None,
        "secrets": [
            {**to_object(one), "used_by": plan.used_by.get(one.place.name, "")}
            for one in plan.record.entries
        ],
        "scopes": plan.shut_out.scopes,
        "changed": sorted(plan.shut_out.texts),
        "new_data_keys": plan.rekeying.paths,
        "written": outcome.written if outcome else 0,
        "problems": [problem._asdict() for problem in problems],
        "broken": plan.broken,
        "still_named": plan.shut_out.left,
    }


def _states_object(record: Revocation, states: list[State]) -> dict[str, object]:
    return {
        "id": record.id,
        "recipient": record.recipient,
        "name": record.name,
        "date": record.date,
        "open": sum(state.open for state in states),
        "secrets": [
            {**to_object(one.entry), "state": one.word, "open": one.open, "values": one.keys}
            for one in states
        ],
    }


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}" + ("" if number == 1 else "s")
