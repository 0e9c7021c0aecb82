"""Find out what a repository that `init` meets says already."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from sopsmith.errors import LayoutError, UsageError
from sopsmith.ports import Files
from sopsmith.repo.layout import SOPS_CONFIG
from sopsmith.repo.layout_rules import RuleFor, adopt_rules
from sopsmith.repo.layout_settings import ENVIRONMENTS, build_settings, default_settings
from sopsmith.repo.settings import CORE, FILE, RepoSettings, parse_settings
from sopsmith.sops.config import Config

Recipients = dict[str, tuple[str, ...]]
"""Recipients by environment; under `core` those who open core besides."""


@dataclass(frozen=True)
class InitRequest:
    """What the user asked for.

    Attributes:
        root: The repository's folder, absolute and without symbolic links.
        keys_path: Where new identities are appended, absolute and without symbolic links.
        environments: Their names; empty for the platform's three, or those that stand.
        recipients: Existing recipients, already checked.
        shared: One new identity opens all environments.
    """

    root: str
    keys_path: str
    environments: tuple[str, ...] = ()
    recipients: Recipients = field(default_factory=dict)
    shared: bool = False


def find_settings(request: InitRequest, files: Files) -> RepoSettings | None:
    """Return what the repository says about recipients, or None where it says nothing yet.

    `sopsmith.yaml` counts; where only `.sops.yaml` stands, its rules do.

    Raises:
        LayoutError, RuleError, FormatError: What stands there cannot be worked with.
        UsageError: The request contradicts what stands.
    """
    standing = files.find(os.path.join(request.root, FILE))
    rule_for = read_rules(request.root, files)
    if standing is not None:
        settings = parse_settings(standing, FILE)
        _refuse_other(request, settings, FILE)
        if rule_for is None:
            _require_recipients(settings)
        return settings
    if rule_for is None:
        return None
    settings = adopt_rules(request.environments or ENVIRONMENTS, rule_for)
    _refuse_other(request, settings, SOPS_CONFIG)
    return settings


def read_rules(root: str, files: Files) -> RuleFor | None:
    """Return how to find a creation rule, or None where no `.sops.yaml` stands.

    Raises:
        RuleError, FormatError: It is broken.
    """
    data = files.find(os.path.join(root, SOPS_CONFIG))
    if data is None:
        return None
    config = Config.parse(data, SOPS_CONFIG)
    return config.rule_for


def missing_identities(request: InitRequest) -> list[tuple[str, ...]]:
    """Return the environments of a new repository that need an identity, grouped by identity.

    Raises:
        UsageError: The words of the request do not fit together.
    """
    names = request.environments or ENVIRONMENTS
    if CORE in names:
        raise UsageError(f"{CORE} is what all environments share, and no environment")
    for name in request.recipients:
        if name not in names and name != CORE:
            raise UsageError(f"--recipient names {name}, which is no environment here")
    missing = [name for name in names if not request.recipients.get(name)]
    if not request.shared:
        return [(name,) for name in missing]
    if len(missing) != len(names):
        raise UsageError("--shared makes one identity for all, and --recipient names another")
    return [tuple(names)]


def build_new(request: InitRequest, made: Recipients) -> RepoSettings:
    """Return the settings of a new repository.

    Args:
        made: Recipients of the identities that were made for it.

    Raises:
        UsageError: An environment's name cannot be one.
    """
    names = request.environments or ENVIRONMENTS
    recipients = {name: request.recipients.get(name) or made[name] for name in names}
    recipients[CORE] = request.recipients.get(CORE, ())
    settings = default_settings(recipients)
    try:
        # What is written must be what the next run reads; names are checked on this way.
        return parse_settings(build_settings(settings).encode(), FILE)
    except LayoutError as error:
        raise UsageError(error.message, key=error.key, hint=error.hint) from None


def _refuse_other(request: InitRequest, settings: RepoSettings, source: str) -> None:
    scopes = {scope.name: scope for scope in settings.scopes}
    for name in (*request.environments, *request.recipients):
        if name not in scopes:
            hint = f"add it to {FILE}, then run init again"
            raise UsageError(f"{source} stands already and has no {name}", hint=hint)
    for name, recipients in request.recipients.items():
        if not {*recipients} <= {*scopes[name].recipients}:
            raise UsageError(
                f"{source} stands already and names other recipients for {name}",
                hint=f"init changes nothing that stands; edit {source}, or leave --recipient out",
            )
    if request.shared and len({scope.recipients for scope in settings.environments}) > 1:
        raise UsageError(f"{source} stands already, and its environments share no recipient")


def _require_recipients(settings: RepoSettings) -> None:
    for scope in settings.environments:
        if not scope.recipients:
            raise LayoutError(
                f"names no recipient, and there is no {SOPS_CONFIG}",
                path=FILE,
                key=f"environments.{scope.name}.recipients",
                hint="put the recipient of an age identity there",
            )
