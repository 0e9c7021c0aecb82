"""Say which words of a kustomization may name a file, and refuse the rest.

What passes is written again as a plain relative path, so that kustomize cannot take for an
address what was vetted as a file: it reads `https:` in any path field, and takes
`github.com/org/name` for a repository even where a folder of that name stands.

Source: kustomize api/internal/loader/fileloader.go (New, Load), api/internal/git/repospec.go.
"""

from __future__ import annotations

import posixpath

from sopsmith.errors import ManifestError
from sopsmith.repo.kustomization import is_remote

_SIGNS = frozenset(":?*\\\"'<>|\0\n\r\t")


def resolve(folder: str, entry: str, place: str) -> str:
    """Return where an entry leads, relative to the root of the repository.

    Args:
        folder: Of the kustomization that names it, relative to the root.

    Raises:
        ManifestError: It is no path, or leads outside of the repository.
    """
    if is_remote(entry):
        raise ManifestError(
            f"names {entry[:80]!r}, which is outside of this repository",
            path=place,
            hint="commit a copy of it: the sidecar fetches nothing",
        )
    if not entry or not _SIGNS.isdisjoint(entry) or "//" in entry:
        raise ManifestError(f"names {entry[:80]!r}, which is no plain path", path=place)
    target = posixpath.normpath(posixpath.join(folder, entry))
    if target.startswith(("/", "../")) or target == "..":
        raise ManifestError(
            f"names {entry[:80]!r}, which leaves the repository",
            path=place,
            hint="the sidecar reads nothing else of the machine",
        )
    return target


def relative(target: str, folder: str) -> str:
    """Return a target as kustomize reads it from a folder, and as nothing but a path."""
    path = posixpath.relpath(target, folder)
    return path if path.startswith("..") else f"./{path}"
