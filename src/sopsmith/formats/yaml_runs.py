"""Divide the comments between two tokens into runs, as go-yaml's scanner does.

Source: go.yaml.in/yaml/v3 scannerc.go (yaml_parser_scan_comments).
"""

from __future__ import annotations

from sopsmith.formats.tree import Path


class Remark:
    """A run of comments that go-yaml keeps together.

    Attributes:
        spans: Where its comments stand, each without the line break.
        kind: "head", "foot" or "line".
        since: Place in the text of the first token that may take it.
        column, line: Of its first comment; lines count from the first comment of the gap.
        path: Keys of the collection that it belongs to; `yaml_comments` finds it.
    """

    __slots__ = ("column", "kind", "line", "path", "since", "spans")

    def __init__(
        self, kind: str, since: int, span: tuple[int, int], column: int, line: int
    ) -> None:
        self.kind = kind
        self.since = since
        self.spans = [span]
        self.column = column
        self.line = line
        self.path: Path = ()

    @property
    def start(self) -> int:
        """Return where the first comment stands."""
        return self.spans[0][0]


class Runs:
    """Divide the comments between two tokens into runs.

    Args:
        since: Place of the token above.
        indent: Column of the innermost block there.
        foot_line: Line right below that token; a run that starts there and ends at a blank
            line is the token's foot. None where it has no foot.
        tight: No blank line stands above the first comment.
    """

    def __init__(self, since: int, indent: int, foot_line: int | None, *, tight: bool) -> None:
        self._made: list[Remark] = []
        self._open: Remark | None = None
        self._since = since
        self._indent = indent
        self._foot_line = foot_line
        self._tight = tight

    def blank(self, place: int) -> None:
        """Take note of a blank line; the first one may end a foot."""
        run = self._open
        if run and self._tight and (run.line == self._foot_line or run.column < self._indent):
            self._cut_unrelated(run, place + 1)
        self._tight = False

    def add(self, span: tuple[int, int], column: int, line: int) -> None:
        """Add a comment: to the run above, unless it is dedented to another column."""
        if self._open and column < self._indent and column != self._open.column:
            self._cut(span[0])
        if self._open:
            self._open.spans.append(span)
        else:
            self._open = Remark("head", span[0], span, column, line)

    def finish(self, column: int, *, closes: bool) -> list[Remark]:
        """Return the runs before a token in a column, which may close a flow collection."""
        run = self._open
        if run and closes:
            self._cut_unrelated(run, run.start)
        elif run and column < self._indent and column != run.column:
            self._cut(run.start)
        elif run:
            self._made.append(run)
        return self._made

    def _cut_unrelated(self, run: Remark, place: int) -> None:
        if run.column < self._indent:
            self._since = run.start
        self._cut(place)

    def _cut(self, place: int) -> None:
        """End the run as a foot; what follows cannot be taken before a place."""
        if self._open:
            self._open.kind = "foot"
            self._open.since = self._since
            self._made.append(self._open)
        self._open = None
        self._since = place
