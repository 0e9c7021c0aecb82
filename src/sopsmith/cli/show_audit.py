"""Show what an audit finds, commit by commit as it finds it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sopsmith.cli.plain_lines import put_lines
from sopsmith.cli.talk import put_json, warn
from sopsmith.repo.cleartext import IDENTITY

if TYPE_CHECKING:
    from datetime import datetime

    from sopsmith.flows.audit import Audit, InClear, Seen
    from sopsmith.flows.audit_digest import Event
    from sopsmith.history import Commit
    from sopsmith.repo.lint_settings import Ignored

    Known = tuple[tuple[Ignored, ...], str]

_SHORT = 12
"""Digits of a commit's name; in a large repository seven are not enough."""


def show(found: Audit, since: str, known: Known, *, as_json: bool) -> bool:
    """Run an audit, write what it finds to stdout and tell whether something is in clear.

    Args:
        known: What `Audit.in_clear` leaves out.
    """
    if as_json:
        return _show_json(found, since, known)
    unsigned = commits = values = 0
    for seen in found.run(since):
        commits += 1
        unsigned += not seen.commit.signed
        values += len(seen.events)
        put_lines(_seen_lines(seen))
    clear = found.in_clear(*known)
    put_lines(line for one in clear for line in _clear_lines(one))
    _warn_broken(found)
    put_lines(
        [
            f"audit: commits {found.commits:,}, with changes of secrets {commits:,}, of values "
            f"{values:,}; in clear {len(clear):,}"
            + (f", left out {found.left_out:,}" if found.left_out else ""),
            f"not signed: {unsigned:,} of the {commits:,}, {found.unsigned:,} of all "
            f"{found.commits:,}",
        ]
    )
    return bool(clear)


def _seen_lines(seen: Seen) -> Iterator[str]:
    signed = "" if seen.commit.signed else "  not signed"
    yield f"{_when(seen.commit.time)}  {seen.commit.id[:_SHORT]}  {seen.commit.author}{signed}"
    yield from (f"    {_event_line(event)}" for event in seen.events)
    for (added, removed), files in seen.readers.items():
        who = "  ".join([*(f"+ {name}" for name in added), *(f"- {name}" for name in removed)])
        yield f"    recipients  {who}  in {_files(files)}"
    if seen.rotated:
        yield f"    new data key for {_files(seen.rotated)}"
    if seen.unknown:
        yield f"    no identity here tells which values of {_files(seen.unknown)} changed with it"


def _event_line(event: Event) -> str:
    signs = " -> ".join(sign for sign in (event.before, event.after) if sign)
    secret = event.secret if event.secret == event.path else f"{event.secret} ({event.path})"
    return f"{event.kind:<8}{event.key}  {signs}  {secret}"


def _clear_lines(one: InClear) -> Iterator[str]:
    still = "still there" if one.still else "gone since"
    who = f" of {one.what.recipient}" if one.what.recipient else ""
    yield (
        f"in clear  {one.path}: {one.what.kind}{who}, since {one.first.id[:_SHORT]} of "
        f"{_when(one.first.time)} by {one.first.author}, {still}"
    )
    yield f"    {_advice(one)}"


def _advice(one: InClear) -> str:
    if one.what.kind == IDENTITY:
        known = one.what.recipient.startswith("age1")
        return f"sopsmith key revoke {one.what.recipient}" if known else "replace it everywhere"
    first = "change each value at its source: whoever has a clone has the old one"
    return f"{first}; then encrypt or remove the file" if one.still else first


def _show_json(found: Audit, since: str, known: Known) -> bool:
    commits = [_seen_object(seen) for seen in found.run(since)]
    clear = found.in_clear(*known)
    _warn_broken(found)
    put_json(
        {
            "commits": commits,
            "in_clear": [_clear_object(one) for one in clear],
            "left_out": found.left_out,
            "broken": sorted(found.broken),
            "seen": found.commits,
            "not_signed": found.unsigned,
        }
    )
    return bool(clear)


def _seen_object(seen: Seen) -> dict[str, object]:
    return {
        **_commit_object(seen.commit),
        "values": [event._asdict() for event in seen.events],
        "recipients": [
            {"added": added, "removed": removed, "files": files}
            for (added, removed), files in seen.readers.items()
        ],
        "new_data_keys": seen.rotated,
        "values_not_known": seen.unknown,
    }


def _clear_object(one: InClear) -> dict[str, object]:
    return {
        "path": one.path,
        "kind": one.what.kind,
        "recipient": one.what.recipient,
        "first": _commit_object(one.first),
        "still_there": one.still,
        "advice": _advice(one),
    }


def _commit_object(commit: Commit) -> dict[str, object]:
    return {
        "commit": commit.id,
        "date": commit.time.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "author": commit.author,
        "signed": commit.signed,
    }


def _warn_broken(found: Audit) -> None:
    for path in sorted(found.broken):
        warn(f"{path}: a version looks like a SOPS file and cannot be read as one")


def _when(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%MZ")


def _files(number: int) -> str:
    return f"{number:,} file" + ("" if number == 1 else "s")
