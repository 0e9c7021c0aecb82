"""Read the objects of External Secrets Operator: what they take from where, and what they make.

Manifests and objects of a cluster alike, of v1beta1 and v1. Nothing is fetched here.

Source: external-secrets 0.16 apis/externalsecrets/v1 (externalsecret_types.go,
clusterexternalsecret_types.go, secretstore_types.go).
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sopsmith.errors import ManifestError
from sopsmith.ports import Kind, Object

GROUP = "external-secrets.io"
VERSIONS = ("v1", "v1beta1")
EXTERNAL_SECRET, CLUSTER_EXTERNAL_SECRET = "ExternalSecret", "ClusterExternalSecret"
SECRET_STORE, CLUSTER_SECRET_STORE = "SecretStore", "ClusterSecretStore"
PUSH_SECRETS = frozenset({"PushSecret", "ClusterPushSecret"})
OWNER, ORPHAN, MERGE, NONE, RETAIN = "Owner", "Orphan", "Merge", "None", "Retain"
_PLURALS = {
    EXTERNAL_SECRET: ("externalsecrets", True),
    CLUSTER_EXTERNAL_SECRET: ("clusterexternalsecrets", False),
    SECRET_STORE: ("secretstores", True),
    CLUSTER_SECRET_STORE: ("clustersecretstores", False),
    "PushSecret": ("pushsecrets", True),
    "ClusterPushSecret": ("clusterpushsecrets", False),
}


class StoreRef(NamedTuple):
    """Which store is asked."""

    kind: str
    name: str


class RemoteRef(NamedTuple):
    """What is asked of a store.

    Attributes:
        property: A place inside the value, by its keys; "" for all of it.
        metadata: Ask for the tags instead of the value.
    """

    key: str
    property: str = ""
    version: str = ""
    decoding: str = "None"
    conversion: str = "Default"
    metadata: bool = False


class Find(NamedTuple):
    """Which of a store's keys are taken: those of a name (a Go regexp), or of some tags."""

    name: str = ""
    tags: tuple[tuple[str, str], ...] = ()
    path: str | None = None
    decoding: str = "None"
    conversion: str = "Default"


class Rewrite(NamedTuple):
    """How keys are renamed: by a Go regexp and its replacement, or by a template."""

    source: str = ""
    target: str = ""
    template: str | None = None


class Source(NamedTuple):
    """One entry of `data` or of `dataFrom`.

    Attributes:
        field: Where it stands: `spec.data[0]`.
        key: The Secret's key, for `data`; "" where the value's own keys are taken.
        ref: What is asked for; None where `find` says.
    """

    field: str
    store: StoreRef
    key: str = ""
    ref: RemoteRef | None = None
    find: Find | None = None
    rewrites: tuple[Rewrite, ...] = ()


class Part(NamedTuple):
    """A piece of a template.

    Attributes:
        key: What it makes; "" where the text renders to a mapping of keys.
        target: `Data`, `Labels` or `Annotations`.
    """

    key: str
    text: str
    target: str = "Data"


class Template(NamedTuple):
    """What a target's template says.

    Attributes:
        parts: In the order in which they are applied; the later one wins.
        merges: The values that were fetched stand beside what is made.
    """

    type: str
    labels: dict[str, str]
    annotations: dict[str, str]
    parts: tuple[Part, ...]
    merges: bool


class ExternalSecret(NamedTuple):
    """An ExternalSecret, or what a ClusterExternalSecret makes in one namespace.

    Attributes:
        kind: Of the object that stands.
        object: The name of that object.
        namespace: Where the Secret is; "" where the manifest does not say.
        target: Name of the Secret.
        problem: Why it cannot be followed; "" if it can.
    """

    kind: str
    object: str
    namespace: str
    target: str
    creation: str
    deletion: str
    immutable: bool
    sources: tuple[Source, ...]
    template: Template | None
    labels: dict[str, str]
    annotations: dict[str, str]
    problem: str = ""

    @property
    def place(self) -> str:
        """Name it for people."""
        inside = f"{self.namespace}/" if self.kind == EXTERNAL_SECRET and self.namespace else ""
        return f"{self.kind} {inside}{self.object}"


