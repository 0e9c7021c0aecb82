"""Spell nested metadata as flat names, for the formats that have no nesting.

`age: [{enc: …}]` is `age__list_0__map_enc`. sops writes the names in any order.

Source: getsops/sops stores/flatten.go (Flatten, Unflatten), stores/stores.go (ValToString).
"""

from __future__ import annotations

from sopsmith.errors import FormatError
from sopsmith.formats.tree import Mapping, Plain, Scalar, Sequence

TYPE_CHECKING = False
if TYPE_CHECKING:
    # The children of a level by key or index; a level of indices is a list.
    Branch = dict[str | int, "Scalar | Branch"]

KEY = "sops"
TEXT_ALONE = frozenset({"dotenv", "ini"})  # formats with no other types
MAP = "__map_"
_LIST = "__list_"
_MAX_DEPTH = 100  # SOPS itself nests five levels deep


def grow(branches: Branch, name: str, scalar: Scalar, line: int) -> None:
    """Hang a value where its flat name leads.

    Raises:
        FormatError: Something else hangs there.
    """
    misfit = FormatError("the metadata's names do not fit together", key=f"line {line}")
    try:
        *steps, last = _steps(name)
    except ValueError:
        raise misfit from None
    for step in steps:
        below = branches.setdefault(step, {})
        if isinstance(below, Scalar):
            raise misfit
        branches = below
    if last in branches:
        raise misfit
    branches[last] = scalar


def _steps(name: str) -> list[str | int]:
    """Return the way that a flat name spells out: `age__list_0__map_enc` to age, 0, enc."""
    steps: list[str | int] = []
    for part in name.split(MAP):
        key, *indices = part.split(_LIST)
        steps += [key, *map(int, indices)]
    if len(steps) > _MAX_DEPTH:
        raise ValueError
    return steps


def to_node(branch: Branch) -> Mapping | Sequence:
    """Return the collection that a level of names stands for.

    Raises:
        FormatError: A list has gaps, or names beside its indices.
    """
    children = {
        step: child if isinstance(child, Scalar) else to_node(child)
        for step, child in branch.items()
    }
    if all(isinstance(step, str) for step in children):
        return Mapping([(str(step), child) for step, child in children.items()])
    if set(children) != set(range(len(children))):
        raise FormatError("the metadata's lists have gaps or names in them", key=KEY)
    return Sequence([children[index] for index in range(len(children))])


def flatten(name: str, value: object, joint: str = MAP) -> list[tuple[str, Plain]]:
    """Return the flat names of a value with their leaves; empty collections vanish, as in sops.

    Args:
        joint: What stands between the name and the first level's keys.
    """
    if isinstance(value, dict):
        return [pair for k, v in value.items() for pair in flatten(f"{name}{joint}{k}", v)]
    if isinstance(value, list):
        return [pair for i, v in enumerate(value) for pair in flatten(f"{name}{_LIST}{i}", v)]
    assert value is None or isinstance(value, str | int | float | bytes)
    return [(name, value)]


def plain_text(value: Plain, form: str) -> str:
    """Return a value as text, for a format that has no other types.

    Raises:
        FormatError: The value is null, or bytes that are not text.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        raise FormatError(f"{form} has no null", hint="take the key out, or make it empty text")
    if isinstance(value, bytes):
        raise FormatError(f"the value is not UTF-8 text, so {form} cannot hold it")
    return str(value)
