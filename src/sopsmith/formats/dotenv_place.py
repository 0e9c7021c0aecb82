"""Change single lines of a dotenv text."""

from __future__ import annotations

from sopsmith.errors import FormatError
from sopsmith.formats.dotenv import write_scalar
from sopsmith.formats.place import Token
from sopsmith.formats.splice import Edit
from sopsmith.formats.tree import Mapping, Scalar, Sequence, Tree


class Placer:
    """`place.Placer` for dotenv, which has one level of texts."""

    def __init__(self, text: str, tree: Tree, last: str) -> None:  # noqa: ARG002
        self._text = text
        self._last = last

    def replace(self, parent: Mapping | Sequence, index: int, value: object) -> list[Edit]:
        """Return the edits that put a value in place of another."""
        assert isinstance(parent, Mapping)
        node = parent.entries[index][1]
        return [(node.start, node.end, _write(value))]

    def add(self, parent: Mapping | Sequence, key: str | None, value: object) -> list[Edit]:
        """Return the edits that put a line behind the last one, before the metadata."""
        assert isinstance(parent, Mapping)
        assert key is not None
        if not key or "=" in key or "\n" in key or key.startswith(("#", "sops_")):
            raise FormatError(
                "a dotenv file cannot hold this name", hint="names have no `=` and no `#` first"
            )
        ends = [node.end for name, node in parent.entries if name != self._last]
        if ends:
            at = max(ends)
            return [(at, at, f"\n{key}={_write(value)}")]
        return [(0, 0, f"{key}={_write(value)}\n")]

    def drop(self, parent: Mapping | Sequence, index: int) -> list[Edit]:
        """Return the edits that take a line away."""
        assert isinstance(parent, Mapping)
        start, end = parent.keys[index][0], parent.entries[index][1].end
        return [(start, min(end + 1, len(self._text)), "")]


def _write(value: object) -> str:
    if isinstance(value, dict | list):
        raise FormatError("a dotenv file holds single values, no lists and no objects")
    assert value is None or isinstance(value, str | int | float | bytes)
    return value if isinstance(value, Token) else write_scalar(value, Scalar(None), "")
