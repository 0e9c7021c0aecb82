"""Hold the record of break-glass uses: `.sopsmith/break-glass.json`, with nothing secret in it."""

from __future__ import annotations

import json
from typing import NamedTuple

from sopsmith.errors import FormatError, UsageError

PATH = ".sopsmith/break-glass.json"
"""Where the record stands, relative to the root of the repository."""
VERSION = 1
REASON_LIMIT = 500  # characters


class Use(NamedTuple):
    """One use of an identity that was brought from outside.

    Attributes:
        when: UTC, in whole seconds.
        who: The account and the machine: `anna@laptop`.
        git: What git calls the person; "" where it calls nobody anything.
        action: `open` or `inject`.
        target: The file, relative to the repository, or the cluster.
        recipients: Of the identities that were used.
    """

    when: str
    who: str
    git: str
    action: str
    target: str
    reason: str
    recipients: tuple[str, ...]


def append_use(data: bytes | None, use: Use) -> bytes:
    """Return the record with one more use at its end; what stands in it is kept as it is.

    Args:
        data: The record so far; None where there is none.

    Raises:
        FormatError: What stands there is no such record.
    """
    uses: list[object] = []
    if data is not None:
        try:
            found = json.loads(data)
            uses = found["uses"]
            if found["version"] != VERSION or not isinstance(uses, list):
                raise ValueError
        except (ValueError, KeyError, TypeError, RecursionError):
            raise FormatError(
                "is no record of uses, so nothing can be added to it",
                path=PATH,
                hint=f"git log -p -- {PATH}",
            ) from None
    made = {"version": VERSION, "uses": [*uses, use._asdict()]}
    return json.dumps(made, indent=2, sort_keys=True, ensure_ascii=False).encode() + b"\n"


def check_reason(text: str) -> str:
    """Return a reason that fits on a line.

    Raises:
        UsageError: It does not, says nothing, or holds an identity. It is not quoted.
    """
    reason = text.strip()
    if not reason or len(reason) > REASON_LIMIT or not reason.isprintable():
        raise UsageError(f"--reason takes a line of 1 to {REASON_LIMIT} characters")
    if "AGE-SECRET-KEY-" in reason.upper():
        raise UsageError("an identity stands in --reason; it comes from standard input")
    return reason
