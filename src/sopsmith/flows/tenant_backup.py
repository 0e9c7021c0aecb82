"""Count tenants' own recipients among those of the platform, for backups of identities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sopsmith.errors import Error
from sopsmith.flows.tenant_add import finder
from sopsmith.flows.tenant_list import tenant_names
from sopsmith.ports import Files
from sopsmith.repo.key_file import parse_key_file
from sopsmith.repo.recipients import NamedRecipient
from sopsmith.repo.settings import RepoSettings
from sopsmith.repo.tenant import read_tenant


def with_tenants(settings: RepoSettings, root: str, files: Files) -> RepoSettings:
    """Return the settings as if each environment named its tenants' own recipients too.

    A tenant whose files cannot be read adds none: it must not keep the platform from a backup.
    """
    named = {one.name: [*one.named] for one in settings.environments}
    for name in tenant_names(root, files):
        try:
            own = read_tenant(name, settings, finder(root, files)).own
        except Error:
            continue
        for environment, recipients in own.items():
            stand = {one.recipient for one in named[environment]}
            named[environment] += [one for one in recipients if one.recipient not in stand]
    return _naming(settings, named)


def with_held_tenants(
    settings: RepoSettings, root: str, files: Files, keys_paths: Sequence[str]
) -> RepoSettings:
    """Return the same with those alone whose identities some files hold.

    What a tenant keeps to itself is no gap of the platform's backups.
    """
    held = {one for path in keys_paths for one in _held(path, files)}
    known = {one.recipient for scope in settings.environments for one in scope.named}
    named = {
        scope.name: [one for one in scope.named if one.recipient in held | known]
        for scope in with_tenants(settings, root, files).environments
    }
    return _naming(settings, named)


def _naming(settings: RepoSettings, named: dict[str, list[NamedRecipient]]) -> RepoSettings:
    environments = (replace(one, named=tuple(named[one.name])) for one in settings.environments)
    return replace(settings, environments=tuple(environments))


def _held(path: str, files: Files) -> list[str]:
    try:
        return [one.recipient for one in parse_key_file(files.find(path) or b"", path)]
    except Error:
        # What reads the file to back it up says what is wrong with it.
        return []
