"""Plan the way from External Secrets Operator to encrypted Secrets in Git.

What each ExternalSecret makes is found out, from the cluster's live Secret or from the provider
by way of its rules; what an operator makes at run time, and what cannot be followed in full, is
left where it is, with the reason.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from typing import NamedTuple

from sopsmith.errors import ManifestError, NotThere
from sopsmith.flows.migrate import Found, Left
from sopsmith.flows.migrate_env import EnvValues
from sopsmith.flows.migrate_read import Manifest
from sopsmith.kube.external_secrets import (
    CLUSTER_SECRET_STORE,
    EXTERNAL_SECRET,
    MERGE,
    NONE,
    PUSH_SECRETS,
    SECRET_STORE,
    VERSIONS,
    ExternalSecret,
    Source,
    Store,
    StoreRef,
    kind_of,
    parse_external_secrets,
    parse_store,
)
from sopsmith.kube.external_values import Provider, build_manifest, fetch, own_marks
from sopsmith.kube.kinds import SECRET
from sopsmith.kube.run_time import find_maker
from sopsmith.kube.secret import OPAQUE, SecretManifest
from sopsmith.ports import Cluster, Object
from sopsmith.repo.kustomized import Around
from sopsmith.repo.migration import RemoteKey
from sopsmith.secret import Secret

FROM_CLUSTER, FROM_AWS, FROM_VAULT, FROM_ENV = "cluster", "aws", "vault", "env-file"


class Means(NamedTuple):
    """Where values come from.

    Attributes:
        source: One of the words above.
        cluster: The cluster that runs the ExternalSecrets; None where none is named.
        open_provider: Opens a store of a provider by its settings.
        env: For `env-file`.
    """

    source: str
    cluster: Cluster | None = None
    open_provider: Callable[[str, tuple[tuple[str, str], ...]], Provider] | None = None
    env: EnvValues | None = None


def resolve(manifests: Sequence[Manifest], means: Means) -> tuple[list[Found], list[Left]]:
    """Return the Secrets that can follow, with their values, and what cannot and why.

    Raises:
        Denied, Unreachable: As the cluster or the provider says: nobody knows what is there.
    """
    stores, external, left = _sort(manifests)
    pushed = _pushed(manifests)
    found: list[Found] = []
    for one, near in external:
        try:
            found.append(_resolve(put_around(one, near), stores, pushed, means))
        except (ManifestError, NotThere) as error:
            left.append(Left(one.place, "; ".join(filter(None, (error.key, error.message)))))
    return found, left


def settings_of(store: Store) -> tuple[tuple[str, str], ...]:
    """Return what is needed to reach a store, in names alone."""
    fields = {
        "aws": ("service", "region", "prefix"),
        "vault": ("server", "path", "version", "namespace"),
    }.get(store.provider, ())
    return tuple((name, str(store.fields[name])) for name in fields if store.fields.get(name))


def _resolve(
    one: ExternalSecret, stores: dict[tuple[StoreRef, str], Store], pushed: dict[str, str],
    means: Means,
) -> Found:  # fmt: skip
    _refuse(one, pushed)
    live = means.cluster.find(SECRET, one.target, one.namespace) if means.cluster else None
    maker = find_maker(live) if live else ""
    maker = maker or _maker_behind(one, stores, means.cluster)
    if maker:
        raise ManifestError(f"its value is made at run time: {maker}")
    keys = [_remote(source, source.ref.key, one, stores, means.cluster)
            for source in one.sources if source.ref]  # fmt: skip
    if means.source == FROM_CLUSTER:
        if live is None:
            raise NotThere("its Secret is not in the cluster")
        origin = f"live Secret {one.namespace}/{one.target}"
        return Found(one.place, origin, _manifest_of(live), tuple(dict.fromkeys(keys)))
    values: dict[str, Secret] = {}
    keys = []
    for source in one.sources:
        got = _fetch(source, one, stores, means)
        values |= got[0]
        keys += [_remote(source, key, one, stores, means.cluster) for key in got[1]]
    origin = f"{means.source} " + ", ".join(dict.fromkeys(key.key for key in keys))
    return Found(one.place, origin, build_manifest(one, values), tuple(dict.fromkeys(keys)))


def _fetch(
    source: Source, one: ExternalSecret, stores: dict[tuple[StoreRef, str], Store], means: Means
) -> tuple[dict[str, Secret], tuple[str, ...]]:
    try:
        if means.env is not None:
            values = fetch(means.env.adapt(source), means.env).values
            return values, (source.ref.key,) if source.ref else ()
        store = _store(source, one, stores, means.cluster)
        if store is None:
            raise ManifestError(f"{source.store.kind} {source.store.name} is not known here")
        if store.provider != means.source or means.open_provider is None:
            raise ManifestError(f"its store is one of {store.provider}, not of {means.source}")
        return fetch(source, means.open_provider(store.provider, settings_of(store)))
    except NotThere as error:
        raise NotThere(error.message, key=source.field) from None


def _refuse(one: ExternalSecret, pushed: dict[str, str]) -> None:
    """Refuse what cannot follow whatever its values are.

    Raises:
        ManifestError: With the reason.
    """
    if one.problem:
        raise ManifestError(one.problem)
    if one.creation == NONE:
        raise ManifestError("it makes no Secret (creationPolicy None)")
    if one.creation == MERGE:
        raise ManifestError("it adds keys to a Secret that something else makes "
                            "(creationPolicy Merge)")  # fmt: skip
    for source in one.sources:
        if source.ref and source.ref.key in pushed:
            who = pushed[source.ref.key]
            raise ManifestError(f"{who} writes {source.ref.key}: its value is made at run time")


def put_around(one: ExternalSecret, near: Around) -> ExternalSecret:
    """Return an ExternalSecret as the kustomizations around it make it."""
    build = "build it first: kustomize build FOLDER | sopsmith migrate eso -"
    if near.trouble:
        return one._replace(problem=f"{near.trouble}; {build}")
    if one.kind != EXTERNAL_SECRET or not near.namespaces:
        return one
    if len(near.namespaces) > 1:
        names = " and ".join(sorted(near.namespaces))
        return one._replace(problem=f"kustomizations put it in {names}; {build}")
    return one._replace(namespace=next(iter(near.namespaces)))


def _sort(
    manifests: Sequence[Manifest],
) -> tuple[dict[tuple[StoreRef, str], Store], list[tuple[ExternalSecret, Around]], list[Left]]:
    stores: dict[tuple[StoreRef, str], Store] = {}
    external: list[tuple[ExternalSecret, Around]] = []
    left: list[Left] = []
    for one in manifests:
        kind = str(one.content.get("kind"))
        metadata = one.content.get("metadata") or {}
        place = f"{kind} {metadata.get('namespace', '')}/{metadata.get('name', '')}"
        try:
            if kind in PUSH_SECRETS:
                left.append(Left(place, "writes to a provider, which Secrets in Git do not do"))
            elif kind in {SECRET_STORE, CLUSTER_SECRET_STORE}:
                store = parse_store(one.content)
                stores[store.ref, _home(store, one.around)] = store
            else:
                external += [(e, one.around) for e in parse_external_secrets(one.content)]
        except ManifestError as error:
            left.append(Left(place, "; ".join(filter(None, (error.key, error.message)))))
    return stores, external, left


def _home(store: Store, near: Around) -> str:
    if store.ref.kind == CLUSTER_SECRET_STORE:
        return ""
    return next(iter(near.namespaces)) if len(near.namespaces) == 1 else store.namespace


def _pushed(manifests: Sequence[Manifest]) -> dict[str, str]:
    """Return which PushSecret writes each key of a provider."""
    return {
        str(((entry.get("match") or {}).get("remoteRef") or {}).get("remoteKey")): (
            f"{one.content['kind']} {(one.content.get('metadata') or {}).get('name')}"
        )
        for one in manifests
        if one.content.get("kind") in PUSH_SECRETS
        for entry in (one.content.get("spec") or {}).get("data") or []
    }


def _store(
    source: Source, one: ExternalSecret, stores: dict[tuple[StoreRef, str], Store],
    cluster: Cluster | None,
) -> Store | None:  # fmt: skip
    """Return an entry's store, from what was read or else from the cluster."""
    ref = source.store
    home = "" if ref.kind == CLUSTER_SECRET_STORE else one.namespace
    key = (ref, home)
    if key not in stores and cluster is not None:
        for version in VERSIONS:
            found = cluster.find(kind_of(ref.kind, version), ref.name, home)
            if found is not None:
                stores[key] = parse_store(found)
                break
    return stores.get(key)


