"""Find the Secrets of SOPS files that stand anywhere, as they can follow."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from sopsmith.errors import Error, ManifestError, NotEncrypted
from sopsmith.flows.migrate import LEFT, STANDS, Found, Left, Row
from sopsmith.flows.reading import read_for_sops
from sopsmith.kube.external_values import own_marks
from sopsmith.kube.secret import OPAQUE, SecretManifest
from sopsmith.ports import Files, Trees
from sopsmith.repo.kustomization import NAMES
from sopsmith.repo.listing import drop_generator, is_idle, update_generator
from sopsmith.repo.plan import UNCOMPARED
from sopsmith.secret import Secret
from sopsmith.sops.document import Document
from sopsmith.sops.keyring import Keyring

_YAML = (".yaml", ".yml", ".json")
_FIELDS = frozenset({"apiVersion", "kind", "metadata", "type", "data", "stringData", "immutable"})


def find_loose(
    paths: Sequence[str], home: str, keyring: Keyring, trees: Trees
) -> tuple[list[Found], list[Left]]:
    """Return the Secrets that SOPS files of some files and folders hold, and what cannot follow.

    Args:
        home: The folders of this repository's own Secrets, which stay where they are.

    Raises:
        OutsideError: A path is not there.
    """
    found: list[Found] = []
    left: list[Left] = []
    for path in trees.walk(tuple(paths)):
        if os.path.abspath(path).startswith(home + os.sep) or not path.endswith(_YAML):
            continue
        try:
            name = "json" if path.endswith(".json") else "yaml"
            document = Document.parse(read_for_sops(trees, path), name, path=path)
            objects = document.unlock(keyring).objects()
        except NotEncrypted:
            continue
        except Error as error:
            if b"ENC[" in trees.read(path):
                left.append(Left(path, error.message))
            continue
        for one in objects:
            _try(one, path, partial(_manifest_of, one), found, left)
    return found, left


def plan_moved(
    rows: Sequence[Row], left: Sequence[Left], trees: Trees, paths: Sequence[str], files: Files
) -> dict[str, bytes | None]:
    """Return what changes where SOPS files have moved away: lists that named them, then they.

    A file goes where every Secret in it has followed; None stands for that.

    Raises:
        ManifestError, FormatError: A list cannot be edited safely.
    """
    stays = {row.origin for row in rows if row.action in {LEFT, STANDS, UNCOMPARED}}
    stays |= {one.object.split(" ")[0] for one in left}
    gone = {row.origin for row in rows if row.origin} - stays
    edited: dict[str, bytes | None] = {}
    for place in trees.walk(tuple(paths)):
        data = trees.read(place) if place.endswith(_YAML) and place not in gone else b""
        if b"viaduct.ai" in data and b"ENC[" not in data:
            new = _without(data, place, gone)
            edited |= {place: new} if new != data else {}
            if new != data and is_idle(new):
                edited |= _drop_generator(place, files)
    return {**edited, **dict.fromkeys(sorted(gone))}


def _without(data: bytes, place: str, gone: set[str]) -> bytes:
    folder = os.path.dirname(place) or "."
    return update_generator(data, [], remove=[os.path.relpath(one, folder) for one in gone])


def _drop_generator(place: str, files: Files) -> dict[str, bytes | None]:
    folder, name = os.path.split(place)
    for one in NAMES:
        path = os.path.join(folder, one)
        data = files.find(path)
        if data is not None:
            return {path: drop_generator(data, generator=name)}
    return {}


def _try(
    one: object, path: str, make: Callable[[], SecretManifest],
    found: list[Found], left: list[Left],
) -> None:  # fmt: skip
    fields = one if isinstance(one, dict) else {}
    metadata = fields.get("metadata")
    name = metadata.get("name", "") if isinstance(metadata, dict) else ""
    try:
        found.append(Found(f"{fields.get('kind')} {name}", path, make()))
    except ManifestError as error:
        reason = "; ".join(filter(None, (error.key, error.message)))
        left.append(Left(f"{path} {name}".strip(), reason))


def put_secrets_into(found: Sequence[Found], namespace: str) -> list[Found]:
    """Return Secrets as they are deployed into a namespace: it is that of those with none."""
    return [
        one._replace(manifest=one.manifest._replace(namespace=one.manifest.namespace or namespace))
        for one in found
    ]


def _manifest_of(one: object) -> SecretManifest:
    """Return a decrypted Secret.

    Raises:
        ManifestError: It is something else, or is not one of Kubernetes'.
    """
    if not isinstance(one, dict) or one.get("kind") != "Secret" or one.get("apiVersion") != "v1":
        raise ManifestError("is no Secret, and stays as it is")
    extra = sorted(set(one) - _FIELDS)
    if extra:
        raise ManifestError(f"has fields that a Secret has not: {', '.join(extra)}")
    metadata: dict[str, Any] = one.get("metadata") or {}
    data = {key: _decoded(key, value) for key, value in (one.get("data") or {}).items()}
    data |= {key: Secret(str(v).encode()) for key, v in (one.get("stringData") or {}).items()}
    return SecretManifest(
        str(metadata.get("name") or ""), str(metadata.get("namespace") or ""),
        str(one.get("type") or OPAQUE), data, own_marks(metadata.get("labels") or {}),
        own_marks(metadata.get("annotations") or {}), one.get("immutable") is True,
    )  # fmt: skip


def _decoded(key: str, value: object) -> Secret:
    try:
        return Secret(base64.b64decode("".join(str(value or "").split()), validate=True))
    except (binascii.Error, ValueError):
        raise ManifestError("is no base64", key=f"data.{key}") from None
