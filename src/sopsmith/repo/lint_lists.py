"""Hold kustomizations and ksops generators against the files that they name."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import NamedTuple

from sopsmith.errors import Error
from sopsmith.formats.drops import is_drop
from sopsmith.kube.ksops import is_generator, parse_generator
from sopsmith.kube.mask import CIPHERTEXT
from sopsmith.ports import Files
from sopsmith.repo.kustomization import (
    find_kustomization,
    is_remote,
    parse_documents,
    parse_fields,
    plain_inputs_of,
    texts_of,
)
from sopsmith.repo.lint_rules import Finding
from sopsmith.repo.promises import expand

_PLAIN = ("resources", "bases", "components", "crds", "configurations", "transformers")
_ENDS = (".yaml", ".yml", ".json")


class _Generator(NamedTuple):
    """A generator with the file that holds it and that file's bytes."""

    place: str
    data: bytes
    manifest: object


def lint_kustomization(files: Files, path: str, data: bytes) -> list[Finding]:
    """Look through one kustomization and the generators that it runs.

    Those of kustomizations below are found when these are looked at themselves.
    """
    folder = posixpath.dirname(path)
    try:
        fields = parse_fields(data, path)
    except Error as error:
        return [_broken(error, path)]
    found = list(_encrypted_inputs(files, folder, fields, path, data))
    listing = _Listing(files)
    places: list[_Generator] = []
    for entry in texts_of(fields, "generators"):
        try:
            generators = _generators(files, folder, entry, path, data)
        except Error as error:
            found.append(_broken(error, path, line_of(data, entry)))
            continue
        for generator in generators:
            found += _missing(listing, folder, generator)
        places += generators
    return found + list(_unlisted(listing, folder, places))


def line_of(data: bytes, text: str) -> int:
    """Return the first line that holds a text, from 1 on, or 0."""
    at = data.find(text.encode())
    return data.count(b"\n", 0, at) + 1 if text and at >= 0 else 0


def _encrypted_inputs(
    files: Files, folder: str, fields: dict[str, object], path: str, data: bytes
) -> Iterator[Finding]:
    entries = [entry for name in _PLAIN for entry in texts_of(fields, name)]
    for entry in dict.fromkeys([*entries, *plain_inputs_of(fields)]):
        if "\n" in entry or is_remote(entry):
            continue
        target = posixpath.normpath(posixpath.join(folder, entry))
        if _is_encrypted(files, target):
            message = f"takes the encrypted file {entry} as it is"
            yield Finding("SOPS013", path, message, "", line_of(data, entry))


def _is_encrypted(files: Files, path: str) -> bool:
    try:
        data = files.find(path)
    except Error:
        return False  # A folder, most often.
    return data is not None and CIPHERTEXT.encode() in data


def _generators(files: Files, folder: str, entry: str, path: str, data: bytes) -> list[_Generator]:
    if "\n" in entry:
        documents, place = parse_documents(entry.encode(), path), path
    elif is_remote(entry):
        return []
    else:
        place = posixpath.normpath(posixpath.join(folder, entry))
        inner = find_kustomization(files, place)
        if inner is not None:
            # A folder of generators; its paths still start from the kustomization that runs them.
            entries = texts_of(parse_fields(inner[1], inner[0]), "resources")
            inside = (posixpath.join(entry, name) for name in entries)
            return [one for name in inside for one in _generators(files, folder, name, *inner)]
        data = files.read(place)
        documents = parse_documents(data, place)
    return [_Generator(place, data, one) for one in documents if is_generator(one)]


class _Listing:
    """What folders hold, each asked once, and what generators name of it."""

    def __init__(self, files: Files) -> None:
        self.files = files
        self.named: set[str] = set()
        self._names: dict[str, frozenset[str]] = {}

    def names(self, folder: str) -> frozenset[str]:
        if folder not in self._names:
            try:
                self._names[folder] = frozenset(self.files.names(folder or "."))
            except Error:
                self._names[folder] = frozenset()
        return self._names[folder]

    def holds(self, path: str) -> bool:
        folder, name = posixpath.split(path)
        return name in self.names(folder)


def _missing(listing: _Listing, folder: str, generator: _Generator) -> Iterator[Finding]:
    """Yield the files that are named and not there; note all that are named."""
    try:
        wanted = parse_generator(generator.manifest)
    except Error as error:
        yield _broken(error, generator.place)
        return
    sources = [one for secret in wanted.secrets for one in (*secret.files, *secret.binary_files)]
    envs = [path for secret in wanted.secrets for path in secret.envs]
    for entry in [*wanted.files, *(one.path for one in sources), *envs]:
        try:
            paths = expand(listing.files, folder, entry)
            message = f"names {entry}, which is not there"
        except Error:
            paths, message = [""], f"no file matches {entry}"
        listing.named.update(paths)
        if not all(map(listing.holds, paths)):
            line = line_of(generator.data, entry)
            yield Finding("SOPS014", generator.place, message, "files", line)


def _unlisted(listing: _Listing, folder: str, generators: list[_Generator]) -> Iterator[Finding]:
    beside = [one for one in generators if posixpath.dirname(one.place) == folder]
    for name in sorted(listing.names(folder)) if beside else []:
        path = posixpath.join(folder, name)
        known = path in listing.named or not name.endswith(_ENDS) or is_drop(name)
        if not known and _is_encrypted(listing.files, path):
            yield Finding("SOPS015", path, f"{beside[0].place} does not name it")


def _broken(error: Error, path: str, line: int = 0) -> Finding:
    key = error.key or ""
    number = key.removeprefix("line ").partition(",")[0]
    if key.startswith("line ") and number.isdigit():
        key, line = "", int(number)
    return Finding("SOPS021", error.path or path, error.message, key, line)
