"""Take apart the Lists of manifests, as kustomize does.

Source: kustomize api/resource/factory.go (inlineAnyEmbeddedLists).
"""

from __future__ import annotations


def members(manifest: dict[str, object]) -> list[dict[str, object]]:
    """Return the objects of a `List`, `SecretList` and so on, or the object itself."""
    items = manifest.get("items")
    if not str(manifest.get("kind")).endswith("List") or not isinstance(items, list):
        return [manifest]
    return [one for item in items if isinstance(item, dict) for one in members(item)]
