"""Take ExternalSecrets away once their Secrets come from Git, and keep the live Secrets.

The Secret of an ExternalSecret carries an ownerReference to it (creationPolicy Owner, the usual
one), so the garbage collector deletes it along with its owner, whatever deletionPolicy says: that
is about values which vanish at the provider. So nothing is taken away while a live Secret is
owned. In Git the manifest first says Orphan and Retain, and the operator lets go; in the cluster
the same is done here, and the ownerReference taken off, before the ExternalSecret is deleted.

Source: external-secrets #4214; pkg/controllers/externalsecret (mutationFunc); Kubernetes "Garbage
Collection", owners and dependents.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sopsmith.errors import Conflict, Error
from sopsmith.flows.generate import Doors
from sopsmith.flows.migrate import LEFT, Row
from sopsmith.flows.migrate_eso import put_around
from sopsmith.flows.migrate_read import Manifest
from sopsmith.kube.external_secrets import (
    CLUSTER_EXTERNAL_SECRET,
    EXTERNAL_SECRET,
    GROUP,
    ORPHAN,
    RETAIN,
    ExternalSecret,
    kind_of,
    parse_external_secrets,
)
from sopsmith.kube.kinds import SECRET
from sopsmith.kube.run_time import is_owned_by
from sopsmith.ports import Cluster, Kind, Object
from sopsmith.repo.folders import read_folder
from sopsmith.repo.manifest_edit import cut_documents, set_fields, unlist
from sopsmith.repo.plan_scope import standing_names
from sopsmith.repo.root import read_settings

RELEASE, WAIT, REMOVE = "release", "wait", "remove"
_POLICIES = (("creationPolicy", ORPHAN), ("deletionPolicy", RETAIN))
_MARKS = ("reconcile.external-secrets.io/created-by", "reconcile.external-secrets.io/managed")
_HASH = "reconcile.external-secrets.io/data-hash"
_ARGOCD = frozenset({"argocd.argoproj.io/tracking-id", "argocd.argoproj.io/instance"})


class Removal(NamedTuple):
    """What would be done.

    Attributes:
        files: New bytes by path; None for a file that goes. Lists come before what they named.
        objects: Of the cluster, to be let go of and deleted.
    """

    rows: tuple[Row, ...]
    files: tuple[tuple[str, bytes | None], ...]
    objects: tuple[tuple[Manifest, tuple[ExternalSecret, ...]], ...]


def plan_removal(
    root: str, scope_name: str, manifests: Sequence[Manifest], cluster: Cluster, doors: Doors
) -> Removal:
    """Return what can be taken away now, what has to be let go of first, and what stays.

    Raises:
        Denied, Unreachable: As the cluster says: without a look at it nothing is taken away.
    """
    settings = read_settings(doors.files, root)
    scope = next(one for one in settings.scopes if one.name == scope_name)
    folder = read_folder(doors.files, root, scope, settings)
    standing = standing_names(settings.secrets_folder(scope_name), folder, set())
    rows: list[Row] = []
    chosen: list[tuple[Manifest, tuple[ExternalSecret, ...], str]] = []
    for one in manifests:
        if one.content.get("kind") not in {EXTERNAL_SECRET, CLUSTER_EXTERNAL_SECRET}:
            continue
        try:
            made = tuple(put_around(e, one.around) for e in parse_external_secrets(one.content))
        except Error as error:
            rows.append(Row(LEFT, _name(one), reason=error.message))
            continue
        action, reason = _decide(one, made, standing, cluster)
        rows.append(Row(action, made[0].place, path=one.path, reason=reason))
        if action in {RELEASE, REMOVE}:
            chosen.append((one, made, action))
    files = _edit_files([(one, action) for one, _, action in chosen if one.path], doors)
    objects = tuple((one, made) for one, made, _ in chosen if not one.path)
    return Removal(tuple(rows), tuple(files), objects)


def apply_removal(made: Removal, cluster: Cluster, doors: Doors) -> None:
    """Do it: files as planned; in the cluster each Secret is let go of before its owner goes.

    Raises:
        Conflict: A Secret is owned again: the operator has been at it; its owner stands.
        OutsideError: A file could not be written, or the cluster refuses.
    """
    new = [(path, data) for path, data in made.files if data is not None]
    if new:
        doors.replace(new)
    for path, data in made.files:
        if data is None:
            doors.files.remove(path)
    for one, external in made.objects:
        _remove_object(one, external, cluster)


def _decide(
    one: Manifest, made: Sequence[ExternalSecret], standing: dict[tuple[str, str], str],
    cluster: Cluster,
) -> tuple[str, str]:  # fmt: skip
    problem = next((each.problem for each in made if each.problem), "")
    if problem:
        return LEFT, problem
    behind = [each for each in made if (each.namespace, each.target) not in standing]
    if behind:
        return LEFT, f"{behind[0].namespace}/{behind[0].target} does not stand encrypted here"
    secrets = [cluster.find(SECRET, each.target, each.namespace) for each in made]
    if not all(secrets):
        return LEFT, "its Secret is not in the cluster: has it been deployed?"
    if not one.path:
        return (LEFT, "comes from Git by Argo CD: take it away there") if _is_synced(one) else (
            REMOVE, "")  # fmt: skip
    if one.number < 0:
        return LEFT, "stands in a List, which is not edited"
    owned = any(is_owned_by(each, GROUP, EXTERNAL_SECRET) for each in secrets if each)
    is_released = made[0].creation == ORPHAN and made[0].deletion == RETAIN
    if not is_released:
        return RELEASE, "its Secret would go with it: let go of it first, commit, and run again"
    if owned:
        return WAIT, "the operator has not let go of its Secret yet: is the commit deployed?"
    return REMOVE, ""


def _edit_files(
    chosen: Sequence[tuple[Manifest, str]], doors: Doors
) -> list[tuple[str, bytes | None]]:
    edited: dict[str, bytes | None] = {}
    for path in dict.fromkeys(one.path for one, _ in chosen):
        data: bytes | None = doors.files.read(path)
        here = [(one, action) for one, action in chosen if one.path == path]
        for one, action in here:
            if action == RELEASE and data is not None:
                data = set_fields(data, one.number, [(_target(one, f), v) for f, v in _POLICIES])
        gone = [one.number for one, action in here if action == REMOVE]
        if gone and data is not None:
            data = cut_documents(data, gone)
        edited[path] = data
    removed = [path for path, data in edited.items() if data is None]
    lists = unlist(doors.files, removed)
    return [*lists.items(), *edited.items()]


def _target(one: Manifest, field: str) -> tuple[str, ...]:
    is_cluster = one.content["kind"] == CLUSTER_EXTERNAL_SECRET
    return ("spec", *(("externalSecretSpec",) if is_cluster else ()), "target", field)


def _remove_object(one: Manifest, external: Sequence[ExternalSecret], cluster: Cluster) -> None:
    version = str(one.content["apiVersion"]).rpartition("/")[2]
    kind = kind_of(str(one.content["kind"]), version)
    name = one.content["metadata"]["name"]
    home = one.content["metadata"].get("namespace", "")
    target: Object = {"target": dict(_POLICIES)}
    if kind.kind == CLUSTER_EXTERNAL_SECRET:
        cluster.patch(kind, name, home, {"spec": {"externalSecretSpec": target}})
        inner = kind_of(EXTERNAL_SECRET, version)
        child = str(one.content["spec"].get("externalSecretName") or name)
        for each in external:
            if cluster.find(inner, child, each.namespace):
                cluster.patch(inner, child, each.namespace, {"spec": target})
    else:
        cluster.patch(kind, name, home, {"spec": target})
    for each in external:
        _let_go(each, cluster)
    _delete(kind, name, home, external, cluster)


def _let_go(one: ExternalSecret, cluster: Cluster) -> None:
    """Take the ownerReference and the operator's marks off a live Secret."""
    live = cluster.find(SECRET, one.target, one.namespace)
    if live is None:
        return
    metadata = live["metadata"]
    owners = [
        each for each in metadata.get("ownerReferences") or []
        if not (each.get("kind") == EXTERNAL_SECRET
                and str(each.get("apiVersion", "")).startswith(f"{GROUP}/"))
    ]  # fmt: skip
    # With the version that was read: whoever changes it in between makes this a Conflict.
    change: Object = {
        "resourceVersion": metadata["resourceVersion"],
        "ownerReferences": owners or None,
        "labels": dict.fromkeys(_MARKS),
        "annotations": {_HASH: None},
    }
    cluster.patch(SECRET, one.target, one.namespace, {"metadata": change})


def _delete(
    kind: Kind, name: str, home: str, external: Sequence[ExternalSecret], cluster: Cluster
) -> None:
    for each in external:
        live = cluster.find(SECRET, each.target, each.namespace)
        if live is None or is_owned_by(live, GROUP, EXTERNAL_SECRET):
            raise Conflict(
                "is owned by its ExternalSecret again, so that one was not deleted",
                path=f"Secret {each.namespace}/{each.target}",
                hint="run it again; if that does not help, stop the operator for a moment",
            )
    cluster.delete(kind, name, home)


def _is_synced(one: Manifest) -> bool:
    metadata = one.content.get("metadata") or {}
    marks = {*(metadata.get("labels") or {}), *(metadata.get("annotations") or {})}
    return not _ARGOCD.isdisjoint(marks)


def _name(one: Manifest) -> str:
    return f"{one.content.get('kind')} {(one.content.get('metadata') or {}).get('name', '')}"
