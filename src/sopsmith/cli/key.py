"""`sopsmith key`: the life of age identities."""

from __future__ import annotations

import click

from sopsmith.cli.lazy import LazyGroup

COMMANDS: dict[str, str] = {
    "list": "List who opens what, and what hangs on whom alone",
}


@click.group("key", cls=LazyGroup.over(COMMANDS, "key_"))
def command() -> None:
    """Generate, back up, restore, rotate and revoke age identities."""
