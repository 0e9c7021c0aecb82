"""Hold what a build gave against what its generators promise, and look for ciphertext in it."""

from __future__ import annotations

from sopsmith.errors import ManifestError
from sopsmith.kube.mask import find_tokens
from sopsmith.repo.promises import Promise

Manifest = dict[str, object]


def check_outcome(
    objects: list[Manifest], promises: list[Promise], folder: str, *, hint: str
) -> None:
    """Check that everything promised came out, and in clear.

    Args:
        hint: What to do where something is missing.

    Raises:
        ManifestError: An object is missing, or a value is still ciphertext.
    """
    for one in objects:
        for key in find_tokens(one):
            raise ManifestError(
                f"{_name(one)} would reach the cluster with ciphertext as its value",
                path=folder,
                key=key,
                hint="the encrypted file is used without the ksops generator",
            )
    by_kind: dict[object, list[Manifest]] = {}
    for one in objects:
        by_kind.setdefault(one.get("kind"), []).append(one)
    broken = [
        promise
        for promise in promises
        if not any(promise.is_kept_by(one) for one in by_kind.get(promise.kind, []))
    ]
    if broken:
        names = ", ".join(f"{promise.kind} {promise.name}" for promise in broken)
        raise ManifestError(
            f"the generators promise what does not come out: {names}",
            path=broken[0].source if len(broken) == 1 else folder,
            hint=hint,
        )


def _name(one: Manifest) -> str:
    metadata = one.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return f"{one.get('kind')} {name}"
