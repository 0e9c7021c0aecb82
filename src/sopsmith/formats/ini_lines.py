"""Read keys, values and comments of INI lines exactly as go-ini does, and spell them for it.

go-ini decides what sops encrypts, so its oddities are rules here: a backtick or three double
quotes hold anything, a backslash at the end joins lines, and any `#` or `;` in an unquoted value
begins a comment.

Source: gopkg.in/ini.v1 parser.go (readKeyName, readValue, readMultilines,
readContinuationLines, hasSurroundedQuote), file.go (writeToBuffer).
"""

from __future__ import annotations

from sopsmith.errors import FormatError

# What Go's unicode.IsSpace holds; Python's own `str.strip` takes four controls more.
SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
MARKS = "#;"
_TRIPLE = '"""'
_UNCLOSED = "a quote is not closed"


class Value:
    """What stands behind a delimiter.

    Attributes:
        text: The value.
        start, end: Span of its source, quotes included.
        comment: Offset of the mark of the comment behind it, or -1.
        rest: Offset of the line behind it.
        lost: go-ini reads less than what stands there, or perhaps not what was meant.
    """

    __slots__ = ("comment", "end", "lost", "rest", "start", "text")

    def __init__(self, text: str, start: int, end: int, rest: int) -> None:
        self.text = text
        self.start = start
        self.end = end
        self.rest = rest
        self.comment = -1
        self.lost = False


def find_mark(text: str, start: int, end: int) -> int:
    """Return the offset of the first `#` or `;` in a span, or -1."""
    return next((at for at in range(start, end) if text[at] in MARKS), -1)


def line_end(text: str, start: int) -> int:
    """Return the offset behind the line feed of the line that an offset is in."""
    found = text.find("\n", start)
    return len(text) if found < 0 else found + 1


def skip_space(text: str, start: int, end: int) -> int:
    """Return the offset of the first character of a span that is not white space, or its end."""
    while start < end and text[start] in SPACE:
        start += 1
    return start


def trim(text: str, start: int, end: int) -> int:
    """Return the end of a span without the white space at its end."""
    while end > start and text[end - 1] in SPACE:
        end -= 1
    return end


def read_key(line: str) -> tuple[str, int, bool]:
    """Return the key of a line, the offset behind its delimiter, and whether text is lost.

    Raises:
        FormatError: There is no delimiter or no key.
    """
    quote = ""
    if line[0] == '"':
        quote = _TRIPLE if len(line) > 6 and line.startswith(_TRIPLE) else '"'
    elif line[0] == "`":
        quote = "`"
    size = len(quote)
    close = line.find(quote, size) if quote else -1
    if quote and close < 0:
        raise FormatError(_UNCLOSED)
    behind = close + size if quote else 0
    found = next((at for at in range(behind, len(line)) if line[at] in "=:"), -1)
    if found < 0:
        raise FormatError("the line has no `=` and no `:`")
    name = (line[size:close] if quote else line[:found]).strip(SPACE)
    if not name:
        raise FormatError("the line has no key")
    return name, found + 1, bool(quote and line[behind:found].strip(SPACE))


def read_value(text: str, start: int, end: int) -> Value:
    """Return the value that begins in a line's rest.

    Args:
        start, end: From behind the delimiter to behind the line feed.

    Raises:
        FormatError: A quote is not closed.
    """
    first = skip_space(text, start, end)
    if first == end:
        # One space between the delimiter and a value that is written here later stays.
        at = start + (text[start : start + 1] == " ")
        return Value("", at, at, end)
    if end - first > 3 and text.startswith(_TRIPLE, first):
        return _quoted(text, first, end, _TRIPLE)
    if text[first] == "`":
        return _quoted(text, first, end, "`")
    stop = trim(text, first, end)
    if text[stop - 1] == "\\":
        return _continued(text, first, stop, end)
    return _plain(text, first, stop, end)


