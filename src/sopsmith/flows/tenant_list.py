"""List the tenants of a repository."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple

from sopsmith.errors import LayoutError
from sopsmith.flows.tenant_add import finder
from sopsmith.kube.tenants import FOLDER
from sopsmith.ports import Files
from sopsmith.repo.manifests import SUFFIX
from sopsmith.repo.root import read_settings
from sopsmith.repo.tenant import FILE, Tenant, find_namespace, read_tenant


class Row(NamedTuple):
    """One environment of a tenant.

    Attributes:
        secrets: How many files of Secrets it has.
        recipients: The tenant's own, by name where they have one.
    """

    tenant: str
    environment: str
    namespace: str
    secrets: int
    recipients: tuple[str, ...]


def tenant_names(root: str, files: Files) -> Iterator[str]:
    """Yield the tenants of a repository by name."""
    find = finder(root, files)
    for name in files.names(os.path.join(root, FOLDER)):
        if find(f"{FOLDER}/{name}/{FILE}") is not None:
            yield name


def list_tenants(root: str, files: Files) -> list[Row]:
    """Return each environment of each tenant.

    Raises:
        LayoutError: The settings, or a tenant's, cannot be read.
    """
    platform = read_settings(files, root)
    rows = []
    for name in tenant_names(root, files):
        tenant = read_tenant(name, platform, finder(root, files))
        for environment, own in tenant.own.items():
            folder = os.path.join(root, tenant.settings.secrets_folder(environment))
            count = sum(file.endswith(SUFFIX) for file in files.names(folder))
            shown = tuple(one.shown for one in own)
            rows.append(Row(name, environment, tenant.namespaces[environment], count, shown))
    return rows


def refuse_shared(root: str, tenant: Tenant, files: Files) -> None:
    """Refuse a namespace that another tenant has in the same environment.

    Raises:
        LayoutError: There is such a tenant.
    """
    find = finder(root, files)
    for name in tenant_names(root, files):
        for environment, namespace in tenant.namespaces.items():
            if name != tenant.name and namespace == find_namespace(name, environment, find):
                raise LayoutError(
                    f"and {name} are both in the namespace {namespace} of {environment}",
                    path=tenant.folder,
                    hint="give each tenant a namespace of its own",
                )
