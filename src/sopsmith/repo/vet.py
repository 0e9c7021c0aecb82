"""Vet every kustomization that a folder reaches, and say what kustomize may see of it.

For renders on behalf of people who are not trusted with the identity. The fields of a
kustomization are taken one by one: what is not known here is refused, so that a field that a
later kustomize learns cannot open a way. What passes is written again from what was understood,
so that kustomize cannot read the text in another way than it was vetted.

Source: kustomize api/types/kustomization.go (the fields); encoding/json (it takes a field by
any spelling of upper and lower case, which is why unknown names are refused).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from sopsmith.errors import Error, ManifestError
from sopsmith.kube.write import write_document
from sopsmith.ports import Files
from sopsmith.repo.kustomization import NAMES, parse_documents, parse_fields
from sopsmith.repo.vet_paths import relative, resolve
from sopsmith.repo.vet_plugins import Run, vet_generator, vet_transformer

FolderOf = Callable[[str], str | None]
"""Returns the true path of a folder relative to the root, or None where there is none."""
Fields = dict[str, object]

OWN = ".sopsmith-"
"""What the names of files begin with that a render adds to the copy."""
_LIMIT = 64 * 1024 * 1024  # bytes of everything that one render may need
_DATA = frozenset({
    "apiVersion", "kind", "metadata", "namePrefix", "nameSuffix", "namespace", "commonLabels",
    "labels", "commonAnnotations", "images", "imageTags", "replicas", "vars", "sortOptions",
    "generatorOptions", "buildMetadata",
})  # fmt: skip
_FILES = frozenset({"crds", "configurations"})
_TREES = frozenset({"resources", "bases", "components"})
_PATCHES = frozenset({"path", "patch", "target", "options"})
_REPLACEMENTS = frozenset({"path", "source", "targets"})
_MAKERS = frozenset({
    "name", "namespace", "behavior", "type", "options", "literals", "files", "envs", "env",
})  # fmt: skip
_REFUSED = {
    "helmCharts": "renders a Helm chart", "helmGlobals": "renders a Helm chart",
    "helmChartInflationGenerator": "renders a Helm chart",
    "validators": "runs a validator, which is a program",
}  # fmt: skip


class Layer(NamedTuple):
    """A kustomization as kustomize may see it, without its generators.

    Attributes:
        folder: Relative to the root.
        fields: Ready to be written, once what the generators made is added.
        runs: The generators, which are ours to run.
    """

    folder: str
    fields: Fields
    runs: list[Run]


class Vetted(NamedTuple):
    """All that a render needs.

    Attributes:
        folder: Of the kustomization to build.
        layers: The kustomizations that it reaches.
        files: Every other file, by its path relative to the root.
    """

    folder: str
    layers: list[Layer]
    files: dict[str, bytes]


def vet(files: Files, folder_of: FolderOf, folder: str, own: str = "") -> Vetted:
    """Vet a folder's kustomization and all that it names.

    Args:
        files: Reads by paths relative to the root of the repository, and nothing outside of it.
        own: A folder that nothing may leave, such as a tenant's; "" for the whole repository.

    Raises:
        ManifestError: It asks for a program, for something outside of the repository, or for a
            field that is not known here.
    """
    walk = _Walk(files, folder_of, own)
    start = walk.visit(folder, folder)
    return Vetted(start, list(walk.layers.values()), walk.files)


class _Walk:
    def __init__(self, files: Files, folder_of: FolderOf, own: str) -> None:
        self.layers: dict[str, Layer] = {}
        self.files: dict[str, bytes] = {}
        self._door = files
        self._folder_of = folder_of
        self._own = own
        self._size = 0

    def visit(self, path: str, place: str) -> str:
        """Vet a folder, once, and return its true path."""
        folder = self._folder_of(path)
        if folder is None:
            raise ManifestError(f"names {path}, which is not there", path=place)
        self.confine(folder, path, place)
        if folder not in self.layers:
            name, fields = self._read(folder)
            layer = Layer(folder, {}, [])
            self.layers[folder] = layer
            _Sheet(self, layer, name).take(fields)
        return folder

    def confine(self, target: str, entry: str, place: str) -> None:
        """Refuse what lies outside of the folder that nothing may leave.

        Raises:
            ManifestError: It does.
        """
        if self._own and not f"{target}/".startswith(f"{self._own}/"):
            raise ManifestError(
                f"names {entry[:80]}, which is outside of {self._own}",
                path=place,
                hint="copy what is needed of it into that folder",
            )

    def copy(self, target: str, place: str) -> None:
        """Let kustomize see a file."""
        if target in self.files:
            return
        name = target.rpartition("/")[2]
        if name in NAMES or name.startswith(OWN):
            # What kustomize would take for a kustomization is only what was written anew.
            raise ManifestError(f"names {target} as a plain file", path=place)
        data = self._door.find(target)
        if data is None:
            raise ManifestError(f"names {target}, which is not there", path=place)
        self._size += len(data)
        if self._size > _LIMIT:
            raise ManifestError("reaches more files than fit into memory", path=place)
        self.files[target] = data

    def documents(self, target: str) -> list[object]:
        """Return the documents of a file that kustomize does not get to see."""
        return parse_documents(self._door.read(target), target)

    def is_folder(self, target: str) -> bool:
        """Tell whether a folder stands there."""
        return self._folder_of(target) is not None

    def _read(self, folder: str) -> tuple[str, Fields]:
        found = [
            (path, data)
            for path in (f"{folder}/{name}" if folder != "." else name for name in NAMES)
            if (data := self._door.find(path)) is not None
        ]
        if len(found) != 1:
            what = "holds no kustomization" if not found else "holds more than one kustomization"
            raise ManifestError(what, path=folder)
        return found[0][0], parse_fields(found[0][1], found[0][0])


class _Sheet:
    """Take the fields of one kustomization."""

    def __init__(self, walk: _Walk, layer: Layer, place: str) -> None:
        self._walk = walk
        self._layer = layer
        self._place = place

    def take(self, fields: Fields) -> None:
        """Fill the layer."""
        for name, value in fields.items():
            if name in _DATA:
                self._layer.fields[name] = value
            elif value is not None and value != []:
                self._field(name, value)

    def _field(self, name: str, value: object) -> None:
        if name in _REFUSED:
            raise self._error(f"{_REFUSED[name]}, which the sidecar does not", name)
        if name == "openapi":
            self._layer.fields[name] = self._schema(value)
            return
        take = self._takers().get(name)
        if take is None:
            raise self._error("is no field that the sidecar knows", name)
        if not isinstance(value, list):
            raise self._error("is no list", name)
        taken = [take(item, f"{name}[{index}]") for index, item in enumerate(value)]
        if name not in {"generators", "transformers"}:
            self._layer.fields[name] = taken
        elif name == "transformers":
            self._layer.fields[name] = [text for group in taken for text in _texts(group)]

    def _takers(self) -> dict[str, Callable[[object, str], object]]:
        return {
            **dict.fromkeys(_FILES, self._file),
            **dict.fromkeys(_TREES, self._tree),
            "patchesStrategicMerge": self._merge_patch,
            "patches": lambda item, key: self._item(item, key, _PATCHES),
            "patchesJson6902": lambda item, key: self._item(item, key, _PATCHES),
            "replacements": lambda item, key: self._item(item, key, _REPLACEMENTS),
            "configMapGenerator": self._maker,
            "secretGenerator": self._maker,
            "generators": self._generator,
            "transformers": self._transformer,
        }

    def _file(self, entry: object, key: str) -> str:
        target = self._target(self._text(entry, key), key)
        self._walk.copy(target, self._place)
        return relative(target, self._layer.folder)

    def _tree(self, entry: object, key: str) -> str:
        target = self._target(self._text(entry, key), key)
        if not self._walk.is_folder(target):
            return self._file(entry, key)
        return relative(self._walk.visit(target, self._place), self._layer.folder)

    def _target(self, entry: str, key: str) -> str:
        """Return where an entry leads, relative to the root."""
        try:
            target = resolve(self._layer.folder, entry, self._place)
            self._walk.confine(target, entry, self._place)
        except ManifestError as error:
            error.key = key
            raise
        return target

    def _merge_patch(self, entry: object, key: str) -> str:
        text = self._text(entry, key)
        inline = self._inline(text)
        if not inline:
            return self._file(entry, key)
        return "---\n".join(write_document(self._patch(one, key)) for one in inline)

    def _patch(self, one: object, key: str) -> Fields:
        # kustomize fetches a text that begins like an address, even where it is a mapping.
        if not isinstance(one, dict) or not isinstance(one.get("kind"), str):
            raise self._error("is no patch: it names no kind", key)
        return one

    def _item(self, item: object, key: str, known: frozenset[str]) -> Fields:
        fields = self._fields(item, key, known)
        if "path" in fields:
            fields["path"] = self._file(fields["path"], f"{key}.path")
        return fields

    def _maker(self, item: object, key: str) -> Fields:
        fields = self._fields(item, key, _MAKERS)
        for name in ("files", "envs"):
            entries = fields.get(name)
            if isinstance(entries, list):
                fields[name] = [self._source(one, f"{key}.{name}", name) for one in entries]
            elif entries is not None:
                raise self._error("is no list", f"{key}.{name}")
        if fields.get("env"):
            fields["env"] = self._file(fields["env"], f"{key}.env")
        return fields

    def _source(self, entry: object, key: str, kind: str) -> str:
        head, equals, tail = self._text(entry, key).rpartition("=")
        path = self._file(tail, key)
        # A path without a name of its own is the name.
        name = head if equals else tail.rstrip("/").rpartition("/")[2]
        return f"{name}={path}" if kind == "files" else path

    def _schema(self, value: object) -> Fields:
        fields = self._fields(value, "openapi", frozenset({"path", "version"}))
        if "path" in fields:
            fields["path"] = self._file(fields["path"], "openapi.path")
        return fields

    def _generator(self, entry: object, key: str) -> None:
        text = self._text(entry, key)
        inline = self._inline(text)
        if inline:
            self._layer.runs.extend(vet_generator(one, self._place) for one in inline)
            return
        target = self._target(text, key)
        if self._walk.is_folder(target):
            raise self._error("names a folder of generators", key, "name each generator's file")
        documents = self._walk.documents(target)
        self._layer.runs.extend(vet_generator(one, target) for one in documents if one is not None)

    def _transformer(self, entry: object, key: str) -> list[str]:
        text = self._text(entry, key)
        inline = self._inline(text)
        if inline:
            return [vet_transformer(one, self._place) for one in inline]
        target = self._target(text, key)
        if self._walk.is_folder(target):
            raise self._error("names a folder of transformers", key, "name each one's file")
        documents = self._walk.documents(target)
        return [vet_transformer(one, target) for one in documents if one is not None]

    def _inline(self, text: str) -> list[object]:
        """Return the documents of a text that is itself what it names; nothing for a path."""
        try:
            documents = [one for one in parse_documents(text.encode(), self._place) if one]
        except Error:
            if "\n" in text:
                raise
            return []
        return documents if any(isinstance(one, dict) for one in documents) else []

    def _fields(self, item: object, key: str, known: frozenset[str]) -> Fields:
        if not isinstance(item, dict):
            raise self._error("is no mapping", key)
        for name in item:
            if name not in known:
                raise self._error("is no field that the sidecar knows", f"{key}.{name}")
        return dict(item)

    def _text(self, entry: object, key: str) -> str:
        if not isinstance(entry, str):
            raise self._error("is no text", key)
        return entry

    def _error(self, message: str, key: str, hint: str | None = None) -> ManifestError:
        return ManifestError(message, path=self._place, key=key, hint=hint)


def _texts(group: object) -> list[str]:
    return [str(one) for one in group] if isinstance(group, list) else []
