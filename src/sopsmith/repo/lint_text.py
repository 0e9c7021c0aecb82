"""Look through a file's bytes for what no parser is needed for. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sopsmith.kube.mask import CIPHERTEXT
from sopsmith.repo.lint_rules import RULES, Finding

_IDENTITY = re.compile(
    rb"AGE-SECRET-KEY-(?:1[AC-HJ-NP-Z02-9]{58}|PQ-1[AC-HJ-NP-Z02-9]{58,})(?![A-Z0-9])"
)
_MARKERS = re.compile(rb"^(?:<<<<<<<|>>>>>>>)(?: |\r?$)", re.MULTILINE)
_IGNORE = re.compile(rb"sopsmith:ignore(-file)?((?:[ ,]+SOPS\d{3})+)[ \t]+(\S.*)")
_IGNORE_MARK = b"sopsmith:ignore"


def lint_text(data: bytes, path: str) -> Iterator[Finding]:
    """Yield identities, and markers of a merge conflict in an encrypted file."""
    if b"AGE-SECRET-KEY-" in data:
        for match in _IDENTITY.finditer(data):
            yield Finding("SOPS020", path, "holds an age identity", "", _line(data, match.start()))
    if b"<<<<<<<" in data and CIPHERTEXT.encode() in data:
        marker = _MARKERS.search(data)
        if marker:
            message = "a merge conflict was never resolved"
            yield Finding("SOPS012", path, message, "", _line(data, marker.start()))


def without_ignored(findings: list[Finding], data: bytes) -> tuple[list[Finding], int]:
    """Return the findings that no comment of the file takes back, and how many one does.

    `sopsmith:ignore SOPS007 reason` holds for its own line and the next one,
    `sopsmith:ignore-file SOPS007 reason` for the file. Without a reason it holds for nothing.
    """
    if _IGNORE_MARK not in data or not findings:
        return findings, 0
    everywhere: set[str] = set()
    lines: set[tuple[str, int]] = set()
    for match in _IGNORE.finditer(data):
        rules = [one for one in re.findall(r"SOPS\d{3}", match[2].decode()) if one in RULES]
        line = _line(data, match.start())
        if match[1]:
            everywhere.update(rules)
        lines.update((rule, number) for rule in rules for number in (line, line + 1))
    kept = [
        one for one in findings if one.rule not in everywhere and (one.rule, one.line) not in lines
    ]
    return kept, len(findings) - len(kept)


def _line(data: bytes, at: int) -> int:
    return data.count(b"\n", 0, at) + 1
