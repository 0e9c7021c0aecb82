"""Say what kustomizations do to the files that they list: the namespace, and changes of names.

A manifest often leaves its namespace to the kustomization around it, and what an overlay
patches cannot be read from the file alone.
"""

from __future__ import annotations

import posixpath
from typing import NamedTuple

from sopsmith.errors import Error
from sopsmith.repo.kustomization import NAMES, is_remote, parse_fields, texts_of

_RENAMERS = ("namePrefix", "nameSuffix", "transformers", "replacements")
_PATCHES = ("patches", "patchesStrategicMerge", "patchesJson6902")


class Around(NamedTuple):
    """What stands around a file.

    Attributes:
        namespaces: Those that kustomizations put it in; several where several overlays use it.
        trouble: What else may change it, for people; "" for nothing.
    """

    namespaces: frozenset[str] = frozenset()
    trouble: str = ""


def find_around(files: dict[str, bytes], kind: str) -> dict[str, Around]:
    """Return what kustomizations do to each file that they reach.

    Args:
        files: The files of a tree by their paths; what is not among them is not followed.
        kind: The kind of object that is asked about: patches of others are passed over.
    """
    files = {posixpath.normpath(path): data for path, data in files.items()}
    folders: dict[str, tuple[str, dict[str, object]]] = {}
    for path in sorted(files):
        folder, name = posixpath.split(path)
        if name in NAMES:
            try:
                folders[folder] = (path, parse_fields(files[path], path))
            except Error:
                continue
    found: dict[str, Around] = {}
    for root in set(folders) - {one for _, one in _edges(folders)}:
        _visit(root, "", "", _Walk(folders, files, kind, found, set()))
    return found


class _Walk(NamedTuple):
    folders: dict[str, tuple[str, dict[str, object]]]
    files: dict[str, bytes]
    kind: str
    found: dict[str, Around]
    seen: set[tuple[str, str, str]]


def _edges(folders: dict[str, tuple[str, dict[str, object]]]) -> list[tuple[str, str]]:
    return [
        (folder, target)
        for folder, (_, fields) in folders.items()
        for target in _entries(folder, fields)
        if target in folders
    ]


def _entries(folder: str, fields: dict[str, object]) -> list[str]:
    names = [one for field in ("resources", "bases", "components")
             for one in texts_of(fields, field)]  # fmt: skip
    return [posixpath.normpath(posixpath.join(folder, one)) for one in names if not is_remote(one)]


def _visit(folder: str, namespace: str, trouble: str, walk: _Walk) -> None:
    # Kustomizations may name each other in a circle, or one by many ways.
    if (folder, namespace, trouble) in walk.seen:
        return
    walk.seen.add((folder, namespace, trouble))
    path, fields = walk.folders[folder]
    # The outermost kustomization is applied last.
    namespace = namespace or str(fields.get("namespace") or "")
    trouble = trouble or _trouble(path, fields, walk)
    for target in _entries(folder, fields):
        if target in walk.folders:
            _visit(target, namespace, trouble, walk)
            continue
        before = walk.found.get(target, Around())
        named = {namespace} if namespace else set()
        walk.found[target] = Around(before.namespaces | named, before.trouble or trouble)


def _trouble(path: str, fields: dict[str, object], walk: _Walk) -> str:
    for name in _RENAMERS:
        if fields.get(name):
            return f"{path} changes it by {name}"
    sign = walk.kind.encode()
    for name in _PATCHES:
        for entry in fields.get(name) or []:  # type: ignore[attr-defined]
            if sign in _patch_text(entry, path, walk.files):
                return f"{path} patches it"
    return ""


def _patch_text(entry: object, path: str, files: dict[str, bytes]) -> bytes:
    named = str(entry.get("path") or "") if isinstance(entry, dict) else str(entry)
    target = posixpath.normpath(posixpath.join(posixpath.dirname(path), named))
    return repr(entry).encode() + files.get(target, b"")
