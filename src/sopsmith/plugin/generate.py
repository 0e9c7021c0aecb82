"""Make the objects that one generator asks for.

Source: viaduct-ai/kustomize-sops ksops.go (generate, the secretFrom branch).
"""

from __future__ import annotations

from sopsmith.errors import Error, ManifestError
from sopsmith.kube.fold import encode, fold
from sopsmith.kube.ksops import SecretFrom, parse_generator
from sopsmith.plugin.opening import open_bytes, open_objects
from sopsmith.sops.check import unseal_framed, unseal_narrow

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import TypeVar

    from sopsmith.adapters.confined import ConfinedFiles
    from sopsmith.kube.ksops import Generator, Source
    from sopsmith.sops.keyring import Keyring

    Made = TypeVar("Made")

Manifest = dict[str, object]
WORTH_IT = 64
"""Files below which one process is done sooner: on two cores, forks took 9 ms of processor time
where opening a file of one Secret took 0.22 ms, and gained 6 ms of 42 at a hundred files."""
MANY = 200
"""Files from which on it pays to load what reads metadata by their frame."""


class Maker:
    """Make objects from generators that share files and identities.

    Args:
        exact: Keep `stringData`, as KSOPS does, instead of folding it into `data`.
        limit: Processes at most; 0 means one for each core.
    """

    def __init__(
        self, files: ConfinedFiles, keyring: Keyring, *, exact: bool = False, limit: int = 0
    ) -> None:
        self._files = files
        self._keyring = keyring
        self._exact = exact
        self._limit = limit
        self._unseal = unseal_narrow

    def make(self, manifest: object) -> list[Manifest]:
        """Return the objects of a generator, in the order of its files.

        Args:
            manifest: The generator as plain objects.

        Raises:
            ManifestError: The generator, or what a file holds, is no manifest.
            Error: A file could not be read or opened; `path` names it.
        """
        return self.finish(manifest, lambda one: one)

    def finish(self, manifest: object, give: Callable[[Manifest], Made]) -> list[Made]:
        """Return what a function gives for each object, in the order of the generator's files.

        Args:
            manifest: The generator as plain objects.
            give: Called in the process that opened the file, which may be a fork of this one.

        Raises:
            Error: As `make` and the function do.
        """
        try:
            generator = parse_generator(manifest)
        except Error as error:
            raise error.at(describe(manifest)) from None
        made = [one for found in self._open(self._paths(generator), give) for one in found]
        for secret in generator.secrets:
            try:
                made.append(give(self._secret(secret)))
            except Error as error:
                raise error.at(describe(manifest)) from None
        return made

    def _paths(self, generator: Generator) -> list[str]:
        found = [self._files.expand(pattern) for pattern in generator.files]
        # A file that is named by itself keeps its place, and a glob leaves it out.
        named = set(generator.files)
        paths: list[str] = []
        for pattern, expanded in zip(generator.files, found, strict=True):
            paths += [one for one in expanded if one == pattern or one not in named]
        return paths

    def _open(self, paths: list[str], give: Callable[[Manifest], Made]) -> Iterable[list[Made]]:
        def whole(path: str) -> list[Made]:
            return self._file(path, give)

        if len(paths) >= MANY:
            # Here, or every fork would load it for itself.
            import sopsmith.sops.framed  # noqa: F401

            self._unseal = unseal_framed
        if len(paths) < WORTH_IT or self._limit == 1:
            return map(whole, paths)
        from sopsmith.plugin.spread import spread

        fork = Maker(self._files, self._keyring.at_hand(), exact=self._exact)
        fork._unseal = self._unseal
        return spread(lambda path: fork._file(path, give), whole, paths, self._limit)

    def _file(self, path: str, give: Callable[[Manifest], Made]) -> list[Made]:
        objects = open_objects(self._files.read(path), path, self._keyring, self._unseal)
        found = [one for one in objects if one is not None and one != {}]
        try:
            return [give(self._folded(_check(one))) for one in found]
        except Error as error:
            raise error.at(path) from None

    def _folded(self, manifest: Manifest) -> Manifest:
        return manifest if self._exact else fold(manifest)

    def _secret(self, wanted: SecretFrom) -> Manifest:
        data = {source.key: encode(self._plaintext(source)) for source in wanted.binary_files}
        strings: dict[str, object] = {}
        pairs = [(one.key, self._text(one)) for one in wanted.files]
        pairs += [pair for path in wanted.envs for pair in self._variables(path)]
        for key, text in pairs:
            if key in strings or key in data:
                raise ManifestError(f"{key} is made twice", key=wanted.place)
            strings[key] = text
        made: Manifest = {"apiVersion": "v1"}
        if data:
            made["data"] = data
        made |= {"kind": "Secret", "metadata": wanted.metadata}
        if strings:
            made["stringData"] = strings
        if wanted.type:
            made["type"] = wanted.type
        _check_keys([*data, *strings], wanted.place)
        return self._folded(made)

    def _plaintext(self, source: Source) -> bytes:
        return open_bytes(self._files.read(source.path), source.path, self._keyring)

    def _text(self, source: Source) -> str:
        try:
            return self._plaintext(source).decode()
        except UnicodeDecodeError:
            raise ManifestError(
                "the plaintext is not UTF-8", path=source.path, hint="list it under binaryFiles"
            ) from None

    def _variables(self, path: str) -> list[tuple[str, str]]:
        from sopsmith.formats import env_file

        plain = open_bytes(self._files.read(path), path, self._keyring)
        return [
            (variable.name, variable.value.reveal().decode())
            for variable in env_file.parse(plain, path)
        ]


def describe(manifest: object) -> str:
    """Return what errors call a generator: it may have come without a file name."""
    metadata = manifest.get("metadata") if isinstance(manifest, dict) else None
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return f"generator {name}" if isinstance(name, str) and name else "the generator"


def _check(one: object) -> Manifest:
    if not isinstance(one, dict):
        raise ManifestError("a document in it is not a mapping, so it is no manifest")
    for field in ("apiVersion", "kind"):
        if not isinstance(one.get(field), str):
            raise ManifestError("what it holds is no manifest: the field is missing", key=field)
    return one


def _check_keys(keys: list[str], place: str) -> None:
    from sopsmith.kube.secret import check_data_key

    for key in keys:
        try:
            check_data_key(key)
        except ManifestError as error:
            error.key = place
            raise
