"""Find the commit that made each file what it is now, in one pass through the past."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sopsmith.history import Commit, parse_commit

if TYPE_CHECKING:
    from sopsmith.history import History


def find_last_changes(history: History) -> dict[str, Commit]:
    """Return the newest commit that gave each file of HEAD its present content.

    A file that stands changed and uncommitted has its last commit all the same.

    Returns:
        By the path below the folder that the history was opened for.

    Raises:
        OutsideError: Git does not answer, or has not the whole past.
    """
    left = {path: name for path, name in history.files().items() if path.startswith(history.prefix)}
    made: dict[str, str] = {}
    steps = history.steps()
    while left and (step := next(steps, None)) is not None:
        for change in step.changes:
            # Other branches are seen too; their versions are other objects.
            if left.get(change.path) == change.after:
                del left[change.path]
                made[change.path.removeprefix(history.prefix)] = step.commit
    names = list(dict.fromkeys(made.values()))
    found = {name: parse_commit(name, data or b"") for name, data in history.read(names)}
    return {path: found[name] for path, name in made.items()}
