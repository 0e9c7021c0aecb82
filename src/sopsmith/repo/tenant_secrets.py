"""Say which Secrets a tenant's variables become, as mappings that `assign` follows. Pure.

`DEV_APP_TOKEN` and `APP_DEV_TOKEN` are dev's `APP_TOKEN`; `APP_TOKEN` is that of every
environment that has none of its own. The data key is the variable's name without the
environment, so that a container which takes the whole Secret by `envFrom` finds it under it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from sopsmith.errors import EnvFileError
from sopsmith.formats.env_file import Variable
from sopsmith.repo.manifests import mappings_of
from sopsmith.repo.names import secret_name
from sopsmith.repo.settings import RepoSettings, SecretMapping
from sopsmith.repo.tenant import APP, Tenant


class Sorted(NamedTuple):
    """A `.env` as one tenant sees it.

    Attributes:
        variables: Each of the tenant's, under its environment's prefix.
        given: What the `.env` calls each of these.
        others: Variables that are no application's.
    """

    variables: list[Variable]
    given: dict[str, str]
    others: tuple[str, ...]


def sort_variables(variables: Iterable[Variable], tenant: Tenant, path: str) -> Sorted:
    """Return what of a `.env` is the tenant's.

    Raises:
        EnvFileError: Two variables are one in an environment.
    """
    own: dict[str, Variable] = {}
    shared: list[tuple[str, Variable]] = []
    others: list[str] = []
    for variable in variables:
        prefix, name = _split(variable.name, tenant)
        if not name:
            others.append(variable.name)
        elif not prefix:
            shared.append((name, variable))
        elif own.setdefault(prefix + name, variable) is not variable:
            twin = own[prefix + name].name
            raise EnvFileError(
                f"line {variable.line}: {variable.name} and {twin} are one", path=path
            )
    for scope in tenant.settings.environments:
        for name, variable in shared:
            own.setdefault(scope.prefix + name, variable)
    made = [Variable(name, one.value, one.line) for name, one in own.items()]
    return Sorted(made, {name: one.name for name, one in own.items()}, tuple(others))


def tenant_settings(tenant: Tenant, names: Iterable[str]) -> RepoSettings:
    """Return the settings by which variables become the tenant's Secrets.

    Args:
        names: Of the variables, each with its environment's prefix.
    """
    by_scope: dict[str, list[str]] = {scope: [] for scope in tenant.namespaces}
    for name in names:
        prefix, short = _split(name, tenant)
        for scope in tenant.settings.environments:
            if scope.prefix == prefix:
                by_scope[scope.name].append(short)
    mappings: list[SecretMapping] = []
    for scope in tenant.settings.environments:
        namespace = tenant.namespaces[scope.name]
        given = mappings_of(scope, tenant.settings)
        used = {variable for one in given for variable in one.data.values()}
        groups = _groups(tenant, [one for one in by_scope[scope.name] if one not in used])
        made = [SecretMapping(name, "data", {key: key for key in keys}) for name, keys in groups]
        mappings += [
            replace(one, scopes=(scope.name,), namespace=namespace) for one in (*given, *made)
        ]
    return replace(tenant.settings, mappings=tuple(mappings))


def _groups(tenant: Tenant, names: list[str]) -> list[tuple[str, list[str]]]:
    """Return the variables of each Secret by the Secret's name."""
    groups: dict[str, list[str]] = {}
    for name in names:
        for target in [secret_name(name)] if tenant.by_variable else _services_of(name, tenant):
            groups.setdefault(target, []).append(name)
    return list(groups.items())


def _services_of(name: str, tenant: Tenant) -> list[str]:
    """Return the services that read a variable; one that none names is the whole tenant's."""
    found = [
        service
        for service, starts in tenant.services.items()
        if any(name.startswith(start) for start in starts)
    ]
    return found or [tenant.name]


def _split(name: str, tenant: Tenant) -> tuple[str, str]:
    """Return a variable's environment as its prefix, and its name without; ("", "") for neither."""
    prefixes = sorted((one.prefix for one in tenant.settings.environments), key=len, reverse=True)
    for prefix in prefixes:
        if name.startswith(prefix + APP):
            return prefix, name.removeprefix(prefix)
        if name.startswith(APP + prefix):
            return prefix, APP + name.removeprefix(APP + prefix)
    return ("", name) if name.startswith(APP) else ("", "")
