"""Plan the files of a GitOps repository: what a new one needs, or what an old one lacks."""

from __future__ import annotations

from typing import NamedTuple

from sopsmith.errors import Error
from sopsmith.formats import yaml
from sopsmith.formats.tree import to_object
from sopsmith.repo.argocd_apps import SECRETS_FILE
from sopsmith.repo.layout_argocd import build_argocd_files, resources_of
from sopsmith.repo.layout_policy import (
    build_gitattributes,
    build_gitignore,
    build_precommit,
    build_sops_config,
    extend_gitignore,
)
from sopsmith.repo.layout_settings import build_settings
from sopsmith.repo.settings import FILE, RepoSettings

SOPS_CONFIG = ".sops.yaml"
_GITIGNORE = ".gitignore"


class PlannedFile(NamedTuple):
    """One file to write, relative to the root of the repository.

    Attributes:
        extends: It stands already, and the data has all of its bytes and more behind them.
    """

    path: str
    data: bytes
    extends: bool = False


def layout_paths(settings: RepoSettings) -> list[str]:
    """Return every path that the layout has, in the order in which they are written."""
    return list(_build_files(settings))


def plan_layout(settings: RepoSettings, existing: dict[str, bytes]) -> list[PlannedFile]:
    """Return the files that are missing, and `.gitignore` where it lacks a pattern.

    Nothing else that stands is changed.

    Args:
        existing: Bytes of each file of `layout_paths` that stands already.
    """
    planned = [
        PlannedFile(path, text.encode())
        for path, text in _build_files(settings).items()
        if path not in existing
    ]
    if _GITIGNORE in existing:
        old = existing[_GITIGNORE]
        # Latin-1 gives each byte back, so that a file in any encoding keeps what it has.
        new = extend_gitignore(old.decode("latin-1")).encode("latin-1")
        if new != old:
            planned.append(PlannedFile(_GITIGNORE, new, extends=True))
    return planned


def find_gaps(settings: RepoSettings, existing: dict[str, bytes]) -> list[str]:
    """Return a sentence for each overlay that stands and does not list what it should."""
    gaps = []
    for scope in settings.scopes:
        path = f"{settings.overlay_folder(scope.name)}/kustomization.yaml"
        if path not in existing:
            continue
        listed = _resources(existing[path])
        wanted = resources_of(settings, scope.name)
        if listed is not None and SECRETS_FILE in listed:
            # An Application of their own brings the Secrets: `sopsmith argocd applications`.
            wanted = tuple(entry for entry in wanted if not entry.endswith("/secrets"))
        missing = [
            entry
            for entry in wanted
            if listed is not None and entry.removeprefix("./") not in listed
        ]
        if listed is None:
            gaps.append(f"{path}: could not be read, so what it lists is not known")
        elif missing:
            gaps.append(f"{path}: resources lacks {', '.join(missing)}")
    return gaps


def _resources(data: bytes) -> set[str] | None:
    try:
        trees = yaml.read(data.decode("utf-8-sig"))
    except (Error, UnicodeDecodeError):
        return None
    content = to_object(trees[0].root) if trees else None
    listed = content.get("resources") if isinstance(content, dict) else None
    entries = listed if isinstance(listed, list) else []
    return {str(entry).removeprefix("./").rstrip("/") for entry in entries}


def _build_files(settings: RepoSettings) -> dict[str, str]:
    # The settings come first: they hold the recipients, so a run that was cut short behind
    # them is taken up again without new identities. Git's rules come before any Secret could.
    return {
        FILE: build_settings(settings),
        _GITIGNORE: build_gitignore(),
        ".gitattributes": build_gitattributes(),
        SOPS_CONFIG: build_sops_config(settings),
        ".pre-commit-config.yaml": build_precommit(),
        **build_argocd_files(settings),
    }
