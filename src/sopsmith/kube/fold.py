"""Fold `stringData` into `data`, as the API server itself does when it stores a Secret.

Argo CD compares what Git says with what the cluster holds. The API server keeps no
`stringData`, so Argo CD never removes a key that left it, and shows a number in it in
clear in its diff (argo-cd issues 29109 and 16193). With `data` alone both work.

Source: Kubernetes pkg/apis/core/v1/conversion.go (Convert_v1_Secret_To_core_Secret).
"""

from __future__ import annotations

from binascii import b2a_base64

from sopsmith.errors import ManifestError
from sopsmith.formats.tree import Timestamp


def fold(manifest: dict[str, object]) -> dict[str, object]:
    """Return a Secret without `stringData`, or any other object as it is.

    A key of `stringData` wins over the same key of `data`; the members of a List are folded
    one by one.

    Raises:
        ManifestError: A value is of a type that Kubernetes refuses; `key` names it.
    """
    kind = manifest.get("kind")
    if kind == "Secret":
        return _fold_secret(manifest)
    items = manifest.get("items")
    if isinstance(kind, str) and kind.endswith("List") and isinstance(items, list):
        folded = [fold(item) if isinstance(item, dict) else item for item in items]
        return {**manifest, "items": folded}
    return manifest


def encode(value: bytes) -> str:
    """Return bytes as they stand in `data`."""
    return b2a_base64(value, newline=False).decode()


def _fold_secret(manifest: dict[str, object]) -> dict[str, object]:
    strings = _part(manifest, "stringData")
    data = dict(_part(manifest, "data"))
    for key, value in data.items():
        if type(value) is not str:
            raise _refusal("data", key, value)
    for key, value in strings.items():
        if isinstance(value, str) and not isinstance(value, Timestamp):
            data[key] = encode(value.encode())
        elif isinstance(value, bytes):
            data[key] = encode(value)
        else:
            raise _refusal("stringData", key, value)
    folded = {name: part for name, part in manifest.items() if name not in {"stringData", "data"}}
    if data:
        folded["data"] = data
    return folded


def _part(manifest: dict[str, object], name: str) -> dict[str, object]:
    part = manifest.get(name)
    if part is None:
        return {}
    if not isinstance(part, dict):
        raise ManifestError("must be a mapping", key=name)
    return part


def _refusal(part: str, key: str, value: object) -> ManifestError:
    kind = "a date" if isinstance(value, str) else _KINDS.get(type(value), "no string")
    return ManifestError(
        f"the value is {kind}, and Kubernetes takes strings alone",
        key=f"{part}.{key}",
        hint="quote the value in the file",
    )


_KINDS: dict[type, str] = {
    bool: "a boolean", int: "a number", float: "a number", type(None): "null",
    dict: "a mapping", list: "a list",
}  # fmt: skip
