"""Hide the values of Secrets, and find ciphertext that is about to become a value."""

from __future__ import annotations

from binascii import Error as Base64Error
from binascii import a2b_base64

CIPHERTEXT = "ENC[AES256_GCM,"
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_OPEN = frozenset({"apiVersion", "kind", "metadata", "type", "immutable"})


def mask(manifest: dict[str, object]) -> dict[str, object]:
    """Return an object with every value replaced by its size; names and metadata stay.

    Sizes are in bytes, of what stands behind the base64 in the case of `data`.
    """
    masked: dict[str, object] = {}
    for name, part in manifest.items():
        if name == "metadata":
            masked[name] = _mask_metadata(part)
        elif name in _OPEN:
            masked[name] = part
        else:
            masked[name] = _mask_value(part, encoded=name == "data")
    return masked


def hide(manifest: dict[str, object]) -> dict[str, object]:
    """Return an object of the same shape and types whose values say nothing, not even their size.

    kustomize takes it as it takes the real one, and has nothing to quote when it fails.
    """
    return {
        name: part if name in _OPEN else _hide_value(part, encoded=name in {"data", "binaryData"})
        for name, part in manifest.items()
    }


def find_tokens(manifest: dict[str, object]) -> list[str]:
    """Return the key paths of values that are still ciphertext, also behind base64 in a Secret."""
    secret = manifest.get("kind") == "Secret"
    found: list[str] = []
    for name, part in manifest.items():
        _find(part, name, found, encoded=secret and name == "data")
    return found


def _mask_metadata(metadata: object) -> object:
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    if not isinstance(annotations, dict) or _LAST_APPLIED not in annotations:
        return metadata
    # This annotation holds the whole object once more, values included.
    hidden = _mask_value(annotations[_LAST_APPLIED], encoded=False)
    assert isinstance(metadata, dict)
    return {**metadata, "annotations": {**annotations, _LAST_APPLIED: hidden}}


def _mask_value(value: object, *, encoded: bool) -> object:
    if isinstance(value, dict):
        return {key: _mask_value(child, encoded=encoded) for key, child in value.items()}
    if isinstance(value, list):
        return [_mask_value(child, encoded=encoded) for child in value]
    data = str(value).encode()
    if encoded:
        try:
            data = a2b_base64(data.replace(b"\n", b""), strict_mode=True)
        except Base64Error:
            return f"<not base64, {len(data)} bytes>"
    return f"<{len(data)} byte{'' if len(data) == 1 else 's'}>"


def _hide_value(value: object, *, encoded: bool) -> object:
    if isinstance(value, dict):
        return {key: _hide_value(child, encoded=encoded) for key, child in value.items()}
    if isinstance(value, list):
        return [_hide_value(child, encoded=encoded) for child in value]
    if isinstance(value, bool):
        return False
    if isinstance(value, int | float):
        return 0
    return value if value is None else "aGlkZGVu" if encoded else "hidden"


def _find(value: object, path: str, found: list[str], *, encoded: bool) -> None:
    if isinstance(value, dict):
        for key, child in value.items():
            _find(child, f"{path}.{key}", found, encoded=encoded)
    elif isinstance(value, list):
        for index, child in enumerate(value):
            _find(child, f"{path}[{index}]", found, encoded=encoded)
    elif isinstance(value, str) and (
        CIPHERTEXT in value or (encoded and CIPHERTEXT in _decode(value))
    ):
        found.append(path)


def _decode(value: str) -> str:
    try:
        return a2b_base64(value).decode("utf-8", "replace")
    except (Base64Error, ValueError):
        return ""
