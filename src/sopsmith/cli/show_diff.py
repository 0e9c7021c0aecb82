"""Show what differs between two sides, value by value and masked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sopsmith.cli.plain_lines import put_lines
from sopsmith.cli.talk import note, put_json

if TYPE_CHECKING:
    from sopsmith.flows.compare import Difference

_SIGNS = {"added": "+", "removed": "-", "changed": "~", "not known": "?"}


def show(found: list[Difference | None], words: tuple[str, str], *, as_json: bool) -> bool:
    """Write the differences to stdout and tell whether there is one."""
    differences = [one for one in found if one is not None]
    same = len(found) - len(differences)
    if as_json:
        put_json(
            {
                "a": words[0], "b": words[1], "same": same,
                "differences": [one._asdict() for one in differences],
            }
        )  # fmt: skip
        return bool(differences)
    for place in dict.fromkeys((one.scope, one.secret) for one in differences):
        put_lines([": ".join(filter(None, place))])
        put_lines(_line(one) for one in differences if (one.scope, one.secret) == place)
    counts = {kind: sum(one.kind == kind for one in differences) for kind in _SIGNS}
    said = ", ".join(f"{kind} {count:,}" for kind, count in counts.items() if count)
    note(f"{words[0]} -> {words[1]}: {said or 'no difference'}; same {same:,}")
    return bool(differences)


def _line(one: Difference) -> str:
    signs = " -> ".join(filter(None, (one.before, one.after)))
    return f"  {_SIGNS[one.kind]} {one.key}  {signs}  {one.kind}"
