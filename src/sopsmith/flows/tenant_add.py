"""Give a tenant its subtree, identities of its own and rules, or what of it is missing.

What `init` does for a platform: the same plan, carried out by `apply_init`, identities first.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import NamedTuple

from sopsmith.errors import UsageError
from sopsmith.flows.init import Doors, InitPlan, InitRequest, find_cut_short
from sopsmith.flows.keys_apart import refuse_inside
from sopsmith.ports import Files
from sopsmith.repo.folders import KUSTOMIZATIONS
from sopsmith.repo.key_file import NewIdentity
from sopsmith.repo.layout import PlannedFile
from sopsmith.repo.new_rule import find_rule, prepend_rules
from sopsmith.repo.recipients import NamedRecipient
from sopsmith.repo.root import read_settings
from sopsmith.repo.settings import RepoSettings
from sopsmith.repo.tenant import (
    FILE,
    NAMESPACE_FILE,
    Find,
    Tenant,
    build_tenant,
    check_tenant,
    default_namespace,
    find_namespace,
    folder_of,
    read_tenant,
)
from sopsmith.repo.tenant_layout import build_tenant_files
from sopsmith.sops.config import FILE_NAME

Recipients = dict[str, tuple[str, ...]]


class AddRequest(NamedTuple):
    """What the user asked for.

    Attributes:
        root: The repository's folder, absolute and without symbolic links.
        keys_path: Where new identities are appended, absolute and without symbolic links.
        environments: Their names; empty for all of the platform.
        recipients: The tenant's own, already checked, by environment.
    """

    root: str
    name: str
    keys_path: str
    environments: tuple[str, ...] = ()
    recipients: Recipients = {}  # noqa: RUF012 - nobody changes it.


def finder(root: str, files: Files) -> Find:
    """Return what reads files by their paths relative to a repository."""
    return lambda path: files.find(os.path.join(root, path))


def plan_add(request: AddRequest, doors: Doors) -> InitPlan:
    """Return what `apply_init` would do; reads, and writes nothing.

    Files that stand stay as they are, so a tenant whose folder was made otherwise gets what it
    lacks.

    Raises:
        UsageError: The name cannot be a tenant's, or the tenant says other things already.
        LayoutError, RuleError: The repository does not fit.
        MasterKeyError, OutsideError: Identities cannot be appended to the file they belong in.
    """
    platform = read_settings(doors.files, request.root)
    find = finder(request.root, doors.files)
    folder = os.path.join(request.root, folder_of(check_tenant(request.name)))
    resumed: list[NewIdentity] = []
    identities: list[NewIdentity] = []
    if find(f"{folder_of(request.name)}/{FILE}") is not None:
        if request.environments or request.recipients:
            raise UsageError(f"{request.name} stands already: its {FILE} says who opens what")
        tenant = read_tenant(
            request.name, platform, find, namespace=default_namespace(request.name)
        )
    else:
        missing = _missing_identities(request, platform)
        if missing:
            refuse_inside(request.root, request.keys_path, doors.files)
            resumed = find_cut_short(missing, InitRequest(folder, request.keys_path), doors)
            taken = [one.environments for one in resumed]
            identities = [
                NewIdentity(names, *doors.new_identity()) for names in missing if names not in taken
            ]
        new = (*resumed, *identities)
        made: Recipients = {one.environments[0]: (one.recipient,) for one in new}
        tenant = _build(request, platform, made, find)
    files = [*_missing_files(tenant, find)]
    rules = _add_rules(tenant, find(FILE_NAME) or b"")
    if rules is not None:
        files.insert(1 if files else 0, PlannedFile(FILE_NAME, rules, extends=True))
    inside = (
        file._replace(path=os.path.relpath(file.path, folder_of(request.name))) for file in files
    )
    return InitPlan(folder, request.keys_path, tuple(identities), tuple(resumed), tuple(inside), ())


def _missing_identities(request: AddRequest, platform: RepoSettings) -> list[tuple[str, ...]]:
    named = request.environments or tuple(one.name for one in platform.environments)
    known = {one.name for one in platform.environments}
    for name in (*named, *request.recipients):
        if name not in known & {*named}:
            raise UsageError(f"{name!r} is no environment of the tenant: {', '.join(named)}")
    return [(name,) for name in named if name not in request.recipients]


def _build(request: AddRequest, platform: RepoSettings, made: Recipients, find: Find) -> Tenant:
    found = {**request.recipients, **made}
    own = {
        scope.name: tuple(map(NamedRecipient, found[scope.name]))
        for scope in platform.environments
        if scope.name in found
    }
    tenant = build_tenant(request.name, platform, own)
    standing = {env: find_namespace(request.name, env, find) for env in own}
    return tenant._replace(namespaces={env: standing[env] or tenant.namespaces[env] for env in own})


def _missing_files(tenant: Tenant, find: Find) -> list[PlannedFile]:
    files = build_tenant_files(tenant)
    base = f"{tenant.folder}/base"
    if all(find_namespace(tenant.name, env, find) for env in tenant.namespaces):
        # It stands beside an overlay, so the base must not bring another.
        del files[f"{base}/{NAMESPACE_FILE}"]
        if find(f"{base}/{NAMESPACE_FILE}") is None:
            path = f"{base}/{KUSTOMIZATIONS[0]}"
            files[path] = files[path].replace(f"resources:\n  - {NAMESPACE_FILE}", "resources: []")
    return [
        PlannedFile(path, text.encode())
        for path, text in files.items()
        if not any(find(one) is not None for one in _spellings(path))
    ]


def _spellings(path: str) -> tuple[str, ...]:
    folder, _, name = path.rpartition("/")
    return tuple(f"{folder}/{one}" for one in KUSTOMIZATIONS) if name in KUSTOMIZATIONS else (path,)


def _add_rules(tenant: Tenant, rules: bytes) -> bytes | None:
    """Return the rules with those that the tenant lacks, or None where it has all.

    A rule that is the tenant's own and names other people is for `tenant check` to judge.
    """
    lacking = []
    for scope in tenant.settings.environments:
        rule = find_rule(rules, tenant.settings, scope.name)
        if rule is None or tenant.folder not in rule.path_regex.replace("\\", ""):
            lacking.append(scope)
    if not lacking:
        return None
    return prepend_rules(rules, replace(tenant.settings, environments=tuple(lacking)))
