"""Say which identity of a tenant is rotated, and which Secret of the cluster holds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sopsmith.errors import MasterKeyError, UsageError
from sopsmith.flows.key_secret import read_cluster_keys
from sopsmith.flows.rotation import find_rotations
from sopsmith.flows.rotation_files import read_settings
from sopsmith.flows.tenant_add import finder
from sopsmith.kube.key_secret import NAME, NAMESPACE, KeySecret
from sopsmith.repo.tenant import Tenant, read_tenant

if TYPE_CHECKING:
    from sopsmith.flows.rotation_doors import Doors, Request
    from sopsmith.ports import Cluster, Files


def choose_environment(root: str, name: str, environment: str, files: Files) -> str:
    """Return which of a tenant's environments is meant.

    Args:
        environment: As the user named it; "" for the only one.

    Raises:
        UsageError: There is no such tenant, or it has no such environment, or several.
    """
    own = _tenant(root, name, files).own
    if environment in own:
        return environment
    if environment:
        raise UsageError(f"{environment!r} is no environment of {name}; it has {', '.join(own)}")
    if len(own) > 1:
        raise UsageError(
            f"{name} has several environments, and an identity in each",
            hint=f"name one of {', '.join(own)}: --environment {next(iter(own))}",
        )
    return next(iter(own))


def find_key_secret(request: Request, doors: Doors, cluster: Cluster) -> KeySecret:
    """Return the Secret of Argo CD that holds the tenant's identity.

    A project of the sidecar has a Secret of its own, and nothing says which project is the
    tenant's but the identity in it.

    Raises:
        MasterKeyError: None does, or several do.
        Denied, Unreachable: One cannot be read, so nothing is known of it.
    """
    argocd = read_settings(doors.files, request.root).argocd
    names = dict.fromkeys((*argocd.projects.values(), NAME))
    wanted = _recipients(request, doors)
    known = [KeySecret(name, NAMESPACE) for name in names]
    found = [one for one in known if wanted & {*read_cluster_keys(cluster, one).recipients}]
    if len(found) == 1:
        return found[0]
    if found:
        raise MasterKeyError(
            f"{' and '.join(one.place for one in found)} hold it, and a rotation changes one",
            path=cluster.name,
            hint="let the projects share one Secret in argocd.projects of sopsmith.yaml, and take "
            "the identity out of the others",
        )
    raise MasterKeyError(
        f"no identity of {request.tenant} is in {' or in '.join(one.place for one in known)}",
        path=cluster.name,
        hint="name the Secret of its project under argocd.projects in sopsmith.yaml; where no "
        "cluster holds this identity: --no-cluster",
    )


def _recipients(request: Request, doors: Doors) -> set[str]:
    """Return the recipients of which one's identity is sought."""
    if request.recipient:
        found = {request.recipient}
    else:
        own = _tenant(request.root, request.tenant, doors.files).own[request.environment]
        found = {one.recipient for one in own}
    for one in find_rotations(doors.files, request.root):
        if one.name == request.name and one.next_step is not None:
            # Until its end the Secret may hold either, or both.
            found |= {one.old, one.new}
    return found


def _tenant(root: str, name: str, files: Files) -> Tenant:
    return read_tenant(name, read_settings(files, root), finder(root, files))
