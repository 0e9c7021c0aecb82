"""Change single keys and sections of an INI text."""

from __future__ import annotations

from sopsmith.errors import FormatError
from sopsmith.formats.flat import plain_text
from sopsmith.formats.ini import DEFAULT, newline_of
from sopsmith.formats.ini_lines import line_end, spell_key, spell_value
from sopsmith.formats.splice import Edit
from sopsmith.formats.tree import Mapping, Sequence, Tree


class Placer:
    """`place.Placer` for INI, which has sections of keys with texts."""

    def __init__(self, text: str, tree: Tree, last: str) -> None:
        self._text = text
        self._root = tree.root
        self._last = last
        self._newline = newline_of(text)

    def replace(self, parent: Mapping | Sequence, index: int, value: object) -> list[Edit]:
        """Return the edits that put a value, or a section's keys, in place of others."""
        assert isinstance(parent, Mapping)
        name, node = parent.entries[index]
        if parent is not self._root:
            return [(node.start, node.end, _write(value))]
        lines = self._lines(name, _as_section(value), has_header=self._has_header(node.start))
        return [(node.start, node.end, self._newline.join(lines))]

    def add(self, parent: Mapping | Sequence, key: str | None, value: object) -> list[Edit]:
        """Return the edits that put a key, or a section, behind the last one."""
        assert isinstance(parent, Mapping)
        assert key is not None
        if parent is not self._root:
            return [self._behind(parent.end, [self._line(key, value, self._width(parent))])]
        own = [node for name, node in parent.entries if name != self._last]
        lines = self._lines(key, _as_section(value), has_header=bool(own) or key != DEFAULT)
        if not own:
            tail = [*lines, "", ""] if self._text else [*lines, ""]
            return [(0, 0, self._newline.join(tail))]
        return [self._behind(max(node.end for node in own), ["", *lines])]

    def drop(self, parent: Mapping | Sequence, index: int) -> list[Edit]:
        """Return the edits that take a key's lines, or a section's, away."""
        assert isinstance(parent, Mapping)
        start = self._text.rfind("\n", 0, parent.keys[index][0]) + 1
        end = line_end(self._text, max(parent.entries[index][1].end, parent.keys[index][1]))
        if parent is self._root and self._text.startswith(self._newline, end):
            end += len(self._newline)
        return [(start, end, "")]

    def _behind(self, at: int, lines: list[str]) -> Edit:
        """Return the edit that puts lines behind the one that an offset is in."""
        end = line_end(self._text, at)
        lead = "" if self._text.endswith("\n", 0, end) else self._newline
        return end, end, lead + "".join(line + self._newline for line in lines)

    def _lines(self, name: str, section: dict[str, object], *, has_header: bool) -> list[str]:
        if any(char in name for char in "]\n") or not name:
            raise FormatError("an INI file cannot hold this section's name")
        width = max((len(spell_key(key) or "") for key in section), default=0)
        keys = [self._line(key, value, width) for key, value in section.items()]
        return [f"[{name}]", *keys] if has_header else keys

    def _line(self, key: str, value: object, width: int) -> str:
        source = spell_key(key)
        if source is None:
            raise FormatError(
                "an INI file cannot hold this key", hint="keys begin with no `#`, `;` or `[`"
            )
        return f"{source:<{width}} = {_write(value)}".rstrip(" ")

    def _width(self, section: Mapping) -> int:
        """Return how wide the last key is with the spaces that align its `=`."""
        start = section.keys[-1][0] if section.keys else len(self._text)
        line = self._text[start : line_end(self._text, start)]
        before, found, _ = line.partition(" =")
        return len(before) if found else 0

    def _has_header(self, start: int) -> bool:
        return self._text.startswith("[", start)


def _as_section(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise FormatError("an INI file holds sections of keys, and no values outside of them")
    return value


def _write(value: object) -> str:
    if isinstance(value, dict | list):
        raise FormatError("an INI file holds single values in its sections, no lists and objects")
    assert value is None or isinstance(value, str | int | float | bytes)
    # A token has nothing that needs a quote, so it is spelled as it is.
    source = spell_value(plain_text(value, "INI"))
    if source is None:
        raise FormatError("INI has no spelling for the value: it has too many kinds of quotes")
    return source
