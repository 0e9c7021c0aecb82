"""Say what shall become of the files when the recipients of some scopes change."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from sopsmith.errors import Error, RuleError
from sopsmith.flows.rules import Rules
from sopsmith.repo.recipient_rules import rule_number
from sopsmith.repo.settings import CORE, FILE, RepoSettings
from sopsmith.repo.tenant_rules import tenants_of
from sopsmith.sops.config import FILE_NAME, CreationRule
from sopsmith.sops.regroup import groups_of, rule_of

if TYPE_CHECKING:
    from sopsmith.sops.masterkeys import MasterKey
    from sopsmith.sops.metadata import Metadata
    from sopsmith.sops.rekey import RekeyPlan


class FollowScopes:
    """A wish: the files that the rules of some scopes hold for follow them, the others stay.

    Args:
        rules: Those that shall be.
        places: Where the scopes' rules stand, as `CreationRule.place` says it.
    """

    def __init__(self, rules: Rules, places: frozenset[str]) -> None:
        self._rules = rules
        self._places = places

    def covers(self, path: str) -> bool:
        """Tell whether a file is one of those that follow."""
        try:
            rule = self._rules.rule_of(path)
        except Error:
            return False
        return rule is not None and rule.place in self._places

    def rule(self, path: str, metadata: Metadata) -> CreationRule:
        """Return the file's rule, or what the file has where it stays."""
        found = self._rules.rule_of(path)
        if found is None or found.place not in self._places:
            return rule_of(metadata, groups_of(metadata), metadata.threshold)
        return found

    def rotates(self, plan: RekeyPlan) -> bool:
        """Say yes where somebody loses access, since they know the old data key."""
        return bool(plan.removed)

    def absent(self, metadata: Metadata) -> tuple[MasterKey, ...]:  # noqa: ARG002
        """Return nothing: no key is named."""
        return ()


def touched(scopes: tuple[str, ...]) -> tuple[str, ...]:
    """Return the scopes whose files a change is about: core opens for every environment."""
    return tuple(dict.fromkeys((*scopes, CORE)))


def follow_scopes(
    scopes: tuple[str, ...], settings: RepoSettings, rules: Rules, root: str
) -> FollowScopes:
    """Return the wish that the files of some scopes, and of their tenants, follow the new rules.

    Args:
        root: The repository's root.

    Raises:
        RuleError: A `.sops.yaml` that is nearer to a scope's files holds for them.
    """
    places = {_place(name, settings, rules, root) for name in scopes}
    config = rules.config_of(os.path.join(root, FILE_NAME))
    for name in scopes if config else ():
        assert config is not None
        places |= {rule.place for rule in tenants_of(config, name).values()}
    return FollowScopes(rules, frozenset(places))


def _place(scope: str, settings: RepoSettings, rules: Rules, root: str) -> str:
    """Return where the rule of a scope stands.

    Raises:
        RuleError: A `.sops.yaml` that is nearer to the scope's files holds for them.
    """
    path = os.path.normpath(os.path.join(root, FILE_NAME))
    config = rules.config_of(os.path.join(root, settings.secrets_folder(scope), "any.secret.yaml"))
    if config is None or os.path.abspath(config.path) != os.path.abspath(path):
        raise RuleError(
            f"holds for the files of {scope}; recipients are changed in the one beside {FILE}",
            path=config.path if config else path,
            hint=f"move its rules to {path}",
        )
    return config.rules[rule_number(config, settings, scope)].place
