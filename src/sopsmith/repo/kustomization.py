"""Walk kustomizations: which generators they run, and what must not be among their files.

Only what decides about Secrets is understood: resources, components, generators, and the
fields that change names. Patches, transformers and replacements are kustomize's own.

Source: kustomize api/types/kustomization.go; api/internal/accumulator.
"""

from __future__ import annotations

import posixpath
from typing import NamedTuple

from sopsmith.errors import Error, ManifestError
from sopsmith.formats import yaml
from sopsmith.formats.tree import to_object
from sopsmith.kube.ksops import is_generator
from sopsmith.kube.mask import CIPHERTEXT
from sopsmith.ports import Files

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")

FUNCTION = "config.kubernetes.io/function"
_REMOTE = ("git@", "github.com/", "git::", "ssh:")
_RENAMERS = ("transformers", "patches", "patchesStrategicMerge", "patchesJson6902", "replacements")
_MAX_DEPTH = 50
_MAX_VISITS = 5000
"""Each way to a kustomization counts, since names change with it: a few files that name each other
crosswise would have a walk that never ends."""


class Layer(NamedTuple):
    """What the kustomizations around a generator do to the names of what it makes.

    Attributes:
        loose: Something on the way may change names in ways that are not followed here.
    """

    prefix: str = ""
    suffix: str = ""
    namespace: str = ""
    loose: bool = False

    def around(self, fields: dict[str, object], *, loose: bool) -> Layer:
        """Return the layer for what stands inside a kustomization of these fields."""
        return Layer(
            self.prefix + str(fields.get("namePrefix") or ""),
            str(fields.get("nameSuffix") or "") + self.suffix,
            self.namespace or str(fields.get("namespace") or ""),
            self.loose or loose,
        )


class Use(NamedTuple):
    """A KSOPS generator that a kustomization runs.

    Attributes:
        folder: Of the kustomization, which is what its paths start from.
        place: The file that holds the generator, or the kustomization that has it inline.
        manifest: The generator as plain objects.
        layer: What happens to the names of what it makes.
    """

    folder: str
    place: str
    manifest: dict[str, object]
    layer: Layer

    @property
    def function(self) -> str | None:
        """The text that says how to run it as a KRM function; None for a legacy generator."""
        metadata = self.manifest.get("metadata")
        annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
        found = annotations.get(FUNCTION) if isinstance(annotations, dict) else None
        return None if found is None else str(found)

    @property
    def is_legacy(self) -> bool:
        """Tell whether kustomize looks for its program in the plugin home."""
        return self.function is None

    @property
    def is_found_on_path(self) -> bool:
        """Tell whether kustomize looks for the program `ksops` on PATH."""
        try:
            (tree,) = yaml.parse(self.function or "")
        except (Error, ValueError):
            return False
        fields = to_object(tree.root)
        call = fields.get("exec") if isinstance(fields, dict) else None
        return isinstance(call, dict) and call.get("path") == "ksops"


def find_generators(files: Files, folder: str) -> list[Use]:
    """Return the KSOPS generators of a folder's kustomization and of all that it names.

    Raises:
        ManifestError: There is no kustomization, it is broken, or an encrypted file stands
            where kustomize would take it as it is, so that `ENC[…]` became the value in the
            cluster.
    """
    walk = _Walk(files)
    walk.visit(posixpath.normpath(folder), Layer(), 0)
    return walk.uses


def find_kustomization(files: Files, folder: str) -> tuple[str, bytes] | None:
    """Return the path and bytes of a folder's kustomization, or None."""
    for name in NAMES:
        path = posixpath.join(folder, name)
        data = files.find(path)
        if data is not None:
            return path, data
    return None


