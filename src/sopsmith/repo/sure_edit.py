"""Edit the text of a `sopsmith.yaml` only where what comes out says what it shall. Pure."""

from __future__ import annotations

from collections.abc import Callable

from sopsmith.errors import Error, LayoutError
from sopsmith.repo.settings import FILE, RepoSettings, parse_settings


def edit_surely(edit: Callable[[], str], wanted: RepoSettings, key: str, hint: str) -> str:
    """Return an edited text, once it was read again.

    Args:
        wanted: What it shall say.
        key: What is edited, for the message.

    Raises:
        LayoutError: The text is written in a way that cannot be edited surely.
    """
    try:
        edited = edit()
        done = parse_settings(edited.encode(), FILE) == wanted
    except Error:
        done = False
    if not done:
        raise LayoutError(
            "is written in a way that cannot be edited surely", path=FILE, key=key, hint=hint
        )
    return edited
