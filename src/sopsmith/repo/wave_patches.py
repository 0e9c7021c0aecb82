"""Follow what a kustomization does to the sync waves of its resources. Pure.

Patches are followed as far as they set or remove the one annotation, or delete an object; what
changes it in another way is named, with its place, so that nobody takes a guess for a proof.

Source: kustomize api/internal/target/kusttarget_configplugin.go (the order: strategic merge
patches, `patches`, annotations, JSON patches, then replacements), api/types/selector.go (anchored
regular expressions); RFC 6901 and 6902.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from sopsmith.errors import Error
from sopsmith.kube.argocd_apps import WAVE
from sopsmith.repo.kustomization import parse_documents
from sopsmith.repo.vet import Layer

Object = dict[str, Any]
_HOME = ("metadata", "annotations")
_WAVE = (*_HOME, WAVE)
_BY_NAME = ("group", "version", "kind", "name", "namespace")
_BY_MARKS = ("labelSelector", "annotationSelector")


class Note(NamedTuple):
    """Something that may change a wave and is not followed."""

    place: str
    reason: str


def follow(
    layer: Layer, files: Mapping[str, bytes], objects: list[Object]
) -> tuple[list[Object], list[Note]]:
    """Return a kustomization's objects with their waves as it makes them, and what is not sure.

    Args:
        files: The files that it names, by their paths relative to the root.
        objects: Its own and those of what it includes; they are changed.
    """
    work = _Work(layer, files, objects)
    for number, entry in enumerate(_list(layer.fields.get("patchesStrategicMerge"))):
        work.merge(str(entry), f"patchesStrategicMerge[{number}]")
    for number, item in enumerate(_list(layer.fields.get("patches"))):
        work.patch(_fields(item), f"patches[{number}]")
    work.annotate(_fields(layer.fields.get("commonAnnotations")))
    for number, item in enumerate(_list(layer.fields.get("patchesJson6902"))):
        work.patch(_fields(item), f"patchesJson6902[{number}]")
    for name in ("replacements", "transformers"):
        for number, item in enumerate(_list(layer.fields.get(name))):
            work.look(item, f"{name}[{number}]")
    return work.objects, work.notes


class _Work:
    def __init__(self, layer: Layer, files: Mapping[str, bytes], objects: list[Object]) -> None:
        self.objects = objects
        self.notes: list[Note] = []
        self._layer = layer
        self._files = files

    def merge(self, entry: str, key: str) -> None:
        """Follow an entry of `patchesStrategicMerge`: a file, or the patches themselves."""
        for one in self._documents(self._file(entry) or entry.encode(), key):
            if isinstance(one, dict):
                self._merge(one, {}, key)

    def patch(self, item: Object, key: str) -> None:
        """Follow an entry of `patches` or `patchesJson6902`."""
        data = self._file(str(item["path"])) if "path" in item else None
        data = str(item.get("patch") or "").encode() if data is None else data
        target = _fields(item.get("target"))
        for one in self._documents(data, key):
            if isinstance(one, dict):
                self._merge(one, target, key)
            for operation in _list(one):
                self._operate(_fields(operation), target, key)

    def annotate(self, annotations: Object) -> None:
        """Follow `commonAnnotations`."""
        if WAVE in annotations:
            for one in self.objects:
                _set(one, annotations[WAVE])

    def look(self, item: object, key: str) -> None:
        """Note what is not followed at all where it may be about waves."""
        text = str(item)
        path = _fields(item).get("path")
        data = self._file(str(path)) if path else None
        if WAVE in text or "sync-wave" in text or (data and b"sync-wave" in data):
            self._note(key, "may set sync waves, and is not followed")

    def _merge(self, patch: Object, target: Object, key: str) -> None:
        metadata = _fields(patch.get("metadata"))
        annotations = metadata.get("annotations")
        if patch.get("$patch") == "delete":
            # By identity: two objects may be alike.
            gone = {id(one) for one in self._chosen(patch, target, key)}
            self.objects = [one for one in self.objects if id(one) not in gone]
        elif any("$patch" in _fields(one) for one in (patch, metadata, annotations)):
            self._note(key, "replaces what holds the sync wave, and is not followed")
        elif WAVE in _fields(annotations) or (annotations is None and "annotations" in metadata):
            for one in self._chosen(patch, target, key):
                _set(one, _fields(annotations).get(WAVE))

    def _operate(self, operation: Object, target: Object, key: str) -> None:
        action, path = operation.get("op"), _pointer(operation.get("path"))
        if action == "test" or not _is_near(operation):
            return
        value = operation.get("value") if action in {"add", "replace"} else None
        if action not in {"add", "replace", "remove"} or path not in {_WAVE, _HOME}:
            self._note(key, f"{action}s what holds the sync wave, and is not followed")
            return
        for one in self._selected(target, key):
            _set(one, value if path == _WAVE else _fields(value).get(WAVE))

    def _chosen(self, patch: Object, target: Object, key: str) -> list[Object]:
        """Return the objects of a target, or those that a patch means by its kind and name."""
        if target:
            return self._selected(target, key)
        wanted = _identity(patch)
        return [one for one in self.objects if _is_same(_identity(one), wanted)]

    def _selected(self, target: Object, key: str) -> list[Object]:
        """Return the objects that a target selects."""
        if any(target.get(name) for name in _BY_MARKS):
            self._note(key, "chooses by labels or annotations, which is not followed")
            return []
        try:
            wanted = [
                (name, re.compile(str(target[name]))) for name in _BY_NAME if target.get(name)
            ]
        except re.error:
            self._note(key, "has a target that is no regular expression")
            return []
        return [
            one
            for one in self.objects
            if all(pattern.fullmatch(_identity(one)[name]) for name, pattern in wanted)
        ]

    def _documents(self, data: bytes, key: str) -> Iterator[object]:
        try:
            yield from parse_documents(data, self._place(key))
        except Error as error:
            self._note(key, error.message)

    def _file(self, entry: str) -> bytes | None:
        return self._files.get(posixpath.normpath(posixpath.join(self._layer.folder, entry)))

    def _note(self, key: str, reason: str) -> None:
        note = Note(self._place(key), reason)
        if note not in self.notes:
            self.notes.append(note)

    def _place(self, key: str) -> str:
        return f"{self._layer.folder}: {key}"


def _set(one: Object, value: object) -> None:
    metadata = one["metadata"] = dict(_fields(one.get("metadata")))
    annotations = metadata["annotations"] = dict(_fields(metadata.get("annotations")))
    annotations.pop(WAVE, None)
    if value is not None:
        annotations[WAVE] = value


def _is_near(operation: object) -> bool:
    """Tell whether an operation reads or writes the annotation, or what holds it."""
    fields = _fields(operation)
    paths = [_pointer(fields[name]) for name in ("path", "from") if name in fields]
    return any(_WAVE[: len(path)] == path for path in paths)


def _pointer(text: object) -> tuple[str, ...]:
    parts = str(text or "").split("/")[1:]
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in parts)


def _identity(one: Object) -> dict[str, str]:
    group, _, version = str(one.get("apiVersion") or "").rpartition("/")
    metadata = _fields(one.get("metadata"))
    return {
        "group": group,
        "version": version,
        "kind": str(one.get("kind") or ""),
        "name": str(metadata.get("name") or ""),
        "namespace": str(metadata.get("namespace") or ""),
    }


def _is_same(one: dict[str, str], wanted: dict[str, str]) -> bool:
    """Tell whether a patch is for an object; one that names no namespace is for any."""
    return all(
        one[name] == wanted[name] or (name == "namespace" and "" in {one[name], wanted[name]})
        for name in _BY_NAME
    )


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _fields(value: object) -> Object:
    return value if isinstance(value, dict) else {}