def _remote(
    source: Source, key: str, one: ExternalSecret, stores: dict[tuple[StoreRef, str], Store],
    cluster: Cluster | None,
) -> RemoteKey:  # fmt: skip
    store = _store(source, one, stores, cluster)
    place = f"{source.store.kind} {source.store.name}"
    return (
        RemoteKey(key, place, store.provider, settings_of(store))
        if store
        else RemoteKey(key, place)
    )


def _maker_behind(
    one: ExternalSecret, stores: dict[tuple[StoreRef, str], Store], cluster: Cluster | None
) -> str:
    """Return who makes, at run time, a Secret of the cluster that an ExternalSecret copies."""
    for source in one.sources if cluster else ():
        store = _store(source, one, stores, cluster)
        if cluster and store and store.provider == "kubernetes" and source.ref:
            space = str(store.fields.get("remoteNamespace") or "default")
            copied = cluster.find(SECRET, source.ref.key, space)
            maker = find_maker(copied) if copied else ""
            if maker:
                return maker
    return ""


def _manifest_of(live: Object) -> SecretManifest:
    """Return a live Secret as it should stand in Git."""
    metadata = live["metadata"]
    data = {
        key: Secret(base64.b64decode(value or ""))
        for key, value in sorted((live.get("data") or {}).items())
    }
    return SecretManifest(
        metadata["name"], metadata["namespace"], str(live.get("type") or OPAQUE), data,
        own_marks(metadata.get("labels") or {}), own_marks(metadata.get("annotations") or {}),
        live.get("immutable") is True,
    )  # fmt: skip
