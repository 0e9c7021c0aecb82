"""Check the identities of this machine: how they are kept, and whether they are of use here."""

from __future__ import annotations

from collections.abc import Iterator

from sopsmith.errors import NotThere
from sopsmith.flows.doctor import Check, Context, Repair
from sopsmith.flows.key_check import Finding as Kept
from sopsmith.flows.key_check import Keeping, find_recovery, look_at_files
from sopsmith.repo.diagnosis import ERROR, INFO, WARNING, Finding

_OPEN, _CRLF = "identity-open", "identity-crlf"
_FIXES = {_OPEN: "close-identity", _CRLF: "end-lines"}
_MILD = frozenset({_CRLF, "identity-empty", "identity-twice", "identity-recovery"})


def _find_kept(context: Context) -> Iterator[Finding]:
    """Yield what is wrong with how the files are kept."""
    machine = context.machine
    keeping = Keeping(machine.key_files, machine.is_open, context.programs)
    yield from map(_finding, look_at_files(context.root, context.files, keeping))


def _find_recovery(context: Context) -> Iterator[Finding]:
    yield from map(_finding, find_recovery(context.settings, context.keyring))


def _finding(one: Kept) -> Finding:
    level = WARNING if one.code in _MILD else ERROR
    return Finding(one.code, level, one.place, one.reason, one.hint, _FIXES.get(one.code, ""))


def _find_foreign(context: Context) -> Iterator[Finding]:
    """Yield that no identity is here, or none of the environments that are asked about."""
    keyring = context.keyring
    for error in keyring.failures:
        if error.path not in context.machine.key_files:
            subject = error.path or "identities"
            yield Finding("identity-unread", ERROR, subject, error.message, error.hint or "")
    held = {one.recipient: one.source for one in keyring.identities}
    asked = [one for one in context.settings.scopes if one.name in context.scopes]
    wanted = {recipient for scope in asked for recipient in scope.recipients}
    if not held:
        message = "none is at hand, so nothing can be opened here"
        hint = "sopsmith key restore, or sopsmith key generate on a machine that is new"
        yield Finding("identity-missing", INFO, "identities", message, hint)
    elif wanted and not wanted & {*held}:
        message = f"{len(held)} at hand, and none is of {', '.join(one.name for one in asked)}"
        hint = "sopsmith key list; sopsmith key restore"
        yield Finding("identity-foreign", WARNING, next(iter(held.values())), message, hint)


def _close(context: Context, finding: Finding) -> str:
    context.machine.close(finding.subject)
    return "only its owner can read it now"


def _end_lines(context: Context, finding: Finding) -> str:
    """End lines as everywhere but on Windows; nothing else of the file changes."""
    with context.machine.lock(finding.subject):
        data = context.files.find(finding.subject)
        if data is None:
            raise NotThere("is gone", path=finding.subject)
        context.files.write(finding.subject, data.replace(b"\r\n", b"\n"), mode=0o600)
    return "its lines end in a line feed now"


CHECKS = (
    Check(
        "identities", "they are kept well",
        (_OPEN, _CRLF, "identity-empty", "identity-malformed", "identity-twice",
         "identity-in-repository"),
        _find_kept,
    ),
    Check("identities", "those of recovery are offline", ("identity-recovery",), _find_recovery),
    Check(
        "identities", "one of them is of an environment here",
        ("identity-foreign", "identity-missing", "identity-unread"), _find_foreign,
    ),
)  # fmt: skip
REPAIRS: dict[str, Repair] = {"close-identity": _close, "end-lines": _end_lines}
