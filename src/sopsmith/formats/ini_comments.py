"""Read the comments of INI as sops does: the lines above one owner are one comment.

Its text begins behind the first line's marks and spaces; the lines below keep their marks.
Only lines with something on them can go through sops, so a blank line between two comment
lines is held as a single space.

Source: getsops/sops stores/ini/store.go (stripCommentChar); gopkg.in/ini.v1 file.go.
"""

from __future__ import annotations

from sopsmith.formats.ini_lines import MARKS, SPACE, trim
from sopsmith.formats.tree import Comment, Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sopsmith.formats.ini_lines import Value

_SEALED = "ENC["
_BLANK = " "


class IniComment(Comment):
    """A comment whose span begins behind its first mark, so that the mark stays as it is."""

    __slots__ = ()

    def written(self, content: str) -> str:
        """Return the lines of a text; each but the first gets a mark, if it has none."""
        first, *below = content.split("\n")
        return "\n".join([_restored(first), *(_marked(line) for line in below)])


def _restored(line: str) -> str:
    return "" if line == _BLANK else line


def _marked(line: str) -> str:
    return _restored(line) if not line.strip(SPACE) or line[0] in MARKS else f"; {line}"


class HeaderComment(IniComment):
    """A comment behind a section's header, joined to the lines above, as go-ini joins them.

    go-ini takes a header's name up to the line's last `]`, and a token ends in one, so when
    it is written anew it stands above the header.
    """

    __slots__ = ("header", "lead")
    lead: str
    header: str

    def written(self, content: str) -> str:
        """Return the lines of a text with the header's own line below them."""
        return f"{self.lead}{super().written(content)}\n{self.header}"


def header_comments(
    text: str, lines: list[tuple[int, int]], behind: tuple[int, int], path: Path
) -> list[Comment]:
    """Return the comments above a header and behind it.

    Args:
        lines: As in `comments_of`.
        behind: Span of the comment behind the header, from its mark.
    """
    above = comments_of(text, lines, path)
    begin = _behind_marks(text, *behind)
    header = text.rfind("\n", 0, behind[0]) + 1
    if not above or above[-1].text.startswith(_SEALED):
        joined = HeaderComment(text[begin : behind[1]], path, header, behind[1])
        joined.lead = text[behind[0] : begin]
    else:
        last = above.pop()
        content = f"{last.text}\n{text[slice(*behind)]}"
        joined = HeaderComment(content, path, last.start, behind[1])
        joined.lead = ""
    joined.header = text[header : behind[0]].rstrip(SPACE)
    return [*above, joined]


def key_comments(
    text: str, lines: list[tuple[int, int]], value: Value, path: Path
) -> list[Comment]:
    """Return the comments above a key and behind its value.

    go-ini joins the two, and sops opens the first token of what is joined alone.

    Args:
        lines: As in `comments_of`.
    """
    comments = comments_of(text, lines, path)
    if value.comment < 0:
        return comments
    behind = value.comment, trim(text, value.comment, value.rest)
    if not comments or comments[-1].text.startswith(_SEALED):
        return [*comments, *comments_of(text, [behind], path)]
    comments[-1].text += "\n" + text[slice(*behind)]
    comments[-1].takes = value.end, behind[1]
    return comments


def comments_of(text: str, lines: list[tuple[int, int]], path: Path) -> list[Comment]:
    """Return the comments that some lines above one owner are.

    Each line of ciphertext is a comment of its own, whatever people wrote beside it.

    Args:
        lines: Span of each from its mark to the end of what stands on it.
        path: The section that holds them.
    """
    groups: list[list[tuple[int, int]]] = []
    sealed = False
    for start, end in lines:
        token = _behind_marks(text, start, end)
        is_sealed = text.startswith(_SEALED, token)
        if not groups or sealed or is_sealed:
            groups.append([])
        groups[-1].append((start, end))
        sealed = is_sealed
    return [_comment(text, group[0][0], group[-1][1], path) for group in groups]


def _comment(text: str, start: int, end: int, path: Path) -> Comment:
    first = text.find("\n", start, end)
    begin = _behind_marks(text, start, end if first < 0 else first)
    return IniComment(_content(text[begin:end]), path, begin, end)


def _behind_marks(text: str, start: int, end: int) -> int:
    """Return where a comment's text begins; sops takes all marks of the first one's kind off."""
    at = start
    while at < end and text[at] in (text[start], " "):
        at += 1
    return at


def _content(source: str) -> str:
    first, *below = source.split("\n")
    if not below:
        return first
    lines = [first or _BLANK]
    for line in below:
        bare = line.lstrip(SPACE)
        lines.append(bare or ("\r" if line.endswith("\r") else _BLANK))
    return "\n".join(lines)
