"""Have tenants' rules follow the platform's recipients of an environment. Pure.

A tenant's files open for the platform's recipients too. When these change, and the rules of
tenants did not, the platform would lose its tenants' Secrets with its old identity.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from sopsmith.kube.tenants import FOLDER
from sopsmith.repo.recipient_rules import edit_rules
from sopsmith.repo.recipients import NamedRecipient
from sopsmith.repo.settings import RepoSettings, Scope
from sopsmith.sops.config import FILE_NAME, Config, CreationRule

_OWN = re.compile(rf"\^{FOLDER}/([a-z0-9-]+)/overlays/([a-z0-9-]+)/")
"""How the pattern of a tenant's rule begins, as `tenant add` writes it."""


def tenants_of(config: Config, environment: str) -> dict[str, CreationRule]:
    """Return the rule of each tenant for an environment, by the tenant's name."""
    found: dict[str, CreationRule] = {}
    for rule in config.rules:
        own = _OWN.match(rule.path_regex)
        if own is not None and own[2] == environment:
            found.setdefault(own[1], rule)
    return found


def edit_tenant_rules(text: str, before: Scope, after: Scope, ours: Mapping[str, str]) -> str:
    """Return the rules with a change of an environment's recipients in those of its tenants too.

    Args:
        ours: The recipients that come or go, as `edit_rules` takes them.

    Raises:
        RuleError: A tenant's rule cannot be edited surely.
    """
    gone = {*before.recipients} - {*after.recipients}
    new = [one for one in after.recipients if one not in before.recipients]
    for name, rule in tenants_of(Config.parse(text.encode(), FILE_NAME), after.name).items():
        kept = [one for one in rule.recipients if one not in gone]
        named = tuple(map(NamedRecipient, dict.fromkeys((*kept, *new))))
        settings = RepoSettings(
            root=f"{FOLDER}/{name}",
            overlays="overlays",
            environments=(Scope(after.name, after.prefix, named),),
        )
        text = edit_rules(text, settings, (after.name,), ours)
    return text
