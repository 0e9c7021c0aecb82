"""Show what a change of master keys would do, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sopsmith.cli.plain_lines import put_lines
from sopsmith.cli.talk import note, put_json, say

if TYPE_CHECKING:
    from sopsmith.flows.rekey_plan import Change, Outcome, Plan

_NAMED = 3
"""Files that are named of those that change alike; `--output json` names all."""


def show_plan(plan: Plan, *, dry_run: bool) -> None:
    """Write a plan to stdout: for each change who comes, who goes and what else."""
    lines = [line for change, paths in plan.changes.items() for line in _lines(change, paths)]
    lines.append(f"plan: {plan.count:,} to change, {plan.unchanged:,} as they should be")
    put_lines(lines)
    for key, files in plan.absent.items():
        note(f"{key} is not a key of {files:,} of the files")
    if dry_run:
        note("dry run: nothing was written")


def show_outcome(plan: Plan, outcome: Outcome, *, as_json: bool, dry_run: bool) -> None:
    """Report what came of a plan: on stderr, or all of it on stdout as JSON."""
    if as_json:
        put_json(rekey_object(plan, outcome, dry_run=dry_run))
        return
    for problem in outcome.problems:
        say(f"not done: {problem}")
    for hint in dict.fromkeys(one.hint for one in outcome.problems if one.hint):
        say(f"hint: {hint}")
    if not dry_run and (plan.changes or outcome.problems):
        failed = len(outcome.problems)
        say(f"{outcome.written:,} written" + (f", {failed:,} with problems" if failed else ""))


def _lines(change: Change, paths: list[str]) -> Iterator[str]:
    more = len(paths) - _NAMED
    yield ", ".join(sorted(paths)[:_NAMED]) + (f" and {more:,} more" if more > 0 else "")
    yield from (f"    + {name}" for name in change.added)
    yield from (f"    - {name}  loses access" for name in change.removed)
    if change.threshold:
        yield f"    needs {' -> '.join(change.threshold)}"
    if change.selector:
        yield f"    {' -> '.join(change.selector)}"
    if change.rotates:
        yield "    new data key, every value encrypted anew"
    elif change.removed:
        yield "    same data key: whoever is removed and kept it reads what is written later"


def rekey_object(plan: Plan, outcome: Outcome, *, dry_run: bool) -> dict[str, object]:
    """Return what came of a plan as JSON has it."""
    files = [
        {
            "path": path,
            "added": change.added,
            "removed": change.removed,
            "groups": change.threshold or None,
            "selector": change.selector or None,
            "new_data_key": change.rotates,
        }
        for change, paths in plan.changes.items()
        for path in paths
    ]
    return {
        "dry_run": dry_run,
        "changes": sorted(files, key=lambda one: str(one["path"])),
        "unchanged": plan.unchanged,
        "written": outcome.written,
        "problems": [problem._asdict() for problem in outcome.problems],
    }
