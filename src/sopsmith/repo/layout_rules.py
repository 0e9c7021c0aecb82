"""Lay `.sops.yaml` beside `sopsmith.yaml`: whom its rules encrypt for, and where they differ."""

from __future__ import annotations

from collections.abc import Callable

from sopsmith.errors import RuleError
from sopsmith.repo.layout_settings import default_settings
from sopsmith.repo.settings import CORE, RepoSettings
from sopsmith.sops.config import CreationRule

RuleFor = Callable[[str], CreationRule]
"""Finds the creation rule of a path relative to the repository; RuleError if none matches."""


def adopt_rules(environments: tuple[str, ...], rule_for: RuleFor) -> RepoSettings:
    """Return settings of a repository whose rules stand already.

    Raises:
        RuleError: The rules do not reach a scope's folder.
    """
    folders = default_settings(dict.fromkeys(environments, ()))
    recipients = {name: _readers(folders, name, rule_for) for name in environments}
    covered = {recipient for readers in recipients.values() for recipient in readers}
    core = _readers(folders, CORE, rule_for)
    recipients[CORE] = tuple(recipient for recipient in core if recipient not in covered)
    return default_settings(recipients)


def find_rule_gaps(settings: RepoSettings, rule_for: RuleFor) -> list[str]:
    """Return a sentence for each scope whose rule is missing or has other recipients."""
    gaps = []
    for scope in settings.scopes:
        try:
            found = _readers(settings, scope.name, rule_for)
        except RuleError:
            gaps.append(f"has no rule for {settings.secrets_folder(scope.name)}/*.secret.yaml")
            continue
        if {*found} != {*settings.readers(scope.name)}:
            gaps.append(f"has other recipients for {scope.name} than sopsmith.yaml")
    return gaps


def _readers(settings: RepoSettings, scope_name: str, rule_for: RuleFor) -> tuple[str, ...]:
    return rule_for(f"{settings.secrets_folder(scope_name)}/any.secret.yaml").recipients
