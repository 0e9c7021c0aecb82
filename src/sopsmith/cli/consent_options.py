"""Accept on the command line for whom identities leave this machine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

_Command = Callable[..., Any]


def consent_options(command: _Command) -> _Command:
    """Add the options that accept a recovery recipient or a store without a terminal."""
    command = click.option(
        "--accept-store", multiple=True, metavar="STORE",
        help="Accept that backups go there, where nobody can be asked.",
    )(command)  # fmt: skip
    return click.option(
        "--accept-recovery", multiple=True, metavar="age1…",
        help="Accept that whoever has its identity reads the backup.",
    )(command)  # fmt: skip
