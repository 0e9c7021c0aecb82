"""Read the folders of Secrets that a repository has, scope by scope."""

from __future__ import annotations

import os

from sopsmith.errors import UsageError
from sopsmith.ports import Files
from sopsmith.repo.layout_argocd import GENERATOR
from sopsmith.repo.manifests import SUFFIX
from sopsmith.repo.settings import RepoSettings, Scope

KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
"""Names of the list of a folder's resources and generators; kustomize refuses two of them."""
LISTS = frozenset({GENERATOR, *KUSTOMIZATIONS})


def kustomization_of(folder: dict[str, bytes]) -> str:
    """Return the name of the kustomization that a folder has, or should get."""
    return next((name for name in KUSTOMIZATIONS if name in folder), KUSTOMIZATIONS[0])


def choose_scopes(names: tuple[str, ...], settings: RepoSettings) -> list[Scope]:
    """Return the scopes of these names, or all.

    Raises:
        UsageError: There is no such scope.
    """
    known = [scope.name for scope in settings.scopes]
    for name in names:
        if name not in known:
            raise UsageError(f"{name!r} is no environment here; there are {', '.join(known)}")
    return [scope for scope in settings.scopes if not names or scope.name in names]


def read_folder(files: Files, root: str, scope: Scope, settings: RepoSettings) -> dict[str, bytes]:
    """Return the Secrets and lists of a scope's folder, by name.

    Raises:
        OutsideError: A file cannot be read.
    """
    folder = os.path.join(root, settings.secrets_folder(scope.name))
    return {
        name: files.read(os.path.join(folder, name))
        for name in files.names(folder)
        if name.endswith(SUFFIX) or name in LISTS
    }
