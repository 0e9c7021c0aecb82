"""Say which objects must come out of a build, from what its generators name.

Names and kinds stand in clear in encrypted manifests, so nothing is decrypted for it.
kustomize with `--enable-alpha-plugins` and without `--enable-exec` leaves all of them out and
exits with 0; Argo CD then takes them for removed and prunes them.
"""

from __future__ import annotations

import posixpath
from typing import NamedTuple

from sopsmith.errors import Error, ManifestError
from sopsmith.formats import find_format, load_format, narrow
from sopsmith.formats.tree import to_object
from sopsmith.kube.ksops import NEEDS_HASH, parse_generator
from sopsmith.kube.lists import members
from sopsmith.kube.mask import CIPHERTEXT
from sopsmith.kube.wildcard import has_wildcard, matches
from sopsmith.ports import Files
from sopsmith.repo.kustomization import Layer, Use

_HASH_LENGTH = 10  # characters that kustomize appends behind a dash


class Promise(NamedTuple):
    """An object that must come out.

    Attributes:
        hashed: kustomize appends a hash to its name.
        loose: Its final name is not known for certain.
        source: The file or generator that promises it.
    """

    kind: str
    namespace: str
    name: str
    hashed: bool
    loose: bool
    source: str

    def is_kept_by(self, one: dict[str, object]) -> bool:
        """Tell whether an object is the promised one."""
        metadata = one.get("metadata")
        if one.get("kind") != self.kind or not isinstance(metadata, dict):
            return False
        name = str(metadata.get("name"))
        if self.loose:
            return self.name in name
        if self.hashed:
            head, _, tail = name.rpartition("-")
            named = head == self.name and len(tail) == _HASH_LENGTH
        else:
            named = name == self.name
        return named and str(metadata.get("namespace") or "") == self.namespace


def find_promises(files: Files, use: Use) -> list[Promise]:
    """Return what a generator promises.

    Raises:
        ManifestError: The generator is broken, or a glob in it matches nothing.
        Error: A file that it names cannot be read.
    """
    try:
        generator = parse_generator(use.manifest)
    except Error as error:
        raise error.at(use.place) from None
    promises: list[Promise] = []
    for pattern in generator.files:
        for path in expand(files, use.folder, pattern):
            objects = _clear_parts(files.read(path), path)
            promises += [_promise(one, use.layer, path) for one in objects]
    for secret in generator.secrets:
        made: dict[str, object] = {"kind": "Secret", "metadata": secret.metadata}
        promises.append(_promise(made, use.layer, use.place))
    return [one for one in promises if one.name and CIPHERTEXT not in one.name]


def expand(files: Files, folder: str, pattern: str) -> list[str]:
    """Return the files that a path with wildcards means, sorted.

    Raises:
        ManifestError: Nothing matches.
    """
    plain = posixpath.normpath(posixpath.join(folder, pattern))
    if not has_wildcard(pattern) or files.find(plain) is not None:
        return [plain]
    found = ["/" if plain.startswith("/") else ""]
    for part in plain.strip("/").split("/"):
        found = [path for start in found for path in _step(files, start, part)]
    if not found:
        raise ManifestError(f"no file matches {pattern}", path=folder)
    return sorted(found)


def _step(files: Files, start: str, part: str) -> list[str]:
    if not has_wildcard(part):
        return [posixpath.join(start, part)]
    names = files.names(start or ".")
    return [posixpath.join(start, name) for name in names if matches(name, part)]


def _clear_parts(data: bytes, path: str) -> list[dict[str, object]]:
    """Return the objects of an encrypted manifest, whose kinds and names stand in clear."""
    name = find_format(path)
    if name is None:
        return []
    try:
        text = data.decode()
        trees = (narrow.parse(text) if name == "yaml" else None) or load_format(name).parse(text)
    except UnicodeDecodeError:
        raise ManifestError("is not UTF-8", path=path) from None
    except Error as error:
        raise error.at(path) from None
    tops = [to_object(tree.root) for tree in trees]
    found = [one for top in tops if isinstance(top, dict) for one in members(top)]
    return [one for one in found if isinstance(one.get("kind"), str)]


def _promise(one: dict[str, object], layer: Layer, source: str) -> Promise:
    metadata = one.get("metadata")
    fields = metadata if isinstance(metadata, dict) else {}
    annotations = fields.get("annotations")
    hashed = isinstance(annotations, dict) and annotations.get(NEEDS_HASH) == "true"
    name = str(fields.get("name") or "")
    return Promise(
        kind=str(one.get("kind")),
        namespace=layer.namespace or str(fields.get("namespace") or ""),
        name=name if layer.loose else f"{layer.prefix}{name}{layer.suffix}" if name else "",
        hashed=hashed,
        loose=layer.loose,
        source=source,
    )
