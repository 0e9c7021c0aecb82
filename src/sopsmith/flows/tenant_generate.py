"""Turn a `.env` into the encrypted Secrets of one tenant, as `generate` does for the platform."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from sopsmith.errors import Error, LayoutError, RuleError
from sopsmith.flows.generate import Doors, Plan, Request, turn, warn_tracked
from sopsmith.flows.tenant_add import finder
from sopsmith.flows.tenant_list import refuse_shared
from sopsmith.formats import env_file
from sopsmith.kube import secret
from sopsmith.repo.assign import Desired, assign
from sopsmith.repo.folders import LISTS, choose_scopes
from sopsmith.repo.manifests import SUFFIX, mappings_of
from sopsmith.repo.names import NAME_LIMIT, fault
from sopsmith.repo.plan import CREATE, UPDATE, Change, read_clear
from sopsmith.repo.plan_scope import Means, plan_scope
from sopsmith.repo.root import read_settings
from sopsmith.repo.settings import RepoSettings, Scope, SecretMapping
from sopsmith.repo.tenant import APP, Tenant, read_tenant
from sopsmith.repo.tenant_config import config_changes
from sopsmith.repo.tenant_layout import INSIDE, build_lists
from sopsmith.repo.tenant_secrets import sort_variables, tenant_settings
from sopsmith.sops.config import FILE_NAME, Config, CreationRule


class Made(NamedTuple):
    """A plan, and the Secrets that it is about.

    Attributes:
        plan: For `apply_generate`.
        desired: Each with its scope, for whoever wants to name them in a Deployment.
        others: Variables of the `.env` that are no tenant's.
    """

    plan: Plan
    desired: tuple[Desired, ...]
    others: tuple[str, ...]


def plan_tenant_generate(name: str, request: Request, doors: Doors) -> Made:
    """Return what would be written for a tenant; writes nothing.

    Raises:
        UsageError: There is no such tenant.
        EnvFileError: The `.env` does not parse or cannot become Secrets.
        RuleError: A rule encrypts the tenant's files for others than its own recipients and the
            platform's.
        LayoutError, Error: As for `generate`.
    """
    find = finder(request.root, doors.files)
    tenant = read_tenant(name, read_settings(doors.files, request.root), find)
    refuse_shared(request.root, tenant, doors.files)
    found = sort_variables(env_file.parse(request.env, request.env_path), tenant, request.env_path)
    settings = tenant_settings(tenant, [one.name for one in found.variables])
    desired = assign(found.variables, settings, request.env_path).desired
    chosen = choose_scopes(request.scopes, settings) if request.scopes else settings.environments
    config = Config.parse(doors.files.read(os.path.join(request.root, FILE_NAME)), FILE_NAME)
    changes: list[Change] = []
    for scope in chosen:
        folder = read_tenant_folder(request.root, scope, settings, doors)
        means = Means(
            replace(settings, roll=False, mappings=_standing(scope, folder, tenant)),
            lambda path: _own_rule(config, path, tenant),
            doors.keyring,
            doors.now,
            request.prune,
            doors.kinds,
            doors.workers,
            INSIDE,
            build_lists,
        )
        changes += plan_scope(
            scope, [one for one in desired if one.scope == scope.name], folder, means
        )
    changes += [
        Change(CREATE if find(path) is None else UPDATE, "", path, data=data)
        for path, data in config_changes(tenant, find).items()
    ]
    given = [
        one._replace(variables=tuple(dict.fromkeys(found.given.get(v, v) for v in one.variables)))
        for one in sorted(changes, key=turn)
    ]
    warnings = tuple(warn_tracked(request.env_path, doors))
    return Made(Plan(tuple(given), warnings, ()), tuple(desired), found.others)


def read_tenant_folder(
    root: str, scope: Scope, settings: RepoSettings, doors: Doors
) -> dict[str, bytes]:
    """Return an overlay's Secrets, and the lists of the folder above them, by name."""
    secrets = os.path.join(root, settings.secrets_folder(scope.name))
    overlay = os.path.dirname(secrets)
    names = [(secrets, name) for name in doors.files.names(secrets) if name.endswith(SUFFIX)]
    names += [(overlay, name) for name in doors.files.names(overlay) if name in LISTS]
    return {name: doors.files.read(os.path.join(folder, name)) for folder, name in names}


def _own_rule(config: Config, path: str, tenant: Tenant) -> CreationRule:
    """Return the rule of a tenant's file, once it is known to keep others out.

    Raises:
        RuleError: It lets somebody else in, or the tenant or the platform not.
    """
    rule = config.rule_for(path)
    environment = path.split("/")[3]
    if {*rule.recipients} != {*tenant.settings.readers(environment)}:
        raise RuleError(
            f"{rule.place} encrypts for others than {tenant.name}'s own recipients and the "
            f"platform's of {environment}",
            path=path,
            hint=f"sopsmith tenant check {tenant.name} --fix",
        )
    return rule


def _standing(scope: Scope, folder: dict[str, bytes], tenant: Tenant) -> tuple[SecretMapping, ...]:
    """Return mappings that would make what stands, so that what is left over is known as ours."""
    namespace = tenant.namespaces[scope.name]
    own = [replace(one, namespace=namespace) for one in mappings_of(scope, tenant.settings)]
    return (*own, *_made_before(folder.values(), scope))


def _made_before(files: Iterable[bytes], scope: Scope) -> Iterable[SecretMapping]:
    for data in files:
        try:
            content = read_clear(data)
        except Error:
            continue
        if not isinstance(content, dict) or content.get("type") != secret.OPAQUE:
            continue
        metadata, values = content.get("metadata"), content.get("stringData")
        if not isinstance(metadata, dict) or not isinstance(values, dict):
            continue
        name, notes = str(metadata.get("name")), metadata.get("annotations", {})
        if all(key.startswith(APP) for key in values) and not fault(name, NAME_LIMIT):
            yield SecretMapping(
                name,
                "data",
                {key: key for key in values},
                (scope.name,),
                str(metadata.get("namespace")),
                annotations=notes if isinstance(notes, dict) else {},
            )


def build_snippet(desired: Iterable[Desired]) -> str:
    """Return what a container takes a tenant's Secrets by, for each Secret once.

    Raises:
        LayoutError: There is none that a container could take so.
    """
    made = {one.manifest.name: one.manifest.type for one in desired}
    lines = ["envFrom:"] if secret.OPAQUE in made.values() else []
    lines += [
        f"  - secretRef:\n      name: {name}"
        for name, kind in made.items()
        if kind == secret.OPAQUE
    ]
    pulls = [name for name, kind in made.items() if kind == secret.DOCKER_TYPE]
    lines += ["imagePullSecrets:"] * bool(pulls) + [f"  - name: {name}" for name in pulls]
    if not lines:
        raise LayoutError("the .env makes no Secret that a container could take")
    return "\n".join(lines) + "\n"
