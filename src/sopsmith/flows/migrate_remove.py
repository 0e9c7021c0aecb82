"""Take ExternalSecrets away once their Secrets come from Git, and keep the live Secrets.

The Secret of an ExternalSecret carries an ownerReference to it (creationPolicy Owner, the usual
one), so it goes along with its owner, whatever deletionPolicy says: that is about values which
vanish at the provider. A manifest that says Orphan and Retain lets go of its Secret.

Source: external-secrets #4214; pkg/controllers/externalsecret (mutationFunc).
"""

from __future__ import annotations

from collections.abc import Sequence

from sopsmith.errors import Error
from sopsmith.flows.generate import Doors
from sopsmith.flows.migrate_eso import put_around
from sopsmith.flows.migrate_owner import (
    Asked,
    Names,
    Owner,
    Removal,
    let_go,
    plan_owners,
    refuse_owned,
    write_files,
)
from sopsmith.flows.migrate_read import Manifest
from sopsmith.formats.tree import Address
from sopsmith.kube.external_secrets import (
    CLUSTER_EXTERNAL_SECRET,
    EXTERNAL_SECRET,
    GROUP,
    ORPHAN,
    RETAIN,
    kind_of,
    parse_external_secrets,
)
from sopsmith.ports import Cluster, Object

_POLICIES = (("creationPolicy", ORPHAN), ("deletionPolicy", RETAIN))
_OWNER = Owner(
    GROUP,
    EXTERNAL_SECRET,
    ("reconcile.external-secrets.io/created-by", "reconcile.external-secrets.io/managed"),
    ("reconcile.external-secrets.io/data-hash",),
)
_KINDS = frozenset({EXTERNAL_SECRET, CLUSTER_EXTERNAL_SECRET})


def plan_removal(
    root: str, scope_name: str, manifests: Sequence[Manifest], cluster: Cluster, doors: Doors
) -> Removal:
    """Return what can be taken away now, what has to be let go of first, and what stays.

    Raises:
        Denied, Unreachable: As the cluster says: without a look at it nothing is taken away.
    """
    asked = [_asked(one) for one in manifests if one.content.get("kind") in _KINDS]
    return plan_owners(root, scope_name, asked, (_OWNER, _fields), cluster, doors)


def apply_removal(made: Removal, cluster: Cluster, doors: Doors) -> None:
    """Do it: files as planned; in the cluster each Secret is let go of before its owner goes.

    Raises:
        Conflict: A Secret is owned again: the operator has been at it; its owner stands.
        OutsideError: A file could not be written, or the cluster refuses.
    """
    write_files(made, doors)
    for one, secrets in made.objects:
        _remove_object(one, secrets, cluster)


def _asked(one: Manifest) -> Asked:
    try:
        made = [put_around(each, one.around) for each in parse_external_secrets(one.content)]
    except Error as error:
        return Asked(one, _name(one), (), is_released=False, problem=error.message)
    problem = next((each.problem for each in made if each.problem), "")
    secrets = tuple((each.namespace, each.target) for each in made)
    is_released = made[0].creation == ORPHAN and made[0].deletion == RETAIN
    return Asked(one, made[0].place, secrets, is_released, problem)


def _fields(one: Manifest) -> list[tuple[Address, str]]:
    is_cluster = one.content["kind"] == CLUSTER_EXTERNAL_SECRET
    home = ("spec", *(("externalSecretSpec",) if is_cluster else ()), "target")
    return [((*home, field), value) for field, value in _POLICIES]


def _remove_object(one: Manifest, secrets: Names, cluster: Cluster) -> None:
    version = str(one.content["apiVersion"]).rpartition("/")[2]
    kind = kind_of(str(one.content["kind"]), version)
    name = one.content["metadata"]["name"]
    home = one.content["metadata"].get("namespace", "")
    target: Object = {"target": dict(_POLICIES)}
    if kind.kind == CLUSTER_EXTERNAL_SECRET:
        cluster.patch(kind, name, home, {"spec": {"externalSecretSpec": target}})
        inner = kind_of(EXTERNAL_SECRET, version)
        child = str(one.content["spec"].get("externalSecretName") or name)
        for namespace, _ in secrets:
            if cluster.find(inner, child, namespace):
                cluster.patch(inner, child, namespace, {"spec": target})
    else:
        cluster.patch(kind, name, home, {"spec": target})
    let_go(_OWNER, secrets, cluster)
    refuse_owned(_OWNER, secrets, cluster)
    cluster.delete(kind, name, home)


def _name(one: Manifest) -> str:
    return f"{one.content.get('kind')} {(one.content.get('metadata') or {}).get('name', '')}"
