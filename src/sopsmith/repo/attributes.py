"""Edit a `.gitattributes`: every other line, and every other attribute of a line, stays."""

from __future__ import annotations

import re

WANTED = ("diff=sopsmith", "merge=sopsmith")
"""What a SOPS file needs: the diff driver and the merge driver."""

DEFAULT_PATTERN = "*.secret.yaml"
_BLANKS = " \t\r\n"
_BLANK = re.compile(r"[ \t\r\n]")
_WORD = re.compile(r"[^ \t\r\n]+")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
# A pattern in quotes is written as in C; one whose quotes do not end is none in quotes.
_PATTERN = re.compile(r"[ \t\r\n]*(?!#)(\"(?:[^\"\\\n]|\\.)*\"|[^ \t\r\n]+)")
_IN_QUOTES = {"\\": "\\\\", '"': '\\"', "\t": "\\t", "\r": "\\r", "\n": "\\n"}
_REMARK = "# Encrypted files; `sopsmith git install` sets their drivers up in each clone."


def add_drivers(text: str, patterns: list[str]) -> str:
    """Return a `.gitattributes` in which each pattern has both drivers.

    A line of the same pattern gets them in place of drivers of other names; a pattern without
    a line gets one at the end, where it wins over the lines above it.
    """
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = _lines(text)
    missing = []
    for pattern in patterns:
        places = [index for index, line in enumerate(lines) if _pattern(line) == pattern]
        if places:
            lines[places[-1]] = _with_drivers(lines[places[-1]])
        else:
            missing.append(pattern)
    if not missing:
        return "".join(lines)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += newline
    added = [f"{pattern} {' '.join(WANTED)}" for pattern in missing]
    head = [] if any(_REMARK in line for line in lines) else [_REMARK]
    return "".join([*lines, *(line + newline for line in (*head, *added))])


def remove_drivers(text: str) -> str:
    """Return a `.gitattributes` without the drivers and the lines that hold nothing else."""
    kept = []
    for line in _lines(text):
        if _REMARK in line:
            continue
        words = [word[0] for word in _attributes(line)]
        if not any(word in WANTED for word in words):
            kept.append(line)
        elif any(word not in WANTED for word in words):
            kept.append(_without(line))
    return "".join(kept)


def quote_path(path: str) -> str:
    """Return the pattern of one path from the root of the repository."""
    plain = "/" + "".join("\\" + char if char in "*?[\\" else char for char in path)
    if not _BLANK.search(plain):
        return plain
    return '"' + "".join(_IN_QUOTES.get(char, char) for char in plain) + '"'


def _lines(text: str) -> list[str]:
    # Git's lines end at a line feed alone, and a name may hold what Python ends lines at.
    return _LINE.findall(text)


def _pattern(line: str) -> str:
    found = _PATTERN.match(line)
    return found[1] if found else ""


def _attributes(line: str) -> list[re.Match[str]]:
    found = _PATTERN.match(line)
    return [*_WORD.finditer(line, found.end())] if found else []


def _with_drivers(line: str) -> str:
    """Return a line with both drivers, each where another one of its kind stood."""
    end = len(line.rstrip("\r\n"))
    body, tail = line[:end], line[end:]
    for wanted in WANTED:
        kind = wanted.partition("=")[0]
        others = [word for word in _attributes(body) if _kind(word[0]) == kind]
        if others:
            body = body[: others[-1].start()] + wanted + body[others[-1].end() :]
        else:
            body = f"{body.rstrip(_BLANKS)} {wanted}"
    return body + tail


def _kind(word: str) -> str:
    return word.lstrip("-!").partition("=")[0]


def _without(line: str) -> str:
    for word in reversed(_attributes(line)):
        if word[0] in WANTED:
            line = line[: word.start() - 1] + line[word.end() :]
    return line
