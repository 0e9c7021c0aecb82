"""Cut the comments of a YAML text into the runs that go-yaml makes of them.

go-yaml's scanner decides from columns and blank lines whether a run of comment lines is the
foot of what stands above it, the head of what follows, or stands behind a value, and from
which token on the run may be attached. Here that is worked out from libyaml's tokens and the
white space between them; `yaml_comments` then attaches the runs.

What counts is how sops reads the encrypted file, so a document that has no `sops` entry yet is
read as if one stood at its end, and a value as if it were on one line.

Source: go.yaml.in/yaml/v3 scannerc.go (yaml_parser_scan_comments,
yaml_parser_scan_line_comment, yaml_parser_unroll_indent).
"""

from __future__ import annotations

import re

from sopsmith.formats.yaml_runs import Remark, Runs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

BLOCK_END = "<block end>"
ADDED = "<sops>"  # the entry that encryption adds
DOCUMENT_MARKS = frozenset({"<document start>", "<document end>", "<stream end>", "<directive>"})
BLOCK_STARTS = frozenset({"<block mapping start>", "<block sequence start>"})
_WITHOUT_LINE = frozenset({"-", "<stream start>"}) | DOCUMENT_MARKS
_COMMENT = re.compile("#[^\r\n\x85\u2028\u2029]*")
_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
_KEEPS = re.compile("[|>][0-9]*[+]")
_HEADER_COMMENT = re.compile("[|>][-+0-9]*[ \t]+(#[^\r\n\x85\u2028\u2029]*)")


class Step:
    """A token as the attaching sees it: its kind is PyYAML's `id`."""

    __slots__ = ("kind", "place")

    def __init__(self, kind: str, place: int) -> None:
        self.kind = kind
        self.place = place


def scan_remarks(
    text: str, tokens: list[Any], open_ends: set[int]
) -> tuple[list[Step], list[Remark]]:
    """Return a text's tokens and its runs of comments, both in order.

    Args:
        tokens: PyYAML's, of the whole text.
        open_ends: Where the documents end to which encryption adds an entry.
    """
    scanner = _Scanner(text, open_ends)
    for token in tokens:
        scanner.feed(token)
    return scanner.steps, scanner.remarks


