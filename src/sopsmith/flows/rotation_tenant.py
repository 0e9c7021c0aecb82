"""Rotate a tenant's own identity by the steps that an environment's takes.

What differs is where its recipients stand: in `tenants/NAME/tenant.yaml` and the tenant's rule.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sopsmith.errors import UsageError
from sopsmith.flows.rotation_files import Tree
from sopsmith.flows.tenant_add import finder
from sopsmith.repo.contexts import find_environment
from sopsmith.repo.recipient_edit import Texts
from sopsmith.repo.tenant import read_tenant
from sopsmith.repo.tenant_recipients import replace_own

if TYPE_CHECKING:
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

        One that is the platform's as well is not the tenant's to rotate.

        Raises:
            UsageError: It has none.
        """
        tenant, environment = self._tenant(), self._rotation.environment
        platform = find_environment(super().settings(), environment).recipients
        own = tenant.own.get(environment, ())
        found = tuple(one.recipient for one in own if one.recipient not in platform)
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
