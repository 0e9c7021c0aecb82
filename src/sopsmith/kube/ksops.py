"""Read the KSOPS generator manifest and the KRM ResourceList around it.

Reading is strict where KSOPS is not: a misspelt field is an error, because a generator that
silently makes fewer Secrets lets Argo CD remove the missing ones from the cluster.

Source: viaduct-ai/kustomize-sops ksops.go (ksops, secretFrom, generate, krm); kustomize
api/kv/kv.go (ParseFileSource); the KRM Functions Specification (ResourceList).
"""

from __future__ import annotations

from sopsmith.errors import ManifestError
from sopsmith.kube.write import write_document

API_GROUP = "viaduct.ai/"
KIND = "ksops"
RESOURCE_LIST = "ResourceList"
NEEDS_HASH = "kustomize.config.k8s.io/needs-hash"
BEHAVIOR = "kustomize.config.k8s.io/behavior"
_FIELDS = frozenset({"apiVersion", "kind", "metadata", "files", "secretFrom"})
_SECRET_FIELDS = frozenset({"metadata", "type", "files", "binaryFiles", "envs"})


class Source:
    """A file whose plaintext becomes one key of a Secret."""

    __slots__ = ("key", "path")

    def __init__(self, key: str, path: str) -> None:
        self.key = key
        self.path = path


class SecretFrom:
    """A Secret that the generator makes out of encrypted files.

    Attributes:
        metadata: As given; it has a name.
        type: The Secret's type, or "".
        files: Text, for `stringData`.
        binary_files: Bytes, for `data`.
        envs: Paths of dotenv files, whose variables become keys of `stringData`.
        place: Key path of it in the generator, such as `secretFrom[0]`.
    """

    __slots__ = ("binary_files", "envs", "files", "metadata", "place", "type")

    def __init__(self, fields: dict[str, object], place: str) -> None:
        _refuse_unknown(fields, _SECRET_FIELDS, place)
        self.place = place
        self.metadata = _metadata(fields.get("metadata"), f"{place}.metadata")
        self.type = _text(fields.get("type"), f"{place}.type")
        self.files = _sources(fields.get("files"), f"{place}.files")
        self.binary_files = _sources(fields.get("binaryFiles"), f"{place}.binaryFiles")
        self.envs = _texts(fields.get("envs"), f"{place}.envs")


class Generator:
    """What one KSOPS manifest asks for.

    Attributes:
        name: Its metadata.name, for messages; "" where it has none.
        files: Paths or globs of encrypted manifests, in order.
        secrets: Secrets to make from other files.
    """

    __slots__ = ("files", "name", "secrets")

    def __init__(self, fields: dict[str, object]) -> None:
        metadata = fields.get("metadata")
        name = metadata.get("name") if isinstance(metadata, dict) else None
        self.name = name if isinstance(name, str) else ""
        self.files = _texts(fields.get("files"), "files")
        self.secrets = [
            SecretFrom(_mapping(item, f"secretFrom[{index}]"), f"secretFrom[{index}]")
            for index, item in enumerate(_list(fields.get("secretFrom"), "secretFrom"))
        ]


def is_generator(manifest: object) -> bool:
    """Tell whether a parsed manifest is KSOPS's."""
    if not isinstance(manifest, dict) or manifest.get("kind") != KIND:
        return False
    return str(manifest.get("apiVersion")).startswith(API_GROUP)


def is_resource_list(manifest: object) -> bool:
    """Tell whether a parsed manifest is a KRM ResourceList."""
    return isinstance(manifest, dict) and manifest.get("kind") == RESOURCE_LIST


def parse_generator(manifest: object) -> Generator:
    """Return what a KSOPS manifest asks for.

    Args:
        manifest: The manifest as plain objects.

    Raises:
        ManifestError: It is not of KSOPS's form; `key` holds the place in it.
    """
    if not is_generator(manifest):
        raise ManifestError(f"not a generator of apiVersion {API_GROUP}v1 and kind {KIND}")
    fields = _mapping(manifest, "")
    _refuse_unknown(fields, _FIELDS, "")
    generator = Generator(fields)
    if not generator.files and not generator.secrets:
        raise ManifestError("names neither files nor secretFrom, so it would make nothing")
    return generator


def read_resource_list(manifest: object) -> list[object]:
    """Return the generators in a ResourceList: its items, or else its functionConfig.

    Raises:
        ManifestError: It holds neither.
    """
    fields = _mapping(manifest, "")
    items = _list(fields.get("items"), "items")
    if items:
        return items
    config = fields.get("functionConfig")
    if config is None:
        raise ManifestError("the ResourceList has no items and no functionConfig")
    return [config]


def write_resource_list(request: dict[str, object], items: list[str]) -> str:
    """Return the text of an answer to a ResourceList: the same with other items.

    Args:
        items: Each as `write_item` gives it.
    """
    version = request.get("apiVersion", "config.kubernetes.io/v1")
    head = write_document({"apiVersion": version, "kind": RESOURCE_LIST})
    body = "items:\n" + "".join(items) if items else "items: []\n"
    config = request.get("functionConfig")
    return head + body + ("" if config is None else write_document({"functionConfig": config}))


def _sources(value: object, place: str) -> list[Source]:
    return [_source(text, f"{place}[{index}]") for index, text in enumerate(_texts(value, place))]


def _source(text: str, place: str) -> Source:
    key, equals, path = text.partition("=")
    if not equals:
        return Source(text.rstrip("/").rpartition("/")[2], text)
    if not key or not path or "=" in path:
        raise ManifestError("must be `path` or `key=path`", key=place)
    return Source(key, path)


def _metadata(value: object, place: str) -> dict[str, object]:
    metadata = _mapping(value, place)
    if not isinstance(metadata.get("name"), str) or not metadata["name"]:
        raise ManifestError("a Secret needs a name", key=f"{place}.name")
    return metadata


def _refuse_unknown(fields: dict[str, object], known: frozenset[str], place: str) -> None:
    for name in fields:
        if name not in known:
            raise ManifestError(
                "unknown field",
                key=f"{place}.{name}" if place else name,
                hint=f"known fields are {', '.join(sorted(known))}",
            )


def _mapping(value: object, place: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise ManifestError("must be a mapping", key=place or None)
    return value


def _list(value: object, place: str) -> list[object]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise ManifestError("must be a list", key=place)
    return value


def _texts(value: object, place: str) -> list[str]:
    items = _list(value, place)
    for index, item in enumerate(items):
        if not isinstance(item, str) or not item:
            raise ManifestError("must be a path", key=f"{place}[{index}]")
    return [str(item) for item in items]


def _text(value: object, place: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ManifestError("must be a string", key=place)
    return value
