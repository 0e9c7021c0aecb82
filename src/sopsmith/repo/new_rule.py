"""Give a scope a rule of its own, behind the rules that stand or before them. Pure."""

from __future__ import annotations

import re

from sopsmith.errors import Error, RuleError
from sopsmith.repo.layout_policy import rule_lines
from sopsmith.repo.settings import RepoSettings
from sopsmith.sops.config import FILE_NAME, Config, CreationRule

_HEAD = re.compile(
    rb"^(?P<head>creation_rules:[ \t]*(#[^\n]*)?\r?\n)([ \t]*(#[^\n]*)?\r?\n)*(?P<indent> *)-", re.M
)
"""The key of the rules, alone on its line, and how far in the first of them stands."""


def find_rule(rules: bytes, settings: RepoSettings, scope_name: str) -> CreationRule | None:
    """Return the rule that holds for a scope's encrypted Secrets, or None where none does.

    Raises:
        RuleError, FormatError: The rules cannot be read.
    """
    found = Config.parse(rules, FILE_NAME).rules
    return next((rule for rule in found if rule.matches(_path(settings, scope_name))), None)


def append_rule(
    rules: bytes, settings: RepoSettings, scope_name: str, readers: tuple[str, ...]
) -> bytes:
    """Return the text of a `.sops.yaml` with one more rule at its end.

    Behind all others the new rule takes no file from any of them.

    Raises:
        RuleError: The text is not laid out so that lines can be added at its end.
    """
    before = Config.parse(rules, FILE_NAME)
    newline = b"\r\n" if b"\r\n" in rules else b"\n"
    start = rules if rules.endswith(b"\n") else rules + newline
    lines = [line.encode() for line in rule_lines(settings, scope_name, readers)]
    # Items stand two blanks in, or at the margin; only one of both continues the list.
    for cut in (0, 2):
        made = start + b"".join(line[cut:] + newline for line in lines)
        if _fits(made, before, settings, scope_name):
            return made
    raise RuleError(
        f"has no rule for {scope_name}, and none can be added to it by itself",
        path=FILE_NAME,
        hint=f"add one for {settings.secrets_folder(scope_name)}, then run the command again",
    )


def prepend_rules(rules: bytes, settings: RepoSettings) -> bytes:
    """Return the text of a `.sops.yaml` with a rule for each environment before all others.

    There each takes its own files from a rule that would match them too, and no others: its
    pattern names one folder.

    Raises:
        RuleError: The text is not laid out so that lines can be added there.
    """
    before = Config.parse(rules, FILE_NAME)
    newline = b"\r\n" if b"\r\n" in rules else b"\n"
    found = _HEAD.search(rules)
    if found is not None:
        lines = [
            found["indent"] + line[2:].encode() + newline
            for scope in settings.environments
            for line in (
                f"  # {settings.root}, {scope.name}",
                *rule_lines(settings, scope.name, scope.recipients)[1:],
            )
        ]
        made = rules[: found.end("head")] + b"".join(lines) + rules[found.end("head") :]
        if _leads(made, before, settings):
            return made
    raise RuleError(
        "is not laid out so that a rule can be added before the others",
        path=FILE_NAME,
        hint="write creation_rules: on a line of its own, and its rules as a block list below it",
    )


def _leads(made: bytes, before: Config, settings: RepoSettings) -> bool:
    """Tell whether a text says all that it said before, behind a rule for each environment."""
    try:
        rules = Config.parse(made, FILE_NAME).rules
    except (Error, ValueError):
        return False
    count = len(settings.environments)
    own = [rule.recipients for rule in rules[:count]]
    # Where a rule stands has changed, and is the first thing that is said of it.
    kept = [_said(rule)[1:] for rule in rules[count:]]
    return kept == [_said(rule)[1:] for rule in before.rules] and own == [
        scope.recipients for scope in settings.environments
    ]


def _fits(made: bytes, before: Config, settings: RepoSettings, scope_name: str) -> bool:
    """Tell whether a text says all that it said before, and has a rule for the scope at its end."""
    try:
        *others, last = Config.parse(made, FILE_NAME).rules
    except (Error, ValueError):
        return False
    found = find_rule(made, settings, scope_name)
    kept = [*map(_said, others)] == [*map(_said, before.rules)]
    return kept and found is not None and _said(found) == _said(last)


def _said(rule: CreationRule) -> tuple[object, ...]:
    """Return all that a rule says, to be compared."""
    selector = rule.selector.kind, rule.selector.pattern
    return rule.place, rule.path_regex, rule.key_groups, rule.threshold, selector, rule.mac_only


def _path(settings: RepoSettings, scope_name: str) -> str:
    return f"{settings.secrets_folder(scope_name)}/any.secret.yaml"
