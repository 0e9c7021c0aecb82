"""Make the values of an ExternalSecret from what a provider holds, as the operator does.

Fetch, rename keys, replace signs that Kubernetes does not take, decode; then the template.

Source: external-secrets 0.16 pkg/controllers/externalsecret (getProviderSecretData,
applyTemplate), pkg/utils (RewriteMap, ConvertKeys, Decode), pkg/provider/aws and vault (GetSecret,
GetSecretMap); tidwall/gjson for properties.
"""

from __future__ import annotations

import base64
import binascii
import re
from decimal import Decimal
from typing import Any, NamedTuple, Protocol

import re2

from sopsmith.errors import Error, FormatError, ManifestError
from sopsmith.formats import json as json_format
from sopsmith.formats import yaml
from sopsmith.formats.tree import Mapping, Node, Scalar, Sequence, to_object
from sopsmith.kube.external_secrets import (
    ExternalSecret,
    Find,
    Part,
    RemoteRef,
    Rewrite,
    Source,
    Template,
)
from sopsmith.kube.secret import OPAQUE, SecretManifest, check_data_key
from sopsmith.kube.templates import render
from sopsmith.secret import Secret

_QUERY = frozenset('#*?|@{}[]!"()<>=%~')
"""Signs by which gjson does more than walk along keys."""
_REFERENCE = re.compile(r"\$(?:\$|(\w+)|\{(\w+)\})", re.ASCII)
_FOREIGN = (
    "kubectl.kubernetes.io/last-applied-configuration", "reconcile.external-secrets.io/",
    "argocd.argoproj.io/tracking-id", "argocd.argoproj.io/instance", "meta.helm.sh/",
)  # fmt: skip
"""Labels and annotations that tell who wrote an object; nothing of the Secret itself."""


class Provider(Protocol):
    """Where values are: a door to one store, by its own keys.

    Every method raises `Denied` and `Unreachable` as the service says.
    """

    def value(self, key: str, version: str) -> Secret:
        """Return what is held under a key; NotThere where nothing is."""

    def names(self, find: Find) -> list[str]:
        """Return the keys below a path, of some tags; names are matched by the caller."""

    def delete(self, key: str) -> None:
        """Delete what is held under a key, so that it can be brought back where that exists."""


class Fetched(NamedTuple):
    """What came of one entry, and under which keys of the provider it stood."""

    values: dict[str, Secret]
    keys: tuple[str, ...]


def fetch(source: Source, provider: Provider) -> Fetched:
    """Return what one entry of `data` or `dataFrom` gives.

    Raises:
        ManifestError: It cannot be followed; names the entry.
        OutsideError: The provider does not have it, or cannot be asked.
    """
    try:
        return _fetch(source, provider)
    except ManifestError as error:
        raise ManifestError(error.message, key=source.field) from None


def _fetch(source: Source, provider: Provider) -> Fetched:
    if source.find is not None:
        return _find(source, source.find, provider)
    ref = source.ref
    assert ref is not None
    if ref.metadata:
        raise ManifestError("it asks for the tags of a value, which are not followed here")
    value = _select(provider.value(ref.key, ref.version), ref)
    if source.key:
        return Fetched({source.key: _decode(value, ref.decoding)}, (ref.key,))
    values = _renamed(_members(value), source.rewrites, ref.conversion)
    return Fetched({key: _decode(one, ref.decoding) for key, one in values.items()}, (ref.key,))


def _find(source: Source, find: Find, provider: Provider) -> Fetched:
    pattern = _compile(find.name)
    names = [name for name in provider.names(find) if pattern.search(name)]
    held = {name: provider.value(name, "") for name in names}
    values = _renamed(held, source.rewrites, find.conversion)
    decoded = {key: _decode(one, find.decoding) for key, one in values.items()}
    return Fetched(decoded, tuple(names))


def build_manifest(external: ExternalSecret, values: dict[str, Secret]) -> SecretManifest:
    """Return the Secret that the operator would make of fetched values.

    Raises:
        ManifestError: The template cannot be rendered, or a key is not one of a Secret's.
    """
    labels, annotations = dict(external.labels), dict(external.annotations)
    data, kind = dict(values), OPAQUE
    if external.template is not None:
        kind = external.template.type or OPAQUE
        data, labels, annotations = _templated(external.template, values)
    return SecretManifest(
        external.target, external.namespace, kind,
        {check_data_key(key): data[key] for key in sorted(data)},
        own_marks(labels), own_marks(annotations), external.immutable,
    )  # fmt: skip


def own_marks(marks: dict[str, str]) -> dict[str, str]:
    """Return labels or annotations without those that tell who wrote the object."""
    return {key: str(value) for key, value in marks.items() if not key.startswith(_FOREIGN)}


def _templated(
    template: Template, values: dict[str, Secret]
) -> tuple[dict[str, Secret], dict[str, str], dict[str, str]]:
    data = dict(values) if template.merges else {}
    marks: dict[str, dict[str, str]] = {"Labels": {}, "Annotations": {}}
    known = (
        {key: _as_text(value, key) for key, value in values.items()} if _renders(template) else {}
    )
    labels = [Part(key, text, "Labels") for key, text in template.labels.items()]
    notes = [Part(key, text, "Annotations") for key, text in template.annotations.items()]
    for part in (*template.parts, *labels, *notes):
        for key, text in _rendered(part, known).items():
            if part.target == "Data":
                data[key] = Secret(text.encode())
            else:
                marks.setdefault(part.target, {})[key] = text
    return data, marks["Labels"], marks["Annotations"]


def _renders(template: Template) -> bool:
    texts = [part.text for part in template.parts]
    return any("{{" in one for one in (*texts, *template.labels.values(),
                                       *template.annotations.values()))  # fmt: skip


