"""Move what SealedSecrets hold, and take them away once their Secrets come from Git."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sopsmith.errors import ManifestError, NotThere
from sopsmith.flows.migrate import Found, Left
from sopsmith.flows.migrate_owner import (
    Asked,
    Owner,
    Removal,
    let_go,
    plan_owners,
    refuse_owned,
    write_files,
)
from sopsmith.flows.migrate_read import Manifest, Sought, read_manifests
from sopsmith.kube.sealed_secrets import (
    GROUP,
    KIND,
    MARK,
    NO_OWNER,
    SEALED,
    is_released,
    is_sealed,
    unseal,
)

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from sopsmith.flows.generate import Doors
    from sopsmith.formats.tree import Address
    from sopsmith.ports import Cluster, Object, Trees

_HOME: Address = ("spec", "template", "metadata", "annotations", NO_OWNER)
_OWNER = Owner(
    GROUP,
    SEALED,
    annotations=tuple(MARK + name for name in ("managed", "patch", "skip-set-owner-references")),
)


def read_sealed(paths: Sequence[str], trees: Trees) -> tuple[list[Manifest], list[Left]]:
    """Return the SealedSecrets of some files and folders, and the files that do not parse.

    Raises:
        OutsideError: A path is not there.
    """
    return read_manifests(paths, trees, Sought(SEALED, SEALED.encode(), is_sealed))


def read_live(cluster: Cluster) -> list[Manifest]:
    """Return the SealedSecrets of a cluster.

    Raises:
        NotThere: The cluster does not know any.
        Denied, Unreachable: As the cluster says.
    """
    try:
        return [Manifest(one) for one in cluster.list(KIND)]
    except NotThere:
        raise NotThere(
            "has no SealedSecrets: the controller is not installed", path=cluster.name
        ) from None


def open_sealed(
    manifests: Sequence[Manifest], keys: list[RSAPrivateKey], namespace: str = ""
) -> tuple[list[Found], list[Left]]:
    """Return the Secrets that SealedSecrets hold, and what cannot follow.

    Args:
        namespace: Of those that name none.
    """
    found: list[Found] = []
    left: list[Left] = []
    for one in manifests:
        name = str((one.content.get("metadata") or {}).get("name") or "")
        try:
            secret = unseal(_put(one, namespace), keys)
        except ManifestError as error:
            reason = "; ".join(filter(None, (error.key, error.message)))
            left.append(Left(f"{one.path} {name}".strip(), reason))
        else:
            found.append(Found(f"{SEALED} {name}", one.path, secret))
    return found, left


def plan_sealed_removal(
    root: str, scope_name: str, manifests: Sequence[Manifest], cluster: Cluster, doors: Doors
) -> Removal:
    """Return what can be taken away now, what has to be let go of first, and what stays.

    Args:
        manifests: In the namespaces in which they are deployed.

    Raises:
        Denied, Unreachable: As the cluster says: without a look at it nothing is taken away.
    """
    asked = [_asked(one) for one in manifests]
    kind = _OWNER, lambda _: [(_HOME, "true")]
    return plan_owners(root, scope_name, asked, kind, cluster, doors)


def apply_sealed_removal(made: Removal, cluster: Cluster, doors: Doors) -> None:
    """Do it: files as planned; in the cluster each Secret is let go of before its owner goes.

    Raises:
        Conflict: A Secret is owned again: the controller has been at it; its owner stands.
        OutsideError: A file could not be written, or the cluster refuses.
    """
    write_files(made, doors)
    for _, secrets in made.objects:
        ((home, name),) = secrets
        # First this: a controller that looks in between would own the Secret again.
        metadata = {"annotations": {NO_OWNER: "true"}}
        cluster.patch(KIND, name, home, {"spec": {"template": {"metadata": metadata}}})
        let_go(_OWNER, secrets, cluster)
        refuse_owned(_OWNER, secrets, cluster)
        cluster.delete(KIND, name, home)


def put_into(manifests: Sequence[Manifest], namespace: str) -> list[Manifest]:
    """Return manifests as they are deployed into a namespace: it is that of those with none."""
    return [_in_namespace(one, namespace) for one in manifests]


def _asked(one: Manifest) -> Asked:
    metadata = one.content.get("metadata") or {}
    name, problem = str(metadata.get("name") or ""), ""
    try:
        namespace = str(_put(one, "")["metadata"]["namespace"])
    except ManifestError as error:
        namespace, problem = "", error.message
    place = f"{SEALED} {namespace}/{name}"
    return Asked(one, place, ((namespace, name),), is_released(one.content), problem)


def _in_namespace(one: Manifest, namespace: str) -> Manifest:
    metadata = one.content.get("metadata") or {}
    if metadata.get("namespace") or not namespace:
        return one
    return one._replace(content={**one.content, "metadata": {**metadata, "namespace": namespace}})


def _put(one: Manifest, namespace: str) -> Object:
    """Return a SealedSecret as the kustomizations around it make it."""
    near = one.around
    if near.trouble:
        raise ManifestError(near.trouble)
    if len(near.namespaces) > 1:
        raise ManifestError(f"kustomizations put it in {' and '.join(sorted(near.namespaces))}")
    metadata = dict(one.content.get("metadata") or {})
    metadata["namespace"] = next(iter(near.namespaces), metadata.get("namespace") or namespace)
    return {**one.content, "metadata": metadata}