class Store(NamedTuple):
    """A SecretStore or ClusterSecretStore.

    Attributes:
        provider: `aws`, `vault`, `kubernetes` and so on.
        fields: What stands below the provider.
    """

    ref: StoreRef
    namespace: str
    provider: str
    fields: Object


def kind_of(name: str, version: str) -> Kind:
    """Return a kind of the operator's as the cluster's API has it."""
    plural, namespaced = _PLURALS[name]
    return Kind(GROUP, "v1alpha1" if name in PUSH_SECRETS else version, plural, name, namespaced)


def is_ours(found: object) -> bool:
    """Tell whether an object is one of the operator's that can be read here."""
    if not isinstance(found, dict) or found.get("kind") not in _PLURALS:
        return False
    return str(found.get("apiVersion", "")).startswith(f"{GROUP}/")


def parse_store(found: Object) -> Store:
    """Return a store.

    Raises:
        ManifestError: It is not of the shape that the operator takes.
    """
    metadata = _metadata(found)
    provider = _mapping(_mapping(found, "spec"), "provider")
    names = sorted(provider)
    if len(names) != 1:
        raise ManifestError("names not one provider", key="spec.provider")
    ref = StoreRef(str(found.get("kind")), _text(metadata, "name"))
    return Store(ref, _text(metadata, "namespace"), names[0], _mapping(provider, names[0]))


def parse_external_secrets(found: Object) -> list[ExternalSecret]:
    """Return what an object makes: one Secret, or one in each namespace that is named.

    A ClusterExternalSecret that selects namespaces by label makes one without a namespace, with
    the reason, unless its status says where it is.

    Raises:
        ManifestError: It is not of the shape that the operator takes.
    """
    metadata, spec = _metadata(found), _mapping(found, "spec")
    name = _text(metadata, "name")
    if found.get("kind") == EXTERNAL_SECRET:
        return [_parse(found, name, _text(metadata, "namespace"), metadata, spec)]
    inner, given = _mapping(spec, "externalSecretSpec"), _mapping(spec, "externalSecretMetadata")
    given = {**given, "name": _text(spec, "externalSecretName") or name}
    spaces = _texts(_mapping(found, "status"), "provisionedNamespaces")
    spaces = spaces or _texts(spec, "namespaces")
    if spaces:
        return [_parse(found, name, space, given, inner) for space in spaces]
    problem = "it selects namespaces by label: read it from the cluster, with --cluster"
    return [_parse(found, name, "", given, inner)._replace(problem=problem)]


def _parse(
    found: Object, name: str, namespace: str, metadata: Object, spec: Object
) -> ExternalSecret:
    target = _mapping(spec, "target")
    sources, problem = _sources(spec)
    template = None
    if isinstance(target.get("template"), dict):
        template, why = _template(_mapping(target, "template"))
        problem = problem or why
    return ExternalSecret(
        kind=str(found["kind"]),
        object=name,
        namespace=namespace,
        target=_text(target, "name") or _text(metadata, "name"),
        creation=_text(target, "creationPolicy") or OWNER,
        deletion=_text(target, "deletionPolicy") or RETAIN,
        immutable=target.get("immutable") is True,
        sources=tuple(sources),
        template=template,
        labels=_pairs(metadata, "labels"),
        annotations=_pairs(metadata, "annotations"),
        problem=problem,
    )


def _sources(spec: Object) -> tuple[list[Source], str]:
    """Return the entries in the operator's order (`data` wins), and what cannot be followed."""
    usual, problem = _store_ref(_mapping(spec, "secretStoreRef")), ""
    found: list[Source] = []
    for list_name in ("dataFrom", "data"):
        for index, entry in enumerate(_list(spec, list_name)):
            field = f"spec.{list_name}[{index}]"
            other = _mapping(entry, "sourceRef")
            if other.get("generatorRef"):
                made = _text(_mapping(other, "generatorRef"), "kind") or "generator"
                problem = problem or f"{field}: a {made} makes its value at run time"
                continue
            store = _store_ref(_mapping(other, "storeRef")) if other.get("storeRef") else usual
            found.append(_source(entry, field, store))
    return found, problem or ("" if found else "it takes nothing from anywhere: is it a patch?")


