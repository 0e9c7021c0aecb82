"""Read the inventory of the repository around a folder, its past included."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from sopsmith.cli.looking import open_trees
from sopsmith.cli.talk import note
from sopsmith.errors import OutsideError
from sopsmith.flows.inventory import Inventory, read_inventory
from sopsmith.flows.lint import Doors
from sopsmith.repo.root import find_root

if TYPE_CHECKING:
    from sopsmith.history import Commit


def open_inventory(repo: str, jobs: int | None) -> tuple[str, Inventory]:
    """Return the root of a repository, relative to the working folder, and what it holds.

    Raises:
        LayoutError: There is no repository, or its settings cannot be read.
    """
    doors = Doors(*open_trees(jobs))
    root = os.path.relpath(find_root(doors.files, repo))
    return root, read_inventory(root, doors, _changes(root))


def _changes(root: str) -> dict[str, Commit]:
    from sopsmith.adapters.git_history import GitHistory
    from sopsmith.flows.last_changes import find_last_changes

    try:
        with GitHistory(root) as history:
            return find_last_changes(history)
    except OutsideError as error:
        note(f"when files last changed is not known: {error}")
        return {}
