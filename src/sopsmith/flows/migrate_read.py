"""Read the objects of External Secrets Operator: from files, a pipe or a cluster."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from sopsmith.errors import Error, NotThere
from sopsmith.flows.migrate import Left
from sopsmith.kube.external_secrets import (
    CLUSTER_EXTERNAL_SECRET,
    CLUSTER_SECRET_STORE,
    EXTERNAL_SECRET,
    GROUP,
    PUSH_SECRETS,
    SECRET_STORE,
    VERSIONS,
    is_ours,
    kind_of,
)
from sopsmith.kube.kinds import SECRET
from sopsmith.kube.run_time import find_maker
from sopsmith.ports import Cluster, Object, Trees
from sopsmith.repo.kustomization import parse_documents
from sopsmith.repo.kustomized import Around, find_around

_SUFFIXES = (".yaml", ".yml", ".json")


class Manifest(NamedTuple):
    """An object of the operator's, and the file that it stands in.

    Attributes:
        path: "" for one of the cluster.
        around: What kustomizations do to it.
        number: Which document of the file it is; -1 inside of a List.
    """

    content: Object
    path: str = ""
    around: Around = Around()
    number: int = -1


class Sought(NamedTuple):
    """What a walk over files looks for.

    Attributes:
        kind: That whose names kustomizations may change.
        sign: A file without it holds none.
        fits: Tells whether an object is one.
    """

    kind: str
    sign: bytes
    fits: Callable[[object], bool]


OURS = Sought(EXTERNAL_SECRET, GROUP.encode(), is_ours)
"""The operator's objects."""


def read_manifests(
    paths: Sequence[str], trees: Trees, sought: Sought = OURS
) -> tuple[list[Manifest], list[Left]]:
    """Return the objects in some files and folders, and the files that do not parse.

    Raises:
        OutsideError: A path is not there.
    """
    walked = [path for path in trees.walk(tuple(paths)) if path.endswith(_SUFFIXES)]
    files = {path: trees.read(path) for path in walked}
    around = find_around(files, sought.kind)
    found: list[Manifest] = []
    left: list[Left] = []
    for path, data in files.items():
        if sought.sign not in data:
            continue
        try:
            objects = parse_documents(data, path)
        except Error as error:
            left.append(Left(path, f"is not read: {error.message}"))
            continue
        near = around.get(os.path.normpath(path), Around())
        for index, one in enumerate(objects):
            place = index if sought.fits(one) else -1
            found += [Manifest(inner, path, near, place) for inner in flat([one], sought.fits)]
    return found, left


def read_text(data: bytes, place: str) -> list[Manifest]:
    """Return the operator's objects in what `kustomize build` or `kubectl get` printed.

    Raises:
        FormatError, ManifestError: It is not YAML.
    """
    return [Manifest(one) for one in flat(parse_documents(data, place), is_ours)]


def read_cluster(cluster: Cluster) -> list[Manifest]:
    """Return the operator's objects in a cluster.

    What a ClusterExternalSecret made is left out: it speaks for it itself.

    Raises:
        NotThere: The cluster does not know ExternalSecrets.
        Denied, Unreachable: As the cluster says.
    """
    objects = _list(cluster, EXTERNAL_SECRET)
    if objects is None:
        raise NotThere("has no ExternalSecrets: the operator is not installed", path=cluster.name)
    for name in (
        CLUSTER_EXTERNAL_SECRET,
        SECRET_STORE,
        CLUSTER_SECRET_STORE,
        *sorted(PUSH_SECRETS),
    ):
        objects += _list(cluster, name) or []
    return [Manifest(one) for one in objects if not _is_made(one)]


def put_into(manifests: Sequence[Manifest], namespace: str) -> list[Manifest]:
    """Return manifests as they are deployed into a namespace: it is that of those with none."""
    near = Around(frozenset({namespace}))
    return [
        one._replace(around=one.around._replace(namespaces=near.namespaces))
        if namespace and not one.around.namespaces and not _namespace_of(one)
        else one
        for one in manifests
    ]


def find_run_time(manifests: Sequence[Manifest], cluster: Cluster) -> list[Left]:
    """Return the Secrets beside the ExternalSecrets that operators make at run time."""
    spaces = {_namespace_of(one) for one in manifests}
    secrets = (one for space in sorted(spaces - {""}) for one in cluster.list(SECRET, space))
    made = ((one["metadata"], find_maker(one)) for one in secrets)
    return [
        Left(f"Secret {meta['namespace']}/{meta['name']}", f"is made at run time: {maker}")
        for meta, maker in made
        if maker
    ]


def _namespace_of(one: Manifest) -> str:
    return str((one.content.get("metadata") or {}).get("namespace") or "")


def _list(cluster: Cluster, name: str) -> list[Object] | None:
    for version in VERSIONS:
        try:
            return cluster.list(kind_of(name, version))
        except NotThere:
            continue
    return None


def _is_made(found: Object) -> bool:
    owners = (found.get("metadata") or {}).get("ownerReferences") or []
    return any(one.get("kind") == CLUSTER_EXTERNAL_SECRET for one in owners)


def flat(objects: Iterable[object], fits: Callable[[object], bool]) -> Iterator[Object]:
    """Yield what fits of some objects, and of what Lists among them hold."""
    for one in objects:
        if isinstance(one, dict) and isinstance(one.get("items"), list):
            yield from flat(one["items"], fits)
        elif isinstance(one, dict) and fits(one):
            yield one
