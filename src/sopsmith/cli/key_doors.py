"""Open the real doors for commands that look at the keys of a platform repository."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import NamedTuple

from sopsmith.adapters.private import is_open_to_others
from sopsmith.adapters.programs import LocalPrograms
from sopsmith.cli.key_files import searched_files
from sopsmith.cli.looking import open_trees
from sopsmith.cli.sops_verbs import keyring_of_environment
from sopsmith.flows.key_check import Keeping
from sopsmith.flows.key_list import Doors
from sopsmith.repo.root import find_root


class At(NamedTuple):
    """A repository and the doors to it.

    Attributes:
        root: Its root, relative to the working folder, so that paths can be pasted.
    """

    root: str
    doors: Doors


def open_doors(repo: str, jobs: int | None) -> At:
    """Return the repository that a folder lies in, with this machine's identities.

    Raises:
        LayoutError: It lies in none.
    """
    files, trees, workers = open_trees(jobs)
    root = os.path.relpath(find_root(files, repo))
    now = datetime.now(UTC)
    return At(root, Doors(files, trees, workers, keyring_of_environment(), now))


def open_keeping() -> Keeping:
    """Return where files of identities may stand on this machine, and how to look at them."""
    return Keeping(searched_files(), is_open_to_others, LocalPrograms())
