"""Become another user of this machine, with their groups and home.

Source: getsops/sops cmd/sops/subcommand/exec/exec_unix.go (SwitchUser, UserEnv).
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager

from sopsmith.errors import OutsideError


class Account:
    """A user of this machine.

    Attributes:
        environ: The variables that say who the user is.

    Raises:
        OutsideError: There is none of that name.
    """

    def __init__(self, name: str) -> None:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            raise OutsideError(f"there is no user {name}") from None
        self.name = name
        self.uid = entry.pw_uid
        self.gid = entry.pw_gid
        self.groups = os.getgrouplist(name, entry.pw_gid)
        self.environ = {"HOME": entry.pw_dir, "USER": name, "LOGNAME": name}

    def own(self, path: str) -> None:
        """Give a file to the user; OutsideError where this process may not."""
        with self.refusals():
            os.chown(path, self.uid, self.gid)

    def become(self) -> None:
        """Make this process the user's, for good; OutsideError where it may not."""
        with self.refusals():
            os.setgroups(self.groups)
            os.setgid(self.gid)
            os.setuid(self.uid)

    @contextmanager
    def refusals(self) -> Iterator[None]:
        """Turn what the system says against it into an OutsideError."""
        try:
            yield
        except PermissionError:
            raise OutsideError(f"this process may not become the user {self.name}") from None


def current_user() -> str:
    """Return who runs this process, and where: `anna@laptop`; a number where there is no name."""
    import socket

    uid = os.getuid()
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        name = str(uid)
    return f"{name}@{socket.gethostname()}"
