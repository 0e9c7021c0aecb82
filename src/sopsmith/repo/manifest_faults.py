"""Look through one manifest, kustomization or generator for what breaks a sync. Pure, no key.

Source: kustomize api/types/kustomization.go (resources, components); sops stores (the type of a
value stands in its token); Kubernetes pkg/apis/core/types.go (Secret.StringData).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from sopsmith.errors import Error
from sopsmith.formats import find_format
from sopsmith.formats.tree import Mapping, Node, Scalar, Sequence, Timestamp, to_object
from sopsmith.kube.ksops import is_generator
from sopsmith.kube.wildcard import has_wildcard
from sopsmith.ports import Files
from sopsmith.repo.coverage import decode, parse_text
from sopsmith.repo.folders import KUSTOMIZATIONS
from sopsmith.repo.kustomization import (
    FUNCTION,
    find_kustomization,
    is_remote,
    parse_fields,
    texts_of,
)
from sopsmith.sops.values import is_token

CONFLICT, MISSING, NUMBER, LEGACY, GLOB, SECRET = (
    "conflict", "missing", "number", "legacy", "glob", "secret",
)  # fmt: skip
"""Kinds of fault; SECRET is none: it names a Secret that stands there."""
_MARKER = re.compile(rb"^(?:<<<<<<<|>>>>>>>)(?: |\r?$)", re.MULTILINE)
_TOKEN_TYPE = re.compile(r",type:(int|float|bool|time)\]\Z")
_TYPES = {"int": "a number", "float": "a number", "bool": "true or false", "time": "a date"}
_PARTS = ("data", "stringData")


def find_faults(data: bytes, path: str, files: Files) -> Iterator[tuple[str, str]]:
    """Yield the kind and the words of what is wrong; no value is ever in them.

    Args:
        files: To see what stands beside the file.
    """
    if b"<<<<<<<" in data or b">>>>>>>" in data:
        marker = _MARKER.search(data)
        if marker:
            line = data.count(b"\n", 0, marker.start()) + 1
            yield CONFLICT, f"line {line}: a merge conflict was never resolved"
    if posixpath.basename(path) in KUSTOMIZATIONS:
        yield from _missing(data, path, files)
    elif b"Secret" in data or b"viaduct.ai/" in data:
        name, text = find_format(path), decode(data)
        for tree in parse_text(text, name) or [] if name and text else []:
            yield from _manifest(tree.root)


def find_build_options(documents: list[object]) -> list[str]:
    """Return the options that some manifests of Argo CD give kustomize, wherever they do.

    Those of the ConfigMap, of the Helm chart's values and of the operator's object.
    """
    found: list[str] = []
    for one in documents:
        if isinstance(one, list):
            found += find_build_options(one)
        elif isinstance(one, dict):
            for key, value in one.items():
                if key in {"kustomize.buildOptions", "kustomizeBuildOptions"}:
                    found.append(str(value or ""))
                else:
                    found += find_build_options([value])
    return found


def _missing(data: bytes, path: str, files: Files) -> Iterator[tuple[str, str]]:
    try:
        fields = parse_fields(data, path)
    except Error:
        return
    for field in ("resources", "bases", "components"):
        for entry in texts_of(fields, field):
            if not is_remote(entry) and "\n" not in entry:
                target = posixpath.normpath(posixpath.join(posixpath.dirname(path), entry))
                if not _is_there(target, files):
                    yield MISSING, f"{field} names {entry}, which is not there"


def _is_there(target: str, files: Files) -> bool:
    try:
        return files.find(target) is not None
    except Error:
        # A folder cannot be read as a file.
        pass
    try:
        return find_kustomization(files, target) is not None
    except Error:
        return True


def _manifest(root: Node) -> Iterator[tuple[str, str]]:
    if not isinstance(root, Mapping):
        return
    items = root.get("items")
    for item in items.items if isinstance(items, Sequence) else []:
        yield from _manifest(item)
    if _text(root, "kind") == "Secret":
        metadata = root.get("metadata")
        if isinstance(metadata, Mapping):
            yield SECRET, f"{_text(metadata, 'namespace')}/{_text(metadata, 'name')}"
        yield from _numbers(root)
    elif _text(root, "kind") == "ksops":
        yield from _generator(to_object(root))


def _numbers(secret: Mapping) -> Iterator[tuple[str, str]]:
    locked = secret.get("sops") is not None
    for part in _PARTS:
        values = secret.get(part)
        for key, leaf in values.entries if isinstance(values, Mapping) else []:
            kind = _type_of(leaf.value, locked=locked) if isinstance(leaf, Scalar) else ""
            if kind:
                yield NUMBER, f"{part}.{key} {kind}"


def _type_of(value: object, *, locked: bool) -> str:
    """Return what a value is, unless the API server takes it.

    Args:
        locked: The manifest is encrypted, so that the plugin makes the Secret, and it takes texts
            alone. Of others kustomize makes text of a date, and nothing of nothing.
    """
    if value is None or isinstance(value, Timestamp):
        return ("nothing" if value is None else _TYPES["time"]) if locked else ""
    if isinstance(value, str):
        found = _TOKEN_TYPE.search(value) if is_token(value) else None
        return _TYPES[found[1]] if found else ""
    return "true or false" if isinstance(value, bool) else "a number"


def _generator(manifest: object) -> Iterator[tuple[str, str]]:
    if not is_generator(manifest) or not isinstance(manifest, dict):
        return
    metadata = manifest.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    if not isinstance(annotations, dict) or FUNCTION not in annotations:
        yield LEGACY, "has no exec annotation, so kustomize looks for a plugin of the old kind"
    for entry in texts_of(manifest, "files"):
        if has_wildcard(entry):
            yield GLOB, entry


def _text(node: Mapping, key: str) -> str:
    child = node.get(key)
    return str(child.value or "") if isinstance(child, Scalar) else ""
