"""Keep a generator's list of files, and a kustomization's generators, in step with a folder.

What was written by hand stays: entries, their order, comments, quoting, indentation and line
ends. Bytes in, bytes out; where nothing has to change they are the same bytes.
"""

from __future__ import annotations

import posixpath
import re

from sopsmith.errors import ManifestError
from sopsmith.kube.wildcard import has_wildcard, matches
from sopsmith.repo.list_edit import Insert, edit_list, read_list, read_root

_BOM = "\ufeff"
_GENERATOR = "ksops-generator.yaml"
_SUFFIX = ".secret.yaml"
_EMPTY_LINE = re.compile(r"^generators: \[\](\r?\n|\Z)", re.MULTILINE)


def listed_files(data: bytes) -> list[str]:
    """Return the files that a generator names, in its order, without `./` before them.

    Raises:
        FormatError, ManifestError: It is not one YAML mapping with a list under `files`.
    """
    _, text = _text(data)
    return [_plain(entry) for entry in read_list(read_root(text), "files") if entry]


def is_idle(data: bytes) -> bool:
    """Tell whether a generator makes nothing; KSOPS fails on such a one."""
    _, text = _text(data)
    root = read_root(text)
    made = ("files", "secretFrom")
    return root is None or all(not getattr(root.get(key), "items", None) for key in made)


def update_generator(data: bytes, files: list[str], *, remove: list[str]) -> bytes:
    """Return a generator that names these files and no longer those to remove.

    A new entry goes behind the last `*.secret.yaml` that sorts before it. A file that an entry
    names already, as it stands or by a glob, is not added again: twice the same Secret is an
    error for kustomize.

    Args:
        files: Names inside the generator's folder, with or without `./`.
        remove: Names to take out, however their entries are written.

    Raises:
        FormatError, ManifestError: The generator cannot be read or edited safely.
    """
    mark, text = _text(data)
    present = [_plain(entry) for entry in read_list(read_root(text), "files")]
    gone = {_plain(name) for name in remove}
    removed = {index for index, entry in enumerate(present) if entry in gone}
    stays = {entry for index, entry in enumerate(present) if index not in removed}
    globs = [entry for entry in stays if has_wildcard(entry)]
    new = sorted(
        name
        for name in {_plain(file) for file in files} - stays
        if not any(matches(name, glob) for glob in globs)
    )
    return (mark + edit_list(text, "files", _places(present, new), removed)).encode()


def update_kustomization(data: bytes, *, generator: str = _GENERATOR) -> bytes:
    """Return a kustomization that lists a generator.

    Raises:
        FormatError, ManifestError: It cannot be read or edited safely.
    """
    mark, text = _text(data)
    present = [_plain(entry) for entry in read_list(read_root(text), "generators")]
    if _plain(generator) in present:
        return data
    new = [(len(present), f"./{_plain(generator)}")]
    return (mark + edit_list(text, "generators", new, set())).encode()


def drop_generator(data: bytes, *, generator: str = _GENERATOR) -> bytes:
    """Return a kustomization that does not list a generator, for one that `is_idle`.

    A list that becomes empty goes with its key.

    Raises:
        FormatError, ManifestError: It cannot be read or edited safely.
    """
    mark, text = _text(data)
    present = [_plain(entry) for entry in read_list(read_root(text), "generators")]
    gone = {index for index, entry in enumerate(present) if entry == _plain(generator)}
    edited = edit_list(text, "generators", [], gone)
    if gone and len(gone) == len(present):
        edited = _EMPTY_LINE.sub("", edited, count=1)
    return (mark + edited).encode()


def _places(present: list[str], new: list[str]) -> list[Insert]:
    """Say for each new name before which present entry it goes; `new` is sorted."""
    made = [
        (entry, index)
        for index, entry in enumerate(present)
        if entry.endswith(_SUFFIX) and not has_wildcard(entry) and "/" not in entry
    ]
    at = made[0][1] if made else len(present)
    smaller = sorted(made)
    smaller.reverse()
    last = -1
    inserts: list[Insert] = []
    for name in new:
        while smaller and smaller[-1][0] < name:
            last = max(last, smaller.pop()[1])
            at = last + 1
        inserts.append((at, f"./{name}"))
    return inserts


def _plain(entry: str) -> str:
    return posixpath.normpath(entry) if entry else ""


def _text(data: bytes) -> tuple[str, str]:
    """Return a byte order mark, if one stands there, and the text behind it."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise ManifestError("is not UTF-8 text") from None
    return (_BOM, text[1:]) if text.startswith(_BOM) else ("", text)