class _Walk:
    def __init__(self, files: Files) -> None:
        self.uses: list[Use] = []
        self._files = files
        self._visits = 0

    def visit(self, folder: str, outer: Layer, depth: int) -> None:
        found = find_kustomization(self._files, folder)
        if found is None:
            raise ManifestError("holds no kustomization", path=folder)
        if depth > _MAX_DEPTH:
            raise ManifestError("kustomizations name each other in a circle", path=folder)
        self._visits += 1
        if self._visits > _MAX_VISITS:
            raise ManifestError("is reached in too many ways from the first one", path=folder)
        place, data = found
        fields = parse_fields(data, place)
        components = texts_of(fields, "components")
        loose = bool(components) or any(fields.get(name) for name in _RENAMERS)
        layer = outer.around(fields, loose=loose)
        for entry in [*texts_of(fields, "resources"), *texts_of(fields, "bases"), *components]:
            self._resource(folder, place, entry, layer, depth)
        for path in plain_inputs_of(fields):
            self._refuse_encrypted(posixpath.normpath(posixpath.join(folder, path)), place)
        for entry in texts_of(fields, "generators"):
            self._generator(folder, place, entry, layer)

    def _resource(self, folder: str, place: str, entry: str, layer: Layer, depth: int) -> None:
        if is_remote(entry):
            return
        target = posixpath.normpath(posixpath.join(folder, entry))
        if find_kustomization(self._files, target) is not None:
            self.visit(target, layer, depth + 1)
        elif not self._refuse_encrypted(target, place):
            raise ManifestError(f"names {entry}, which is not there", path=place)

    def _refuse_encrypted(self, target: str, place: str) -> bool:
        """Tell whether a file exists, once it is known not to be encrypted."""
        data = self._files.find(target)
        if data is not None and CIPHERTEXT.encode() in data:
            raise ManifestError(
                f"names the encrypted file {posixpath.relpath(target, posixpath.dirname(place))}; "
                "kustomize would pass ENC[…] on to the cluster as the value",
                path=place,
                hint="list the file in a ksops generator instead",
            )
        return data is not None

    def _generator(self, folder: str, place: str, entry: str, layer: Layer) -> None:
        if "\n" in entry:
            self._take(parse_documents(entry.encode(), place), folder, place, layer)
            return
        target = posixpath.normpath(posixpath.join(folder, entry))
        inner = find_kustomization(self._files, target)
        if inner is None:
            self._take(parse_documents(self._files.read(target), target), folder, target, layer)
            return
        # A folder of generators; its paths still start from the kustomization that runs them.
        for name in texts_of(parse_fields(inner[1], inner[0]), "resources"):
            self._generator(folder, inner[0], posixpath.join(entry, name), layer)

    def _take(self, objects: list[object], folder: str, place: str, layer: Layer) -> None:
        for one in objects:
            if is_generator(one) and isinstance(one, dict):
                self.uses.append(Use(folder, place, one, layer))


def is_remote(entry: str) -> bool:
    """Tell whether an entry of `resources` names something outside of this machine."""
    return "://" in entry or "?ref=" in entry or entry.startswith(_REMOTE)


def parse_documents(data: bytes, place: str) -> list[object]:
    """Return the documents of a YAML file as plain objects.

    Raises:
        ManifestError, FormatError: It is not YAML.
    """
    try:
        return [to_object(tree.root) for tree in yaml.read(data.decode())]
    except UnicodeDecodeError:
        raise ManifestError("is not UTF-8", path=place) from None
    except Error as error:
        raise error.at(place) from None


def parse_fields(data: bytes, place: str) -> dict[str, object]:
    """Return the fields of a kustomization.

    Raises:
        ManifestError, FormatError: It is not one YAML mapping.
    """
    documents = parse_documents(data, place)
    if len(documents) != 1 or not isinstance(documents[0], dict):
        raise ManifestError("is not one mapping", path=place)
    return documents[0]


def texts_of(fields: dict[str, object], name: str) -> list[str]:
    """Return the texts of a list, or nothing where there is none."""
    value = fields.get(name)
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def plain_inputs_of(fields: dict[str, object]) -> list[str]:
    """Return the local files that kustomize takes over as they are."""
    paths = texts_of(fields, "patchesStrategicMerge")
    for name, keys in (
        ("secretGenerator", ("files", "envs")),
        ("configMapGenerator", ("files", "envs")),
        ("patches", ("path",)),
    ):
        items = fields.get(name)
        for item in items if isinstance(items, list) else []:
            for key in keys if isinstance(item, dict) else ():
                value = item.get(key)
                paths += texts_of(item, key) if isinstance(value, list) else [str(value or "")]
    return [path.rpartition("=")[2] for path in paths if path and "\n" not in path]
