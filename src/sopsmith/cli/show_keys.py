"""Print what `key list` and `key check` found, as text or as JSON."""

from __future__ import annotations

from collections.abc import Iterator

from sopsmith.cli.plain_lines import put_lines
from sopsmith.cli.table import table
from sopsmith.cli.talk import note, put, put_json, say, warn
from sopsmith.flows.key_check import KeyCheck
from sopsmith.flows.key_list import KeyList, Row

_HEAD = ("SCOPE", "NAME", "OPENS", "ALONE", "AGE", "IDENTITY", "RECIPIENT")


def show_list(found: KeyList, *, as_json: bool) -> None:
    """Write a list to stdout, and to stderr what a person should see to."""
    if as_json:
        put_json(_list_object(found))
    else:
        put(table(_HEAD, [_line(row) for row in found.rows]).encode("utf-8", "replace"))
    for path, reason in found.problems:
        warn(f"{path}: {reason}")
    for row in found.rows:
        if row.too_old:
            warn(
                f"{row.name or row.key.name} is {row.age_days} days old, and sopsmith.yaml allows "
                f"{found.max_age_days}: sopsmith key rotate --environment {row.scopes[0]}"
            )
    risky = [row for row in found.rows if row.alone and row.held.source]
    if not as_json and any(row.key.name not in found.backed_up for row in risky):
        note("nothing opens the files under ALONE without that one identity: sopsmith key backup")


def _line(row: Row) -> tuple[str, ...]:
    age = "unknown" if row.age_days is None else f"{row.age_days} days"
    name = ": ".join(filter(None, (row.name, row.purpose)))
    kind = "" if row.key.kind == "age" else f"{row.key.kind} "
    where = row.held.source or ("not here" if row.key.kind == "age" else "asked when opening")
    opens, alone = f"{row.opens:,}", f"{row.alone:,}"
    return ", ".join(row.scopes), name or "-", opens, alone, age, where, kind + row.key.name


def _list_object(found: KeyList) -> dict[str, object]:
    return {
        "files": found.files,
        "keys": [
            {
                "kind": row.key.kind,
                "recipient": row.key.name,
                "name": row.name,
                "purpose": row.purpose,
                "scopes": list(row.scopes),
                "identity": row.held.source or None,
                "created": row.held.created.isoformat() if row.held.created else None,
                "age_days": row.age_days,
                "too_old": row.too_old,
                "opens": row.opens,
                "alone": row.alone,
            }
            for row in found.rows
        ],
        "problems": [{"path": path, "reason": reason} for path, reason in found.problems],
    }


def show_check(found: KeyCheck, *, as_json: bool) -> None:
    """Write it to stdout; hints go to stderr, each once."""
    if as_json:
        put_json(_check_object(found))
        return
    put_lines(_lines(found))
    hints = [one.hint for scope in found.scopes for one in scope.problems]
    hints += [one.hint for one in found.findings]
    for hint in dict.fromkeys(filter(None, hints)):
        say(f"hint: {hint}")


def _lines(found: KeyCheck) -> Iterator[str]:
    for scope in found.scopes:
        for one in scope.problems:
            yield f"{one.kind}  {one.path}: {one.reason}"
    for finding in found.findings:
        yield f"kept badly  {finding.place}: {finding.reason}"
    for scope in found.scopes:
        yield f"{scope.scope}: opened {scope.opened:,} of {scope.files:,}"


def _check_object(found: KeyCheck) -> dict[str, object]:
    return {
        "scopes": [
            {
                "scope": scope.scope,
                "files": scope.files,
                "opened": scope.opened,
                "problems": [one._asdict() for one in scope.problems],
            }
            for scope in found.scopes
        ],
        "findings": [one._asdict() for one in found.findings],
    }