class _Scanner:
    def __init__(self, text: str, open_ends: set[int]) -> None:
        self.steps: list[Step] = []
        self.remarks: list[Remark] = []
        self._text = text
        self._open_ends = open_ends
        self._indents: list[int] = []
        self._flow = 0
        self._held: list[Any] = []  # tokens without a text of their own, up to the next that has
        self._last: Any = None
        self._plain = False  # The last token is a value that stands or will stand plain.
        self._breaks = 0  # behind a block scalar's text
        self._adds = False  # An entry is added before the token at hand.

    def feed(self, token: Any) -> None:
        if token.end_mark.index == token.start_mark.index and token.id != "<stream end>":
            self._held.append(token)
            return
        self._adds = token.id in DOCUMENT_MARKS and token.start_mark.index in self._open_ends
        made = self._gap(token)
        self.remarks += made
        self._emit_held(made, token)
        self._emit(token)

    def _emit_held(self, made: list[Remark], token: Any) -> None:
        """Pass on the tokens before one, with each block's end where go-yaml has it.

        A block ends before the first run of comments in its own column, so that the run is
        taken with it.
        """
        place = self._end() - 1
        last = len(self._held) - 1
        for index, held in enumerate(self._held):
            if held.id == BLOCK_END and self._indents:
                if self._adds and index == last:
                    place = token.start_mark.index
                    self.steps.append(Step(ADDED, place))
                indent = self._indents.pop()
                place = next((one.start for one in made if one.column == indent), place)
            elif held.id in BLOCK_STARTS:
                self._indents.append(held.start_mark.column)
            self.steps.append(
                Step(held.id, place if held.id == BLOCK_END else held.start_mark.index)
            )
        self._held = []

    def _emit(self, token: Any) -> None:
        start = token.start_mark.index
        before = self.steps[-1].place if self.steps else start
        # What stands behind `:` or `,` is a remark on what stands before it.
        self._since = before if token.id == ("," if self._flow else ":") else start
        self._flow += (token.id in ("[", "{")) - (token.id in ("]", "}"))
        self.steps.append(Step(token.id, start))
        self._last = token
        self._breaks = 0
        self._plain = False
        if token.id == "<scalar>":
            self._after_scalar(token)

    def _after_scalar(self, token: Any) -> None:
        source = self._text[token.start_mark.index : token.end_mark.index]
        # Behind a plain value go-yaml's scanner has read on to the next line.
        self._plain = not self._flow and token.value != ""
        if token.style not in ("|", ">"):
            return
        tail = source[len(source.rstrip("\r\n")) :]
        self._breaks = len(_BREAK.findall(tail))
        header = _HEADER_COMMENT.match(source)
        if header:
            start = token.start_mark.index
            span = start + header.start(1), start + header.end(1)
            self.remarks.append(Remark("line", start, span, -1, 0))
        if self._open_ends and _KEEPS.match(source):
            # Its token gets one line break alone.
            self._breaks = min(self._breaks, 1)

    def _end(self) -> int:
        return self._last.end_mark.index if self._last else 0

    def _gap(self, token: Any) -> list[Remark]:
        """Return the runs between the last token and this one; add a comment behind the last."""
        begin, stop = self._end(), token.start_mark.index
        spans = [found.span() for found in _COMMENT.finditer(self._text, begin, stop)]
        if not spans:
            return []
        breaks = self._breaks + len(_BREAK.findall(self._text, begin, spans[0][0]))
        plain = self._plain
        if breaks == 0 and self._last and self._last.id not in _WITHOUT_LINE:
            self.remarks.append(Remark("line", self._since, spans[0], -1, 0))
            begin = spans.pop(0)[1]
            if not spans:
                return []
            breaks = len(_BREAK.findall(self._text, begin, spans[0][0]))
            plain = False
        return self._runs(spans, breaks, plain, token)

    def _runs(
        self, spans: list[tuple[int, int]], breaks: int, plain: bool, token: Any
    ) -> list[Remark]:
        column = self._column(spans[0][0])
        above = self._last.end_mark.line > 0 or (plain and breaks > 0) if self._last else False
        since, last = self._previous()
        foot_line = 1 - breaks + (breaks == 0 and column > 1) if above and last != ":" else None
        indent = self._indents[-1] if self._indents else 0
        runs = Runs(since, indent, foot_line, tight=breaks <= 1)
        line = 0
        done = spans[0][0]
        for span in spans:
            between = _BREAK.findall(self._text, done, span[0])
            line += len(between)
            if len(between) > 1 or "\r\n" in between:
                runs.blank(done)
            # go-yaml counts a later comment's line from the comment above it.
            runs.add(span, self._column(span[0]), max(line - 1, 0))
            done = span[1]
        return self._finish(runs, done, token)

    def _finish(self, runs: Runs, done: int, token: Any) -> list[Remark]:
        stop = token.start_mark.index
        between = _BREAK.findall(self._text, done, stop)
        if self._adds and not self._text.endswith("\n", 0, stop):
            between.append("\n")  # The entry starts on a line of its own.
        at_end = token.id == "<stream end>" and not self._adds
        if len(between) > 1 or "\r\n" in between or at_end:
            runs.blank(done)
        closes = self._flow > 0 and token.id in ("]", "}")
        return runs.finish(0 if self._adds else token.start_mark.column, closes=closes)

    def _previous(self) -> tuple[int, str]:
        """Return place and kind of the token that a foot belongs to."""
        if not self._last:
            return 0, ""
        if self._last.id == "," and len(self.steps) > 1:
            return self.steps[-2].place, self.steps[-2].kind
        return self._last.start_mark.index, self._last.id

    def _column(self, place: int) -> int:
        return place - self._text.rfind("\n", 0, place) - 1
