"""Change manifests without touching any other byte: set fields, take documents out."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from sopsmith.errors import ManifestError
from sopsmith.formats import load_format, yaml
from sopsmith.formats.place import put
from sopsmith.formats.splice import splice
from sopsmith.formats.tree import Address, to_object
from sopsmith.ports import Files
from sopsmith.repo.kustomization import NAMES
from sopsmith.repo.list_edit import edit_list, read_list, read_root

_MARK = re.compile(r"^---(?:[ \t].*)?\r?$", re.MULTILINE)


def set_fields(data: bytes, index: int, values: Sequence[tuple[Address, str]]) -> bytes:
    """Return a YAML file with fields of one of its documents set.

    Raises:
        FormatError: It cannot be edited safely.
    """
    text = data.decode()
    for address, value in values:
        tree = yaml.parse(text)[index]
        text = splice(text, put(load_format("yaml"), text, tree, address, value))
    return text.encode()


def cut_documents(data: bytes, indices: Iterable[int]) -> bytes | None:
    """Return a YAML file without some of its documents, or None where none is left.

    Raises:
        ManifestError: It is written in a way that cannot be edited safely.
    """
    text, gone = data.decode(), set(indices)
    before = [to_object(tree.root) for tree in yaml.parse(text)]
    marks = [0, *(match.start() for match in _MARK.finditer(text)), len(text)]
    pieces = [text[a:b] for a, b in pairwise(marks) if a != b]
    if len(pieces) > len(before) and not _holds(pieces[0]):
        # Comments above the first mark belong to the first document.
        pieces[:2] = ["".join(pieces[:2])]
    wanted = [one for index, one in enumerate(before) if index not in gone]
    if not any(one is not None for one in wanted):
        return None
    edited = "".join(piece for index, piece in enumerate(pieces) if index not in gone)
    if [to_object(tree.root) for tree in yaml.parse(edited)] != wanted:
        raise ManifestError("is written in a way that a document cannot be taken out of safely")
    return edited.encode()


def unlist(files: Files, removed: Iterable[str]) -> dict[str, bytes]:
    """Return the kustomizations that list removed files, without those entries, by absolute path.

    kustomize takes files from its own folder and below alone, so only the folders above a file
    can hold one that lists it.

    Raises:
        ManifestError, FormatError: One cannot be edited safely.
    """
    edited: dict[str, bytes] = {}
    for path in map(os.path.abspath, removed):
        folder = posixpath.dirname(path)
        while True:
            for name in NAMES:
                place = posixpath.join(folder, name)
                data = edited.get(place) or files.find(place)
                if data is not None:
                    new = _without(data, posixpath.relpath(path, folder))
                    edited |= {place: new} if new != data else {}
            above = posixpath.dirname(folder)
            if above == folder or ".git" in files.names(folder):
                break
            folder = above
    return edited


def _without(data: bytes, entry: str) -> bytes:
    text = data.decode()
    listed = read_list(read_root(text), "resources")
    gone = {index for index, one in enumerate(listed) if posixpath.normpath(one or "?") == entry}
    return edit_list(text, "resources", [], gone).encode()


def _holds(piece: str) -> bool:
    return any(to_object(tree.root) is not None for tree in yaml.parse(piece))
