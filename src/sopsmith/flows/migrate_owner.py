"""Take manifests away that own live Secrets, and keep the Secrets.

What an operator makes carries an ownerReference to the object that it was made of, and the garbage
collector deletes it along with its owner. So nothing is taken away while a live Secret is owned:
in Git the manifest first says that its Secret shall have no owner, and the operator lets go; in
the cluster the same is done here, and the ownerReference taken off, before the owner is deleted.

Source: Kubernetes "Garbage Collection", owners and dependents.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from sopsmith.errors import Conflict
from sopsmith.flows.generate import Doors
from sopsmith.flows.migrate import LEFT, Row
from sopsmith.flows.migrate_read import Manifest
from sopsmith.formats.tree import Address
from sopsmith.kube.kinds import SECRET
from sopsmith.kube.run_time import is_owned_by
from sopsmith.ports import Cluster, Object
from sopsmith.repo.folders import read_folder
from sopsmith.repo.manifest_edit import cut_documents, set_fields, unlist
from sopsmith.repo.plan_scope import standing_names
from sopsmith.repo.root import read_settings

RELEASE, WAIT, REMOVE = "release", "wait", "remove"
_ARGOCD = frozenset({"argocd.argoproj.io/tracking-id", "argocd.argoproj.io/instance"})

Names = Sequence[tuple[str, str]]
"""Namespace and name of Secrets."""
Fields = Callable[[Manifest], Sequence[tuple[Address, str]]]
"""Returns what a manifest has to say for its Secrets to have no owner."""


class Owner(NamedTuple):
    """A kind of object that owns Secrets, and the marks that its operator leaves on them."""

    group: str
    kind: str
    labels: tuple[str, ...] = ()
    annotations: tuple[str, ...] = ()

    def owns(self, secret: Object) -> bool:
        """Tell whether a Secret goes with an object of this kind."""
        return is_owned_by(secret, self.group, self.kind)


class Removal(NamedTuple):
    """What would be done.

    Attributes:
        files: New bytes by path; None for a file that goes. Lists come before what they named.
        objects: Of the cluster, with the Secrets that they own, to be let go of and deleted.
    """

    rows: tuple[Row, ...]
    files: tuple[tuple[str, bytes | None], ...]
    objects: tuple[tuple[Manifest, tuple[tuple[str, str], ...]], ...]


class Asked(NamedTuple):
    """A manifest that is to go.

    Attributes:
        place: As people read it.
        secrets: What it makes.
        is_released: It says that its Secrets shall have no owner.
        problem: Why it stays, where that is known already; or "".
    """

    manifest: Manifest
    place: str
    secrets: tuple[tuple[str, str], ...]
    is_released: bool
    problem: str = ""


def plan_owners(
    root: str, scope_name: str, asked: Sequence[Asked], kind: tuple[Owner, Fields],
    cluster: Cluster, doors: Doors,
) -> Removal:  # fmt: skip
    """Return what can be taken away now, what has to be let go of first, and what stays.

    Args:
        kind: What owns, and what it has to say to own no more.

    Raises:
        Denied, Unreachable: As the cluster says: without a look at it nothing is taken away.
    """
    settings = read_settings(doors.files, root)
    scope = next(one for one in settings.scopes if one.name == scope_name)
    folder = read_folder(doors.files, root, scope, settings)
    standing = standing_names(settings.secrets_folder(scope_name), folder, set())
    rows: list[Row] = []
    chosen: list[tuple[Asked, str]] = []
    owner, fields = kind
    for one in asked:
        action, reason = _decide(one, owner, standing, cluster)
        rows.append(Row(action, one.place, path=one.manifest.path, reason=reason))
        if action in {RELEASE, REMOVE}:
            chosen.append((one, action))
    in_files = [(one.manifest, action) for one, action in chosen if one.manifest.path]
    files = _edit_files(in_files, fields, doors)
    objects = ((one.manifest, one.secrets) for one, _ in chosen if not one.manifest.path)
    return Removal(tuple(rows), tuple(files), tuple(objects))


def write_files(made: Removal, doors: Doors) -> None:
    """Write the files of a plan, and then remove those that go.

    Raises:
        OutsideError: One could not be.
    """
    new = [(path, data) for path, data in made.files if data is not None]
    if new:
        doors.replace(new)
    for path, data in made.files:
        if data is None:
            doors.files.remove(path)


def let_go(owner: Owner, secrets: Names, cluster: Cluster) -> None:
    """Take the ownerReference and the operator's marks off live Secrets."""
    for namespace, name in secrets:
        live = cluster.find(SECRET, name, namespace)
        if live is None:
            continue
        metadata = live["metadata"]
        owners = [
            one
            for one in metadata.get("ownerReferences") or []
            if not owner.owns({"metadata": {"ownerReferences": [one]}})
        ]
        # With the version that was read: whoever changes it in between makes this a Conflict.
        change: Object = {
            "resourceVersion": metadata["resourceVersion"],
            "ownerReferences": owners or None,
            "labels": dict.fromkeys(owner.labels),
            "annotations": dict.fromkeys(owner.annotations),
        }
        cluster.patch(SECRET, name, namespace, {"metadata": change})