def _quoted(text: str, start: int, end: int, quote: str) -> Value:
    body = start + len(quote)
    close = text.rfind(quote, body, end)
    while close < 0:
        if end >= len(text):
            raise FormatError(_UNCLOSED)
        line, end = end, line_end(text, end)
        close = text.rfind(quote, line, end)
        behind = text[close + len(quote) : end].strip(SPACE)
        if close >= 0 and behind.endswith("\\"):
            close = -1
    value = Value(text[body:close], start, close + len(quote), end)
    value.comment = find_mark(text, value.end, end)
    stop = end if value.comment < 0 else value.comment
    value.lost = bool(text[value.end : stop].strip(SPACE))
    return value


def _continued(text: str, start: int, stop: int, end: int) -> Value:
    joined = text[start : stop - 1]
    while end < len(text):
        line, end = end, line_end(text, end)
        first = skip_space(text, line, end)
        if first == end:
            break
        stop = trim(text, first, end)
        joined += text[first:stop]
        if not joined.endswith("\\"):
            break
        joined = joined[:-1]
    return Value(joined, start, stop, end)


def _plain(text: str, start: int, stop: int, end: int) -> Value:
    mark = find_mark(text, start, stop)
    close = stop if mark < 0 else trim(text, start, mark)
    raw = text[start:close]
    quoted = _is_surrounded(raw, "'") or _is_surrounded(raw, '"')
    value = Value(raw[1:-1] if quoted else raw, start, close, end)
    if mark >= 0:
        value.comment = mark
        value.lost = not _is_remark(text[start:stop], mark - start)
    return value


def _is_surrounded(text: str, quote: str) -> bool:
    inner = text[1:-1]
    return len(text) >= 2 and text[0] == text[-1] == quote and quote not in inner


def _is_remark(text: str, mark: int) -> bool:
    """Tell whether a comment behind a value was surely meant as one: ` # so`, not `a#b`."""
    before, behind = text[:mark], text[mark:].lstrip(MARKS)
    if before and before[-1] not in SPACE:
        return False
    if behind and behind[0] not in SPACE:
        return False
    value = before.strip(SPACE)
    open_quote = value[:1] in ("'", '"') and not _is_surrounded(value, value[0])
    return not open_quote


def spell_value(value: str) -> str | None:
    """Return source that go-ini, in each of its versions, reads as a value, or None.

    The spelling is the one that go-ini writes, wherever that reads back at all.
    """
    if "\n" in value or "`" in value:
        usual = _TRIPLE + value + _TRIPLE
    elif any(mark in value for mark in MARKS):
        usual = f"`{value}`"
    elif value.strip(SPACE) != value:
        usual = f'"{value}"'
    else:
        usual = value
    others = (f"{quote}{value}{quote}" for quote in ("", "`", _TRIPLE, '"', "'"))
    return next((source for source in (usual, *others) if _reads_back(source, value)), None)


def _reads_back(source: str, value: str) -> bool:
    lines = source.split("\n")
    # Versions of go-ini differ in where a text of many lines ends that has its quote in it.
    if len(lines) > 1 and any(quote in value for quote in ("`", _TRIPLE) if source[:1] == quote[0]):
        return False
    whole = source + "\n"
    try:
        found = read_value(whole, 0, line_end(whole, 0))
    except FormatError:
        return False
    return found.text == value and found.comment < 0 and found.rest == len(whole)


def spell_key(name: str) -> str | None:
    """Return source that go-ini reads as a key and writes itself, or None."""
    if any(char in name for char in '"=:'):
        source = f"`{name}`"
    else:
        source = f"{_TRIPLE}{name}{_TRIPLE}" if "`" in name else name
    if not name or name == "-" or "\n" in name or source[0] in MARKS + "[":
        return None
    try:
        return source if read_key(source + "=") == (name, len(source) + 1, False) else None
    except FormatError:
        return None
