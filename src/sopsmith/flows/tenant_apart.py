"""Say what of a tenant's kustomizations leads out of its folder, or would run a program.

The sidecar refuses that when it renders. KSOPS in the repo-server does not, so that there this
check, before anything is merged, is all that stands between a tenant and the platform's folders.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sopsmith.errors import Error
from sopsmith.kube.ksops import Generator, parse_generator
from sopsmith.repo.vet import FolderOf, Layer, vet

if TYPE_CHECKING:
    from sopsmith.ports import Files


def find_ways_out(
    files: Files, folder_of: FolderOf, folder: str, own: str
) -> Iterator[tuple[str, str, str]]:
    """Yield place, reason and hint of what a render of a folder would reach or run besides it.

    Args:
        files: Reads by paths relative to the root of the repository.
        folder: Of the kustomization that is rendered, relative to the root.
        own: The tenant's folder.
    """
    try:
        vetted = vet(files, folder_of, folder, own)
    except Error as error:
        key = f"{error.key}: " if error.key else ""
        yield error.path or folder, f"{key}{error.message}", error.hint or ""
        return
    for layer in vetted.layers:
        yield from _generators(layer, own)


def _generators(layer: Layer, own: str) -> Iterator[tuple[str, str, str]]:
    """Yield what generators open outside of the folder; upstream KSOPS opens it."""
    for run in layer.runs:
        try:
            named = _paths(parse_generator(run.manifest))
        except Error as error:
            yield run.place, error.message, error.hint or ""
            continue
        for one in named:
            target = posixpath.normpath(posixpath.join(layer.folder, one))
            if not target.startswith(f"{own}/"):
                yield run.place, f"opens {one}, which is outside of the tenant's folder", ""


def _paths(generator: Generator) -> list[str]:
    sources = [
        source.path
        for secret in generator.secrets
        for source in (*secret.files, *secret.binary_files)
    ]
    envs = [path for secret in generator.secrets for path in secret.envs]
    return [*generator.files, *sources, *envs]