def refuse_owned(owner: Owner, secrets: Names, cluster: Cluster) -> None:
    """Refuse to go on where a Secret is owned, or is not there any more.

    Raises:
        Conflict: The operator has been at it.
    """
    for namespace, name in secrets:
        live = cluster.find(SECRET, name, namespace)
        if live is None or owner.owns(live):
            raise Conflict(
                f"is owned by its {owner.kind} again, so that one was not deleted",
                path=f"Secret {namespace}/{name}",
                hint="run it again; if that does not help, stop the operator for a moment",
            )


def _decide(
    one: Asked, owner: Owner, standing: dict[tuple[str, str], str], cluster: Cluster
) -> tuple[str, str]:
    if one.problem:
        return LEFT, one.problem
    behind = [each for each in one.secrets if each not in standing]
    if behind:
        return LEFT, f"{behind[0][0]}/{behind[0][1]} does not stand encrypted here"
    secrets = [cluster.find(SECRET, name, namespace) for namespace, name in one.secrets]
    if not all(secrets):
        return LEFT, "its Secret is not in the cluster: has it been deployed?"
    manifest = one.manifest
    if not manifest.path:
        by_argo = "comes from Git by Argo CD: take it away there"
        return (LEFT, by_argo) if _is_synced(manifest) else (REMOVE, "")
    if manifest.number < 0:
        return LEFT, "stands in a List, which is not edited"
    if not one.is_released:
        return RELEASE, "its Secret would go with it: let go of it first, commit, and run again"
    if any(owner.owns(each) for each in secrets if each):
        return WAIT, "the operator has not let go of its Secret yet: is the commit deployed?"
    return REMOVE, ""


def _edit_files(
    chosen: Sequence[tuple[Manifest, str]], fields: Fields, doors: Doors
) -> list[tuple[str, bytes | None]]:
    edited: dict[str, bytes | None] = {}
    for path in dict.fromkeys(one.path for one, _ in chosen):
        data: bytes | None = doors.files.read(path)
        here = [(one, action) for one, action in chosen if one.path == path]
        for one, action in here:
            if action == RELEASE and data is not None:
                data = set_fields(data, one.number, fields(one))
        gone = [one.number for one, action in here if action == REMOVE]
        if gone and data is not None:
            data = cut_documents(data, gone)
        edited[path] = data
    removed = [path for path, data in edited.items() if data is None]
    lists = unlist(doors.files, removed)
    return [*lists.items(), *edited.items()]


def _is_synced(one: Manifest) -> bool:
    metadata = one.content.get("metadata") or {}
    marks = {*(metadata.get("labels") or {}), *(metadata.get("annotations") or {})}
    return not _ARGOCD.isdisjoint(marks)
