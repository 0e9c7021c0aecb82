"""Show who can read what, as a table of files and recipients."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from sopsmith.cli.table import table
from sopsmith.cli.talk import counted, note, put, put_json, warn

if TYPE_CHECKING:
    from sopsmith.flows.recipients_look import Key, Looked, Readers
    from sopsmith.repo.recipients import NamedRecipient

_LONG = 24  # characters of a name that heads a column

Known = Mapping[str, "NamedRecipient"]


def show(found: Looked, known: Known, *, each: bool, as_json: bool) -> None:
    """Write the table to stdout, and who is in it unnamed to stderr.

    Args:
        known: Whom `sopsmith.yaml` names, by recipient.
        each: A line for each file, with its Secrets.
    """
    keys = _in_order(found.files, known)
    if as_json:
        put_json(_object(found, keys, known))
        return
    names = [_short(key, known) for key in keys]
    rows = [
        (label, *([", ".join(one.secrets) or "-"] if each else []), *(_cell(one, k) for k in keys))
        for label, one in _rows(found, each=each)
    ]
    heads = ("FILES", *(["SECRETS"] if each else []), *names)
    put(table(heads, rows).encode("utf-8", "replace"))
    for problem in found.problems:
        warn(f"{problem.path}: {problem.message}")
    for key in keys:
        if key[1] not in known:
            count = sum(key in one.keys for one in found.files)
            note(
                f"sopsmith.yaml does not name {' '.join(key)}, which opens {counted(count, 'file')}"
            )


def _in_order(files: list[Readers], known: Known) -> list[Key]:
    """Return every key that opens a file: first as `sopsmith.yaml` has them, then the others."""
    stand = list(dict.fromkeys(key for one in files for key in one.keys))
    order = {recipient: number for number, recipient in enumerate(known)}
    return sorted(stand, key=lambda key: order.get(key[1], len(order)))


def _rows(found: Looked, *, each: bool) -> Iterator[tuple[str, Readers]]:
    """Yield a line's label and a file that stands for it."""
    folders: dict[str, list[Readers]] = {}
    for one in found.files:
        folders.setdefault(os.path.dirname(one.path), []).append(one)
    for folder, files in folders.items():
        alike = len({(one.threshold, *map(frozenset, one.groups)) for one in files}) == 1
        if alike and len(files) > 1 and not each:
            yield f"{folder or '.'}/ ({len(files):,} files)", files[0]
        else:
            yield from ((one.path, one) for one in files)


def _cell(one: Readers, key: Key) -> str:
    if key not in one.keys:
        return "-"
    return "yes" if one.opens_alone(key) else "part"


def _short(key: Key, known: Known) -> str:
    kind, name = key
    label = known[name].shown if name in known else name
    label = label if len(label) <= _LONG else f"{label[:12]}…{label[-6:]}"
    return label if kind == "age" else f"{kind} {label}"


def _object(found: Looked, keys: list[Key], known: Known) -> dict[str, object]:
    return {
        "recipients": [
            {
                "kind": kind,
                "recipient": name,
                "name": known[name].name if name in known else None,
                "purpose": known[name].purpose if name in known else None,
            }
            for kind, name in keys
        ],
        "files": [
            {
                "path": one.path,
                "readers": [name for _, name in one.keys],
                "groups": len(one.groups),
                "threshold": one.threshold,
                "secrets": list(one.secrets),
            }
            for one in found.files
        ],
        "problems": [{"path": one.path, "message": one.message} for one in found.problems],
    }
