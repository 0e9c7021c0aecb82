"""Print what `key check` found, as text or as JSON."""

from __future__ import annotations

from collections.abc import Iterator

from sopsmith.cli.talk import put, put_json, say
from sopsmith.flows.key_check import KeyCheck


def show(found: KeyCheck, *, as_json: bool) -> None:
    """Write it to stdout; hints go to stderr, each once."""
    if as_json:
        put_json(_object(found))
        return
    put("".join(f"{line}\n" for line in _lines(found)).encode("utf-8", "replace"))
    hints = [one.hint for scope in found.scopes for one in scope.problems]
    hints += [one.hint for one in found.findings]
    for hint in dict.fromkeys(filter(None, hints)):
        say(f"hint: {hint}")


def _lines(found: KeyCheck) -> Iterator[str]:
    for scope in found.scopes:
        for one in scope.problems:
            yield f"{one.kind}  {one.path}: {one.reason}"
    for finding in found.findings:
        yield f"kept badly  {finding.place}: {finding.reason}"
    for scope in found.scopes:
        yield f"{scope.scope}: opened {scope.opened:,} of {scope.files:,}"


def _object(found: KeyCheck) -> dict[str, object]:
    return {
        "scopes": [
            {
                "scope": scope.scope,
                "files": scope.files,
                "opened": scope.opened,
                "problems": [one._asdict() for one in scope.problems],
            }
            for scope in found.scopes
        ],
        "findings": [one._asdict() for one in found.findings],
    }
