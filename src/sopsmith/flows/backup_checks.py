"""Refuse backups that would be of no use: nobody opens them, or they are lost with the rest."""

from __future__ import annotations

import os

from sopsmith.errors import LayoutError, OutsideError
from sopsmith.flows.keys_apart import find_repository
from sopsmith.ports import Files
from sopsmith.repo.folders import choose_scopes
from sopsmith.repo.key_file import Entry
from sopsmith.repo.settings import FILE, RepoSettings


def recovery_of(settings: RepoSettings) -> tuple[str, ...]:
    """Return who opens backups.

    Raises:
        LayoutError: Nobody does.
    """
    if not settings.recovery:
        raise LayoutError(
            "names nobody who could open a backup",
            path=FILE,
            key="recovery.recipients",
            hint="sopsmith key recovery generate --out FILE, on a medium that you take away",
        )
    return tuple(one.recipient for one in settings.recovery)


def refuse_inside(root: str, place: str, files: Files) -> None:
    """Refuse a store that git sees, or that is lost with the repository.

    Args:
        root: The repository's folder.
        place: Of the store; a folder is an absolute path.

    Raises:
        OutsideError: It lies in the repository.
    """
    if not place.startswith("/"):
        return
    repository = find_repository(os.path.realpath(root), files)
    if os.path.commonpath([repository, os.path.realpath(place)]) == repository:
        raise OutsideError(
            f"lies inside the repository {repository}, with which it would be lost",
            path=place,
            hint="choose a place outside of it",
        )


def readers_of(settings: RepoSettings, names: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Return the recipients of some scopes, or of all, each with the scopes that name it.

    Raises:
        UsageError: There is no such environment.
    """
    found: dict[str, tuple[str, ...]] = {}
    for scope in choose_scopes(names, settings):
        for recipient in scope.recipients:
            found[recipient] = (*found.get(recipient, ()), scope.name)
    return found


def refuse_self_opening(
    settings: RepoSettings, entries: list[Entry], readers: dict[str, tuple[str, ...]]
) -> None:
    """Refuse a recovery recipient whose identity would be inside the backup that it opens."""
    here = {entry.recipient for entry in entries}
    for one in settings.recovery:
        if one.recipient in readers and one.recipient in here:
            raise LayoutError(
                f"{one.shown} opens {', '.join(readers[one.recipient])} too and its identity lies "
                "among those to back up, so the backup would hold its own key",
                path=FILE,
                key="recovery.recipients",
                hint="sopsmith key recovery generate makes an identity for backups alone",
            )


def is_x25519(recipient: str) -> bool:
    """Tell whether a recipient's identity is a line of a `keys.txt`, as SSH keys are not."""
    # Bech32 has no 1 but the one that ends the prefix; those of hardware keys have a longer one.
    return recipient.startswith("age1") and recipient.count("1") == 1
