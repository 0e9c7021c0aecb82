"""Edit a `.gitattributes`: every other line, and every other attribute of a line, stays."""

from __future__ import annotations

WANTED = ("diff=sopsmith", "merge=sopsmith")
"""What a SOPS file needs: the diff driver and the merge driver."""

DEFAULT_PATTERN = "*.secret.yaml"
_REMARK = "# Encrypted files; `sopsmith git install` sets their drivers up in each clone."


def add_drivers(text: str, patterns: list[str]) -> str:
    """Return a `.gitattributes` in which each pattern has both drivers.

    A line of the same pattern gets them in place of drivers of other names; a pattern without
    a line gets one at the end, where it wins over the lines above it.
    """
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = text.splitlines(keepends=True)
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
    for line in text.splitlines(keepends=True):
        if _REMARK in line:
            continue
        words = _attributes(line)
        if not any(word in WANTED for word in words):
            kept.append(line)
        elif any(word not in WANTED for word in words):
            kept.append(_without(line))
    return "".join(kept)


def quote_path(path: str) -> str:
    """Return the pattern of one path from the root of the repository."""
    plain = "/" + "".join("\\" + char if char in "*?[\\" else char for char in path)
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"' if " " in path else plain


def _pattern(line: str) -> str:
    words = line.split()
    if not words or words[0].startswith("#"):
        return ""
    if words[0].startswith('"'):
        return line.strip()[: line.strip().rindex('"') + 1] if line.count('"') > 1 else ""
    return words[0]


def _attributes(line: str) -> list[str]:
    pattern = _pattern(line)
    return line.strip()[len(pattern) :].split() if pattern else []


def _with_drivers(line: str) -> str:
    """Return a line with both drivers, each where another one of its kind stood."""
    body = line.rstrip("\r\n")
    for wanted in WANTED:
        kind = wanted.partition("=")[0]
        others = [word for word in _attributes(body) if _kind(word) == kind]
        if others:
            lead, _, rest = body.rpartition(others[-1])
            body = lead + wanted + rest
        else:
            body = f"{body.rstrip()} {wanted}"
    return body + line[len(line.rstrip("\r\n")) :]


def _kind(word: str) -> str:
    return word.lstrip("-!").partition("=")[0]


def _without(line: str) -> str:
    body = line.rstrip("\r\n")
    for wanted in WANTED:
        body = body.replace(f" {wanted}", "", 1)
    return body + line[len(line.rstrip("\r\n")) :]
