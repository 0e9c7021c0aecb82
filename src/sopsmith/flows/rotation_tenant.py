"""Rotate a tenant's own identity by the steps that an environment's takes.

What differs is where its recipients stand (`tenants/NAME/tenant.yaml` and the tenant's rule) and
which Secret holds the identity: that of the tenant's project in the sidecar. The platform's
recipients open the tenant's files all the while.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sopsmith.errors import MasterKeyError, UsageError
from sopsmith.flows.key_secret import read_cluster_keys
from sopsmith.flows.rotation_files import Tree
from sopsmith.flows.tenant_add import finder
from sopsmith.kube.key_secret import NAME, NAMESPACE, KeySecret
from sopsmith.repo.recipient_edit import Texts
from sopsmith.repo.tenant import read_tenant
from sopsmith.repo.tenant_recipients import replace_own

if TYPE_CHECKING:
    from collections.abc import Collection

    from sopsmith.ports import Cluster
    from sopsmith.repo.settings import RepoSettings
    from sopsmith.repo.tenant import Tenant


class TenantTree(Tree):
    """A repository as the rotation of a tenant's identity sees it."""

    def settings(self) -> RepoSettings:
        """Return the platform's settings, with the tenant's own recipients in its environments.

        So a backup covers what the platform needs, and the tenant.
        """
        own, platform = self._tenant().own, super().settings()
        environments = (
            replace(one, named=tuple(dict.fromkeys((*one.named, *own.get(one.name, ())))))
            for one in platform.environments
        )
        return replace(platform, environments=tuple(environments))

    def recipients(self) -> tuple[str, ...]:
        """Return the tenant's own recipients of the environment, as its settings name them now.

        Raises:
            UsageError: The tenant is not deployed there, or opens its files as the platform.
        """
        tenant, environment = self._tenant(), self._rotation.environment
        if environment not in tenant.own:
            known = ", ".join(tenant.own)
            raise UsageError(f"{environment!r} is no environment of {tenant.name}; it has {known}")
        platform = {
            recipient
            for scope in super().settings().environments
            for recipient in scope.recipients
            if scope.name == environment
        }
        found = tuple(
            one.recipient for one in tenant.own[environment] if one.recipient not in platform
        )
        if not found:
            raise UsageError(
                f"{tenant.name} has no recipient of its own in {environment}",
                hint=f"sopsmith key rotate --environment {environment} rotates the platform's",
            )
        return found

    def folders(self) -> tuple[str, ...]:
        """Return the tenant's overlay of the environment, relative to the repository."""
        return (self._tenant().settings.overlay_folder(self._rotation.environment),)

    def _edited(self, texts: Texts) -> Texts:
        rotation = self._rotation
        return replace_own(texts, self._tenant(), rotation.environment, rotation.old, rotation.new)

    def _tenant(self) -> Tenant:
        name, find = self._rotation.tenant, finder(self._root, self._files)
        return read_tenant(name, super().settings(), find)


def find_key_secret(
    cluster: Cluster, settings: RepoSettings, recipients: Collection[str]
) -> KeySecret:
    """Return the Secret of Argo CD in which one of some recipients has its identity.

    Raises:
        MasterKeyError: None has, or several have.
        Denied, Unreachable: One cannot be read, so nothing is known of it.
    """
    names = dict.fromkeys((*settings.argocd.projects.values(), NAME))
    known = [KeySecret(name, NAMESPACE) for name in names]
    found = [one for one in known if {*recipients} & {*read_cluster_keys(cluster, one).recipients}]
    if len(found) == 1:
        return found[0]
    if found:
        raise MasterKeyError(
            f"{' and '.join(one.place for one in found)} hold the tenant's identity, and a "
            "rotation keeps one of them in step",
            path=cluster.name,
            hint="let the projects of argocd.projects share one Secret, then take the identity "
            "out of the other",
        )
    raise MasterKeyError(
        f"holds no identity of {' or '.join(recipients)} in {' or '.join(names)}",
        path=f"{cluster.name}: {NAMESPACE}",
        hint="name its Secret under argocd.projects in sopsmith.yaml; if no cluster holds this "
        "identity: --no-cluster",
    )
