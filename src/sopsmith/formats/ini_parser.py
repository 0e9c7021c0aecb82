"""Build the tree of an INI text from its lines, as go-ini builds its sections.

Source: gopkg.in/ini.v1 parser.go (File.parse), section.go (NewKey).
"""

from __future__ import annotations

from sopsmith.errors import FormatError
from sopsmith.formats.flat import KEY, grow, to_node
from sopsmith.formats.ini_comments import comments_of, header_comments, key_comments
from sopsmith.formats.ini_lines import (
    MARKS,
    SPACE,
    find_mark,
    line_end,
    read_key,
    read_value,
    skip_space,
    spell_key,
    trim,
)
from sopsmith.formats.tree import Mapping, Scalar, Tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sopsmith.formats.flat import Branch
    from sopsmith.formats.ini_lines import Value

DEFAULT = "DEFAULT"  # the section of keys before the first header
_OUT = "take it out"
_QUOTING = (
    "if `#` or `;` is a part of the value, put the whole value in backticks: `…`; if it begins "
    "a comment, put spaces on both sides of it, or the comment on a line of its own"
)


class Parser:
    """Hold what go-ini holds between lines: the section, and comments that wait for an owner."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.root = Mapping([], end=len(text))
        self.tree = Tree(self.root, end=len(text))
        self.name = DEFAULT
        self.section: Mapping | None = None
        self.places: dict[str, int] = {}
        self.numbered = 0
        self.waiting: list[tuple[int, int]] = []
        self.metadata: Branch = {}

    def tree_of_lines(self) -> Tree:
        """Read every line.

        Raises:
            FormatError: As `ini.parse` says.
        """
        at = 0
        while at < len(self.text):
            at = self.line(at)
        return self.finish()

    def line(self, start: int) -> int:
        """Read what begins in a line and return the offset of the line behind it."""
        text, end = self.text, line_end(self.text, start)
        first = skip_space(text, start, end)
        if first == end:
            return end
        try:
            if text[first] in MARKS:
                self.waiting.append((first, trim(text, first, end)))
            elif text[first] == "[":
                self.header(first, end)
            else:
                return self.entry(first, end)
        except FormatError as error:
            error.key = error.key or f"line {self.number(first)}"
            raise
        return end

    def header(self, start: int, end: int) -> None:
        close = self.text.rfind("]", start, end)
        if close < 0:
            raise FormatError("the section's header has no `]`")
        name = self.text[start + 1 : close]
        if not name:
            raise FormatError("the section's header has no name")
        stop = trim(self.text, start, end)
        mark = find_mark(self.text, close + 1, end)
        if mark >= 0 and name != KEY:
            behind = mark, stop
            self.tree.comments += header_comments(self.text, self.waiting, behind, (name,))
            self.waiting = []
        # Comments at the end belong to the last section, whether or not [sops] follows them.
        self.attach(self.name if name == KEY else name)
        if self.text[close + 1 : stop if mark < 0 else mark].strip(SPACE):
            self.lose(start, name, "something stands behind the section's header", _OUT)
        if "]" in name and any(char in name for char in MARKS):
            self.lose(start, name, "the header's comment has a `]`", "put it on its own line")
        self.name, self.places, self.numbered = name, {}, 0
        self.section = Mapping([], start, close + 1)
        self.root.keys.append((start, close + 1))
        self.root.entries.append((name, self.section))

    def entry(self, start: int, end: int) -> int:
        name, offset, lost = read_key(self.text[start:end])
        value = read_value(self.text, start + offset, end)
        if name == "-":
            # go-ini numbers such keys; sops writes the number, which then reads as a comment.
            self.numbered += 1
            name = f"#{self.numbered}"
        if self.name == KEY:
            self.hold_metadata(name, value, start)
            return value.rest
        place = f"{self.name}.{name}"
        if spell_key(name) is None:
            self.lose(start, place, "sops writes this key so that it cannot read it", "rename it")
        if lost:
            self.lose(start, place, "something stands behind the key's closing quote", _OUT)
        if value.lost:
            self.lose(start, place, "sops would lose a part of the value", _QUOTING)
        if self.section is None:
            self.section = Mapping([], start, start)
            self.root.keys.append((start, start))
            self.root.entries.append((DEFAULT, self.section))
        comments = key_comments(self.text, self.waiting, value, (self.name,))
        for comment in comments:
            # sops puts a key's comment behind the key, where it counts for the next one.
            index = self.places.get(name, len(self.section.entries))
            comment.counts_before = self.section, index + 1
        self.tree.comments += comments
        self.waiting = []
        self.add(name, value, start)
        return value.rest

    def add(self, name: str, value: Value, start: int) -> None:
        """Add a key to the section; of keys that stand twice, the last one's value counts."""
        assert self.section is not None
        scalar = Scalar(value.text, value.start, value.end)
        span = start, start + len(name)
        known = self.places.get(name)
        if known is None:
            self.places[name] = len(self.section.entries)
            self.section.keys.append(span)
            self.section.entries.append((name, scalar))
        else:
            place = f"{self.name}.{name}"
            self.lose(start, place, "the key stands twice, and sops keeps the last one", _OUT)
            self.section.keys[known] = span
            self.section.entries[known] = name, scalar
        self.section.end = value.end

    def hold_metadata(self, name: str, value: Value, start: int) -> None:
        assert self.section is not None
        # Up to 3.13.1 sops wrote real line feeds in quotes, from 3.13.2 on escaped ones.
        scalar = Scalar(value.text.replace("\\n", "\n"), value.start, value.end)
        grow(self.metadata, name, scalar, self.number(start))
        self.section.end = value.end
        self.waiting = []

    def attach(self, section: str) -> None:
        """Give the comments that wait to a section."""
        self.tree.comments += comments_of(self.text, self.waiting, (section,))
        self.waiting = []

    def lose(self, at: int, place: str, message: str, hint: str) -> None:
        where = f"line {self.number(at)}: {message}"
        self.tree.losses.append(FormatError(where, key=place, hint=hint))

    def number(self, at: int) -> int:
        return self.text.count("\n", 0, at) + 1

    def finish(self) -> Tree:
        own = [name for name, _ in self.root.entries if name != KEY]
        self.attach(self.name if self.name != KEY else own[-1] if own else DEFAULT)
        self.tree.comments.sort(key=lambda comment: comment.start)
        for index, (name, node) in enumerate(self.root.entries):
            if name == KEY:
                metadata = to_node(self.metadata)
                metadata.start, metadata.end = node.start, node.end
                self.root.entries[index] = name, metadata
        return self.tree
