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
    lines = [line.encode() for line in rule_lines(settings, scope_name, readers)]
    gap = b"" if rules.endswith(b"\n") else newline
    made = rules + gap + b"".join(line + newline for line in lines)
    try:
        *others, last = Config.parse(made, FILE_NAME).rules
        found = find_rule(made, settings, scope_name)
        fits = found is not None and [*map(_said, others), _said(found)] == [
            *map(_said, before.rules), _said(last),
        ]  # fmt: skip
    except Error:
        fits = False
    if not fits:
        raise RuleError(
            f"has no rule for {scope_name}, and none can be added to it by itself",
            path=FILE_NAME,
            hint=f"add one for {settings.secrets_folder(scope_name)}, then run the command again",
        )
    return made


def _said(rule: CreationRule) -> tuple[object, ...]:
    """Return all that a rule says, to be compared."""
    selector = rule.selector.kind, rule.selector.pattern
    return rule.place, rule.path_regex, rule.key_groups, rule.threshold, selector, rule.mac_only


def _path(settings: RepoSettings, scope_name: str) -> str:
    return f"{settings.secrets_folder(scope_name)}/any.secret.yaml"