def _rendered(part: Part, known: dict[str, str]) -> dict[str, str]:
    try:
        text = render(part.text, known)
        return {part.key: text} if part.key else _mapping_of(text)
    except ManifestError as error:
        place = part.key or "templateFrom"
        raise ManifestError(error.message, key=f"spec.target.template: {place}") from None


def _mapping_of(text: str) -> dict[str, str]:
    try:
        (tree,) = yaml.parse(text)
    except (Error, ValueError):
        raise ManifestError("the template renders to what is no YAML mapping") from None
    found = to_object(tree.root)
    if not isinstance(found, dict) or any(not isinstance(one, str) for one in found.values()):
        raise ManifestError("the template renders to something else than a mapping of texts")
    return {str(key): str(value) for key, value in found.items()}


def _select(value: Secret, ref: RemoteRef) -> Secret:
    """Return the part of a value that a property names."""
    if not ref.property:
        return value
    text, root = _parse_json(value, ref.property)
    node = root.get(ref.property) if isinstance(root, Mapping) else None
    if node is None:
        if _QUERY & {*ref.property}:
            raise ManifestError(f"the property {ref.property} is a query that is not followed here")
        node = _walk(root, ref.property)
    if node is None:
        raise ManifestError(f"the value has no property {ref.property}")
    return Secret(_json_text(node, text).encode())


def _walk(node: Node | None, path: str) -> Node | None:
    for part in re.split(r"(?<!\\)\.", path):
        name = part.replace("\\.", ".")
        if isinstance(node, Mapping):
            node = node.get(name)
        elif isinstance(node, Sequence) and name.isdigit() and int(name) < len(node.items):
            node = node.items[int(name)]
        else:
            return None
    return node


def _members(value: Secret) -> dict[str, Secret]:
    """Return the values of a JSON object: texts as they are, all else as it is written."""
    text, root = _parse_json(value, "")
    if not isinstance(root, Mapping):
        raise ManifestError("the value is no JSON object, so nothing can be extracted from it")
    return {key: Secret(_member(node, text).encode()) for key, node in root.entries}


def _member(node: Node, text: str) -> str:
    if isinstance(node, Scalar) and (node.value is None or isinstance(node.value, str)):
        return str(node.value or "")
    return text[node.start : node.end]


def _json_text(node: Node, text: str) -> str:
    raw = text[node.start : node.end]
    if not isinstance(node, Scalar):
        return raw
    if isinstance(node.value, str):
        return str(node.value)
    if isinstance(node.value, float):
        plain = format(Decimal(repr(node.value)), "f")
        return plain.rstrip("0").rstrip(".") if "." in plain else plain
    return "" if node.value is None else raw


def _parse_json(value: Secret, wanted: str) -> tuple[str, Node]:
    try:
        text = value.reveal().decode()
        return text, json_format.parse(text)[0].root
    except (FormatError, UnicodeDecodeError):
        what = f"the property {wanted} is wanted of it" if wanted else "its keys are wanted"
        raise ManifestError(f"the value is no JSON, and {what}") from None


def _renamed(
    values: dict[str, Secret], rewrites: tuple[Rewrite, ...], conversion: str
) -> dict[str, Secret]:
    for rewrite in rewrites:
        values = _distinct([(_rewritten(key, rewrite), one) for key, one in values.items()])
    if not rewrites:
        values = _distinct([(_converted(key, conversion), one) for key, one in values.items()])
    return values


def _distinct(pairs: list[tuple[str, Secret]]) -> dict[str, Secret]:
    """Refuse keys that meet: which of them the operator takes is chance."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ManifestError("two of its keys would become one")
    return found


def _rewritten(key: str, rewrite: Rewrite) -> str:
    if rewrite.template is not None:
        return render(rewrite.template, {"value": key})

    def expanded(match: Any) -> str:
        return _REFERENCE.sub(lambda one: _group(match, one), rewrite.target)

    return str(_compile(rewrite.source).sub(expanded, key))


def _group(match: Any, reference: re.Match[str]) -> str:
    name = reference[1] or reference[2]
    if name is None:
        return "$"
    groups = match.groupdict()
    if name in groups:
        return groups[name] or ""
    # Go puts nothing where there is no such group.
    is_there = name.isdigit() and int(name) <= len(match.groups())
    return (match.group(int(name)) or "") if is_there else ""


def _compile(pattern: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error:
        raise ManifestError("the regular expression is not one of Go's") from None


def _converted(key: str, strategy: str) -> str:
    def sign(char: str) -> str:
        if char.isalnum() or char in "-._":
            return char
        return {"Default": "_", "Unicode": f"_U{ord(char):04x}_"}.get(strategy, char)

    return "".join(map(sign, key))


def _decode(value: Secret, strategy: str) -> Secret:
    if strategy == "None":
        return value
    plain = value.reveal()
    decoders = {"Base64": (False,), "Base64URL": (True,), "Auto": (False, True)}
    for url in decoders.get(strategy, ()):
        try:
            return Secret(_base64(plain, url=url))
        except (binascii.Error, ValueError):
            continue
    if strategy == "Auto":
        return value
    raise ManifestError(f"the value does not decode as {strategy}")


def _base64(data: bytes, *, url: bool) -> bytes:
    plain = data.replace(b"\n", b"").replace(b"\r", b"")
    return base64.b64decode(plain, altchars=b"-_" if url else None, validate=True)


def _as_text(value: Secret, key: str) -> str:
    try:
        return value.reveal().decode()
    except UnicodeDecodeError:
        raise ManifestError(f"a template is rendered with {key}, which is no text") from None
