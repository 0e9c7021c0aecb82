"""Show a plan of `generate`: names, paths and key paths, never values."""

from __future__ import annotations

from collections.abc import Iterator

from sopsmith.cli.talk import note, plain, put, put_json, warn
from sopsmith.flows.generate import Plan
from sopsmith.repo.plan import (
    CREATE,
    KEEP,
    MISSING,
    REMOVE,
    STALE,
    UNCOMPARED,
    UNLISTED,
    UPDATE,
    Change,
)

_COUNTED = {
    CREATE: "to create",
    UPDATE: "to update",
    KEEP: "to keep",
    REMOVE: "to remove",
    STALE: "left over",
    UNLISTED: "left over in no list",
    MISSING: "missing",
    UNCOMPARED: "not compared",
}


def show(made: Plan, *, as_json: bool, dry_run: bool) -> None:
    """Write a plan to stdout, and to stderr what a person should know besides."""
    if as_json:
        put_json(_object(made))
    else:
        put(plain(_text(made), keep="\n").encode("utf-8", "backslashreplace"))
    for warning in made.warnings:
        warn(warning)
    for remark in _remarks(made, dry_run=dry_run):
        note(remark)


def _text(made: Plan) -> str:
    """Return a plan as one line a file and a line that counts them."""
    lines = [_line(change) for change in made.changes]
    counts = [
        f"{number} {words}"
        for action, words in _COUNTED.items()
        if (number := sum(change.action == action for change in made.changes))
    ]
    lines.append("plan: " + (", ".join(counts) or "nothing to do"))
    return "\n".join(lines) + "\n"


def _object(made: Plan) -> dict[str, object]:
    changes = [
        {
            "action": change.action,
            "scope": change.scope,
            "path": change.path,
            "variables": list(change.variables),
            "fields": list(change.fields),
        }
        for change in made.changes
    ]
    return {"changes": changes, "ignored": list(made.ignored), "warnings": list(made.warnings)}


def _remarks(made: Plan, *, dry_run: bool) -> Iterator[str]:
    if made.ignored:
        yield f"left out, as sopsmith.yaml says: {', '.join(made.ignored)}"
    closed = [change for change in made.changes if change.action == UNCOMPARED]
    if closed:
        yield (
            f"{_count(closed, 'Secret')} not compared and left as found: "
            f"{closed[0].path}: {closed[0].reason}"
        )
    stale = [change for change in made.changes if change.action == STALE]
    if stale:
        them = "it" if len(stale) == 1 else "them"
        yield f"{_count(stale, 'file')} without a variable any more: --prune removes {them}"
    missing = [change for change in made.changes if change.action == MISSING]
    if missing:
        yield f"{_count(missing, 'file')} missing that a list names: --prune takes the entries out"
    unlisted = [change for change in made.changes if change.action == UNLISTED]
    if unlisted:
        yield (
            f"{_count(unlisted, 'file')} without a variable and in no list, which only you can "
            "remove"
        )
    if dry_run:
        yield "dry run: nothing was written"


def _count(changes: list[Change], word: str) -> str:
    return f"{len(changes)} {word}" + ("" if len(changes) == 1 else "s")


def _line(change: Change) -> str:
    about = ", ".join(change.variables)
    if change.fields:
        about += f": {', '.join(change.fields)}"
    return f"{change.action:<12}  {change.path}" + (f"  ({about})" if about else "")
