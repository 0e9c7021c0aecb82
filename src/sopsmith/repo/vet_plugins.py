"""Vet what a kustomization would have run: ksops' generators pass, and nothing that is a program.

Source: kustomize api/internal/target/kusttarget.go (configureExternalGenerators,
configureExternalTransformers), api/internal/plugins/loader/loader.go (isBuiltinPlugin,
loadPlugin); kyaml/fn/runtime/runtimeutil (the annotations of a function).
"""

from __future__ import annotations

from typing import NamedTuple

from sopsmith.errors import ManifestError
from sopsmith.kube.ksops import is_generator
from sopsmith.kube.write import write_document
from sopsmith.repo.kustomization import FUNCTION, Layer, Use

# Transformers that are part of kustomize and name no file and no program.
_TRANSFORMERS = frozenset({
    "AnnotationsTransformer", "ImageTagTransformer", "LabelTransformer", "NamespaceTransformer",
    "PrefixTransformer", "ReplicaCountTransformer", "SuffixTransformer",
})  # fmt: skip
_OLD_FUNCTION = "config.k8s.io/function"


class Run(NamedTuple):
    """A generator of ours that a kustomization names, and the file that holds it."""

    place: str
    manifest: dict[str, object]


def vet_generator(one: object, place: str) -> Run:
    """Return a generator, if it is ksops's and asks for no program but `ksops`.

    Raises:
        ManifestError: It is anything else; `key` says where.
    """
    if not isinstance(one, dict) or not is_generator(one):
        raise _refusal(one, place, "generator")
    if _OLD_FUNCTION in _annotations(one):
        raise ManifestError(
            "asks for a function by the name that kustomize used to have for it",
            path=place,
            key=f"metadata.annotations.{_OLD_FUNCTION}",
            hint=f"write {FUNCTION} instead",
        )
    use = Use("", place, one, Layer())
    if use.function is not None and not use.is_found_on_path:
        raise ManifestError(
            "names a program of its own, and the sidecar runs none",
            path=place,
            key=f"metadata.annotations.{FUNCTION}",
            hint="write exec: {path: ksops}, and nothing else",
        )
    return Run(place, one)


def vet_transformer(one: object, place: str) -> str:
    """Return a transformer as text to stand inline, if it is one of kustomize's own.

    Raises:
        ManifestError: It is anything else.
    """
    if (
        not isinstance(one, dict)
        or one.get("apiVersion") != "builtin"
        or one.get("kind") not in _TRANSFORMERS
        or _annotations(one)
    ):
        raise _refusal(one, place, "transformer")
    return write_document(one)


def _annotations(one: dict[str, object]) -> dict[str, object]:
    metadata = one.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    return annotations if isinstance(annotations, dict) else {}


def _refusal(one: object, place: str, what: str) -> ManifestError:
    fields = one if isinstance(one, dict) else {}
    kind = f"{fields.get('apiVersion')} {fields.get('kind')}"
    return ManifestError(
        f"names a {what} that the sidecar does not run: {kind[:80]!r}",
        path=place,
        hint="only ksops generators and kustomize's own simple transformers are rendered there",
    )
