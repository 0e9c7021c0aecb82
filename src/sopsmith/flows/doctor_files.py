"""Check the files of the repository: what `lint`, `key check` and `status` find, and the rules."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache, partial

from sopsmith.errors import Error
from sopsmith.flows import status
from sopsmith.flows.doctor import Check, Context
from sopsmith.flows.key_check import ELSEWHERE, open_scopes
from sopsmith.flows.key_list import Doors
from sopsmith.flows.lint import Doors as LintDoors
from sopsmith.flows.lint import lint
from sopsmith.flows.verify import NO_IDENTITY
from sopsmith.repo.diagnosis import ERROR, INFO, UNKNOWN, WARNING, Finding
from sopsmith.repo.lint_rules import RULES, severity_of
from sopsmith.repo.lint_rules import Finding as LintFinding
from sopsmith.repo.rule_order import find_hidden_rules
from sopsmith.sops.config import FILE_NAME, Config

_SOON = 30  # days
# What was never set up is no fault that doctor was called for; `status` counts it as due.
_LEVELS = {status.EXPIRED: ERROR, status.MALFORMED: ERROR, status.NO_RECOVERY: INFO}
"""Of what is due; all else is a warning."""
_FAMILY = "repository"


@lru_cache(maxsize=1)
def _linted(context: Context) -> tuple[LintFinding, ...]:
    """Return what lint finds; several checks share one look."""
    doors = LintDoors(context.files, context.trees, context.workers)
    return lint((context.root,), frozenset(), doors, lambda: None).findings


def _find_by_rule(names: tuple[str, ...], context: Context) -> Iterator[Finding]:
    """Yield what the rules of lint with these names find; a code is the name of a rule."""
    for one in _linted(context):
        rule = RULES[one.rule]
        if rule.name in names:
            where = f"line {one.line}: " if one.line else f"{one.key}: " if one.key else ""
            hint = rule.hint.replace("FILE", shlex.quote(one.path))
            yield Finding(rule.name, severity_of(one), one.path, where + one.message, hint)


def linted(family: str, title: str, *names: str) -> Check:
    """Return a check for what some rules of lint find."""
    return Check(family, title, names, partial(_find_by_rule, names))


def _open_all(context: Context) -> Iterator[Finding]:
    """Yield the files that do not hold what was encrypted, and how many could not be opened."""
    shown = {one.path for one in _linted(context) if severity_of(one) == ERROR}
    wanted = (context.environment and context.scopes) or ()
    for scope in open_scopes(context.root, wanted, context.settings, _doors(context)):
        shut = [one for one in scope.problems if one.kind == NO_IDENTITY]
        for one in scope.problems:
            if one not in shut and one.path not in shown:
                hint = one.hint or f"git log -p -- {shlex.quote(one.path)}"
                yield Finding("mac-mismatch", ERROR, one.path, one.reason, hint)
        if shut:
            here = "files of no environment" if scope.scope == ELSEWHERE else scope.scope
            message = f"no identity here opens {len(shut)} of {scope.files} files"
            hint = "sopsmith key list; sopsmith key restore"
            yield Finding("mac-mismatch", UNKNOWN, here, message, hint)


def _find_rule_order(context: Context) -> Iterator[Finding]:
    """Yield the creation rules that no file reaches, since an earlier one takes all of theirs."""
    paths = list(context.trees.walk((context.root,)))
    folders = [context.settings.secrets_folder(name) for name in context.scopes]
    paths += [context.at(f"{folder}/any.secret.yaml") for folder in folders]
    for path in [one for one in paths if os.path.basename(one) == FILE_NAME]:
        try:
            config = Config.parse(context.files.read(path), path)
        except Error:
            # The check of the configuration says so.
            continue
        inside = [config.relative(one) for one in paths]
        for hidden in find_hidden_rules(config, [one for one in inside if not os.path.isabs(one)]):
            hint = f"put it before {hidden.by.place}, or take it out"
            message = f"every file that it matches is taken by {hidden.by.place}"
            yield Finding("hidden-rule", WARNING, hidden.rule.place, message, hint)


def _find_due(context: Context) -> Iterator[Finding]:
    found = status.read_status(context.root, _SOON, _doors(context))
    for one in found.due:
        level = _LEVELS.get(one.kind, WARNING)
        yield Finding(one.kind.replace(" ", "-"), level, one.place, one.reason, one.hint)


def _doors(context: Context) -> Doors:
    return Doors(context.files, context.trees, context.workers, context.keyring, context.now)


def _check(title: str, code: str, run: Callable[[Context], Iterable[Finding]]) -> Check:
    return Check(_FAMILY, title, (code,), run)


CHECKS = (
    linted(
        _FAMILY, "what should be encrypted is",
        "plain-secret", "plain-file", "clear-value", "nothing-selected", "secret-in-clear",
        "identity",
    ),
    linted(
        _FAMILY, "encrypted files are whole",
        "broken-file", "bad-version", "no-mac", "copied-metadata", "encrypted-whole",
    ),
    _check("encrypted files hold what was encrypted", "mac-mismatch", _open_all),
    linted(
        _FAMILY, "files open for those whom the rules name",
        "recipients-differ", "stale-recipient", "no-rule", "selector-differs",
    ),
    linted(_FAMILY, "the configuration can be read", "broken-config"),
    _check("each creation rule is reached", "hidden-rule", _find_rule_order),
    Check(
        _FAMILY, "nothing is due", tuple(kind.replace(" ", "-") for kind in status.KINDS), _find_due
    ),
)  # fmt: skip
