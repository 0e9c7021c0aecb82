"""Say which files of identities this machine has, and which one is written to."""

from __future__ import annotations

import os

from sopsmith.adapters.environment import read_settings
from sopsmith.adapters.keys import default_keys_path


def keys_file(named: str | None = None) -> str:
    """Return the file that identities are written to: the named one, or the first of `keys_files`.

    Raises:
        OutsideError: None is named, and there is neither a home nor a configuration folder.
    """
    return os.path.realpath(named) if named else keys_files()[0]


def keys_files() -> tuple[str, ...]:
    """Return the files in which sops looks for identities, at least one.

    Raises:
        OutsideError: No variable names one, and there is neither a home nor a configuration
            folder.
    """
    return searched_files() or (default_keys_path(read_settings()),)


def searched_files() -> tuple[str, ...]:
    """Return the files in which sops looks for identities, each once: SOPS_AGE_KEY_FILE first."""
    settings = read_settings()
    named = settings.get("SOPS_AGE_KEY_FILE")
    usual = default_keys_path(settings) if settings.config_home else ""
    return tuple(dict.fromkeys(os.path.realpath(path) for path in (named, usual) if path))