def _source(entry: Object, field: str, store: StoreRef) -> Source:
    if entry.get("remoteRef"):
        key = _text(entry, "secretKey")
        return Source(field, store, key, _remote(_mapping(entry, "remoteRef")))
    rewrites = tuple(_rewrite(one, field) for one in _list(entry, "rewrite"))
    if entry.get("extract"):
        return Source(field, store, ref=_remote(_mapping(entry, "extract")), rewrites=rewrites)
    if not entry.get("find"):
        raise ManifestError("says neither remoteRef nor extract nor find", key=field)
    find = _mapping(entry, "find")
    return Source(
        field,
        store,
        find=Find(
            _text(_mapping(find, "name"), "regexp"),
            tuple(sorted(_pairs(find, "tags").items())),
            _text(find, "path") if find.get("path") is not None else None,
            _text(find, "decodingStrategy") or "None",
            _text(find, "conversionStrategy") or "Default",
        ),
        rewrites=rewrites,
    )


def _remote(ref: Object) -> RemoteRef:
    return RemoteRef(
        _text(ref, "key"),
        _text(ref, "property"),
        _text(ref, "version"),
        _text(ref, "decodingStrategy") or "None",
        _text(ref, "conversionStrategy") or "Default",
        _text(ref, "metadataPolicy") == "Fetch",
    )


def _rewrite(entry: Object, field: str) -> Rewrite:
    regexp, transform = _mapping(entry, "regexp"), _mapping(entry, "transform")
    if regexp and not transform:
        return Rewrite(_text(regexp, "source"), _text(regexp, "target"))
    if transform and not regexp:
        return Rewrite(template=_text(transform, "template"))
    raise ManifestError("is a rewrite of a kind that is not known here", key=field)


def _template(found: Object) -> tuple[Template, str]:
    version = _text(found, "engineVersion") or "v2"
    problem = "" if version == "v2" else f"its template is of the engine {version}, not v2"
    parts: list[Part] = []
    for index, entry in enumerate(_list(found, "templateFrom")):
        target = _text(entry, "target") or "Data"
        if isinstance(entry.get("literal"), str):
            parts.append(Part("", entry["literal"], target))
            continue
        kind = "ConfigMap" if entry.get("configMap") else "Secret"
        name = _text(_mapping(entry, "configMap") or _mapping(entry, "secret"), "name")
        where = f"spec.target.template.templateFrom[{index}]"
        problem = problem or f"{where}: the template stands in the {kind} {name}"
    metadata, data = _mapping(found, "metadata"), _pairs(found, "data")
    labels, annotations = _pairs(metadata, "labels"), _pairs(metadata, "annotations")
    # The operator merges only for want of any template, or where it is told to.
    merges = _text(found, "mergePolicy") == "Merge" or not (data or found.get("templateFrom"))
    parts += [Part(key, text) for key, text in data.items()]
    return Template(_text(found, "type"), labels, annotations, tuple(parts), merges), problem


def _store_ref(found: Object) -> StoreRef:
    return StoreRef(_text(found, "kind") or SECRET_STORE, _text(found, "name"))


def _metadata(found: Object) -> Object:
    metadata = _mapping(found, "metadata")
    if not _text(metadata, "name"):
        raise ManifestError("has no name", key="metadata.name")
    return metadata


def _mapping(found: Object, key: str) -> Object:
    value = found.get(key)
    if value is not None and not isinstance(value, dict):
        raise ManifestError("is no mapping", key=key)
    return value or {}


def _list(found: Object, key: str) -> list[Object]:
    value: Any = found.get(key) or []
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise ManifestError("is no list of mappings", key=key)
    return value


def _texts(found: Object, key: str) -> list[str]:
    value = found.get(key) or []
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _text(found: Object, key: str) -> str:
    value = found.get(key)
    if value is None:
        return ""
    if isinstance(value, dict | list | bool):
        raise ManifestError("is no text", key=key)
    return str(value)


def _pairs(found: Object, key: str) -> dict[str, str]:
    mapping = _mapping(found, key)
    return {str(name): _text(mapping, name) for name in mapping}
