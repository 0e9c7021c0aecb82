"""Give a scope that no creation rule covers a rule of its own, behind those that stand. Pure."""

from __future__ import annotations

from sopsmith.errors import Error, RuleError
from sopsmith.repo.layout_policy import rule_lines
from sopsmith.repo.settings import RepoSettings
from sopsmith.sops.config import FILE_NAME, Config, CreationRule


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
