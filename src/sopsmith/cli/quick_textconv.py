"""Be `sopsmith git textconv` for the files and the settings that nearly everybody has.

It runs twice for each file of a diff, so it starts git without `subprocess`, which takes longer
to load than all of the rest.
"""

from __future__ import annotations

import os

from sopsmith.errors import Error

_ASK = ("git", "config", "--get-regexp", "^sopsmith[.](reveal|byvalue)$")
_UNSET = 1  # git's exit code where nothing matches


def show(path: str) -> bytes | None:
    """Return an encrypted file masked, or None where that is not certain to be what is wanted."""
    from sopsmith.adapters.files import LocalFiles
    from sopsmith.sops.quick_mask import show_quick
    from sopsmith.sops.recognise import recognise

    try:
        data = LocalFiles().read(path)
    except Error:
        return None
    if b"<<<<<<<" in data or recognise(data, path) != "yaml" or not _wants_masks():
        return None
    return show_quick(data)


def _wants_masks() -> bool:
    """Tell whether git's configuration is silent about values in diffs."""
    from sopsmith.adapters.programs import child_environ

    nothing = os.open(os.devnull, os.O_RDWR)
    try:
        actions = [(os.POSIX_SPAWN_DUP2, nothing, 1), (os.POSIX_SPAWN_DUP2, nothing, 2)]
        child = os.posix_spawnp("git", _ASK, child_environ("git"), file_actions=actions)
    except OSError:
        return False
    finally:
        os.close(nothing)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == _UNSET
