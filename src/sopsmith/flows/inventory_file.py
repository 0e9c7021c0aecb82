"""Read one file for the inventory: the secrets in it, or what its manifests read and make."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sopsmith.errors import Error
from sopsmith.flows.reading import read_for_sops
from sopsmith.flows.versions import Version, name_of, read_version
from sopsmith.formats import find_format
from sopsmith.formats.tree import Mapping, Tree, to_object
from sopsmith.kube.argocd_apps import WAVE
from sopsmith.kube.consumers import find_made, find_uses
from sopsmith.repo.coverage import decode, parse_text
from sopsmith.repo.expiry import ANNOTATION
from sopsmith.repo.waves import CONSUMERS, wave_of

if TYPE_CHECKING:
    from sopsmith.ports import Answer, Trees

_PARTS = ("data", "stringData")


class FileLook:
    """Look at one file after the other; a fork of it works in each process."""

    def __init__(self, trees: Trees) -> None:
        self._trees = trees

    def one(self, path: str) -> Answer:
        """Return the path, a kind (`secret`, `manifest` or `problem`) and its parts; or None.

        A secret's part is namespace, name, wave, expiry, keys and recipients; a manifest's is
        namespace and name of what it makes, or the fields of a `Use`.
        """
        try:
            data = read_for_sops(self._trees, path)
            version = read_version(data, path)
        except Error as error:
            return path, "problem", (": ".join(filter(None, (error.key, error.message))),)
        if version is not None:
            return path, "secret", tuple(_secret(tree, version) for tree in version.trees)
        if b"ecret" not in data and b"kind: Application" not in data:
            # Nearly everything that reads no Secret ends here, without being parsed.
            return None
        name, text = find_format(path), decode(data)
        if name not in {"yaml", "json"} or text is None:
            return None
        parts = [part for tree in parse_text(text, name) or () for part in _manifest(tree)]
        return (path, "manifest", tuple(parts)) if parts else None


def _secret(tree: Tree, version: Version) -> Answer:
    of = name_of(tree)
    fields = _annotations(tree)
    wave = wave_of({"metadata": {"annotations": fields}}) if WAVE in fields else None
    recipients = tuple(dict.fromkeys(stanza.name for stanza in version.metadata.stanzas))
    return of.namespace, of.name, wave, str(fields.get(ANNOTATION, "")), _keys(tree), recipients


def _keys(tree: Tree) -> tuple[str, ...]:
    root = tree.root
    if not isinstance(root, Mapping):
        return ()
    parts = [part for name in _PARTS if isinstance(part := root.get(name), Mapping)]
    # A file that is no Secret is listed by the names at its top.
    named = [key for part in parts or [root] for key, _ in part.entries]
    return tuple(dict.fromkeys(str(key) for key in named))


def _annotations(tree: Tree) -> dict[str, object]:
    root = tree.root
    metadata = root.get("metadata") if isinstance(root, Mapping) else None
    found = metadata.get("annotations") if isinstance(metadata, Mapping) else None
    fields = to_object(found) if isinstance(found, Mapping) else {}
    return fields if isinstance(fields, dict) else {}


def _manifest(tree: Tree) -> list[Answer]:
    found = to_object(tree.root)
    if not isinstance(found, dict):
        return []
    parts: list[Answer] = [*find_made(found)]
    parts += [(*use[:4], int(use.optional)) for use in find_uses(found)]
    metadata = found.get("metadata")
    if found.get("kind") == "Application" and isinstance(metadata, dict):
        name = str(metadata.get("name"))
        parts += [
            (secret, "", f"Application {name}", "reference", 0)
            for secret in CONSUMERS.get(name, ())
        ]
    return parts
