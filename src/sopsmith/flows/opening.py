"""Count the files of a repository that some identities open, scope by scope."""

from __future__ import annotations

import os
from typing import NamedTuple

from sopsmith.age import Identity
from sopsmith.errors import Error, NoIdentity
from sopsmith.flows.key_secret import opens
from sopsmith.flows.reading import read_for_sops
from sopsmith.ports import Files, Trees
from sopsmith.repo.settings import CORE, RepoSettings
from sopsmith.sops.keyring import Keyring
from sopsmith.sops.recognise import recognise

ELSEWHERE = "elsewhere"


class Opened(NamedTuple):
    """How many encrypted files of a scope open.

    Attributes:
        scope: Its name, or `ELSEWHERE` for files in no scope's folder.
        opened: Files that open and whose MAC holds.
        files: All encrypted files.
    """

    scope: str
    opened: int
    files: int


def count_opened(
    root: str, settings: RepoSettings, identities: list[Identity], trees: Trees
) -> tuple[Opened, ...]:
    """Return what some identities open, for each scope that has an encrypted file.

    Raises:
        OutsideError: The root is not there.
    """
    keyring = Keyring(identities)
    counts: dict[str, list[int]] = {}
    for path in trees.walk((root,)):
        found = _opens(path, keyring, trees)
        if found is not None:
            count = counts.setdefault(_scope_of(os.path.relpath(path, root), settings), [0, 0])
            count[0] += found
            count[1] += 1
    order = [*(scope.name for scope in settings.scopes), ELSEWHERE]
    return tuple(Opened(name, *counts[name]) for name in order if name in counts)


def read_scopes(
    root: str, environment: str, settings: RepoSettings, files: Files, trees: Trees
) -> list[tuple[str, bytes]]:
    """Return the SOPS files that an environment's cluster opens: its own and core's.

    Raises:
        OutsideError: One cannot be read.
    """
    folders = [os.path.join(root, settings.overlay_folder(name)) for name in (CORE, environment)]
    stand = tuple(folder for folder in folders if files.names(folder))
    read = ((path, read_for_sops(trees, path)) for path in trees.walk(stand))
    return [(path, data) for path, data in read if recognise(data, path)]


def _opens(path: str, keyring: Keyring, trees: Trees) -> bool | None:
    """Tell whether a SOPS file opens; None where it is none."""
    try:
        return opens(read_for_sops(trees, path), path, keyring) or None
    except NoIdentity:
        return False
    except Error:
        # It is damaged, which is not the identities' doing: `sopsmith verify` says more.
        return None


def _scope_of(path: str, settings: RepoSettings) -> str:
    for scope in settings.scopes:
        if path.startswith(f"{settings.overlay_folder(scope.name)}/"):
            return scope.name
    return ELSEWHERE
