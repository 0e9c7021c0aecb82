"""Hand what a ksops generator made to a kustomize that runs no plugins.

Most objects can stand among the resources. Those that ask, by annotation, for a hash behind
their name or for a merge with an object that stands already go through the generators that are
part of kustomize, which do the same.

Source: kustomize api/internal/plugins/utils/utils.go (UpdateResourceOptions),
api/types/generatorargs.go, secretargs.go, generatoroptions.go.
"""

from __future__ import annotations

from binascii import Error as Base64Error
from binascii import a2b_base64

from sopsmith.errors import ManifestError
from sopsmith.kube.ksops import BEHAVIOR, NEEDS_HASH

Manifest = dict[str, object]

_GENERATORS = {"Secret": "SecretGenerator", "ConfigMap": "ConfigMapGenerator"}
_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})  # as Go's strconv.ParseBool
_FIELDS = frozenset({"apiVersion", "kind", "metadata", "type", "data", "binaryData", "immutable"})
_ASKED = frozenset({BEHAVIOR, NEEDS_HASH})
_METADATA = frozenset({"name", "namespace", "labels", "annotations"})


def as_resource(one: Manifest) -> Manifest | None:
    """Return an object as it can stand among the resources, or None where it asks for more."""
    annotations = _annotations(one)
    if annotations.get(BEHAVIOR) or str(annotations.get(NEEDS_HASH, "")) in _TRUE:
        return None
    metadata = one.get("metadata")
    if not isinstance(metadata, dict) or not annotations.keys() & _ASKED:
        return one
    rest = {name: part for name, part in metadata.items() if name != "annotations"}
    kept = _kept(annotations)
    return {**one, "metadata": {**rest, "annotations": kept} if kept else rest}


def as_generator(one: Manifest, prefix: str) -> tuple[Manifest, dict[str, bytes]]:
    """Return an object as a generator of kustomize's own, and the files with its values.

    Args:
        prefix: What the names of the files begin with.

    Raises:
        ManifestError: It is of a kind, or has a field, that those generators do not make.
    """
    kind = str(one.get("kind"))
    metadata = one.get("metadata")
    fields = metadata if isinstance(metadata, dict) else {}
    extra = sorted(one.keys() - _FIELDS) + sorted(fields.keys() - _METADATA)
    if kind not in _GENERATORS or extra:
        what = f"{kind} {fields.get('name')}"
        raise ManifestError(
            f"{what} asks for a hash or a merge, which the sidecar has for plain Secrets and "
            "ConfigMaps alone",
            key=extra[0] if extra else None,
        )
    values = _values(one)
    files = {f"{prefix}-{number}": value for number, value in enumerate(values.values())}
    made: Manifest = {
        "apiVersion": "builtin",
        "kind": _GENERATORS[kind],
        "metadata": {"name": prefix.lstrip(".")},
        "name": fields.get("name"),
        "files": [f"{key}=./{path}" for key, path in zip(values, files, strict=True)],
        "options": _options(one, fields),
    }
    for name, value in (
        ("namespace", fields.get("namespace")),
        ("type", one.get("type")),
        ("behavior", _annotations(one).get(BEHAVIOR)),
    ):
        if value:
            made[name] = value
    return made, files


def _options(one: Manifest, fields: Manifest) -> Manifest:
    annotations = _annotations(one)
    options: Manifest = {"disableNameSuffixHash": str(annotations.get(NEEDS_HASH, "")) not in _TRUE}
    for name, value in (
        ("labels", fields.get("labels")),
        ("annotations", _kept(annotations)),
        ("immutable", one.get("immutable")),
    ):
        if value:
            options[name] = value
    return options


def _kept(annotations: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in annotations.items() if name not in _ASKED}


def _values(one: Manifest) -> dict[str, bytes]:
    values: dict[str, bytes] = {}
    for part in ("data", "binaryData"):
        found = one.get(part)
        for key, value in found.items() if isinstance(found, dict) else ():
            if not isinstance(value, str):
                raise ManifestError(
                    "is no text, and Kubernetes takes texts alone", key=f"{part}.{key}"
                )
            encoded = part == "binaryData" or one.get("kind") == "Secret"
            values[key] = _decode(value, f"{part}.{key}") if encoded else value.encode()
    return values


def _decode(value: str, key: str) -> bytes:
    try:
        return a2b_base64(value.replace("\n", ""), strict_mode=True)
    except (Base64Error, ValueError):
        raise ManifestError("is not base64", key=key) from None


def _annotations(one: Manifest) -> dict[str, object]:
    metadata = one.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    return annotations if isinstance(annotations, dict) else {}
