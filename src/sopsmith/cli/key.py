"""`sopsmith key`: the life of age identities."""

from __future__ import annotations

import click

from sopsmith.cli.lazy import LazyGroup

COMMANDS: dict[str, str] = {
    "bucket": "Make the bucket or folder for backups ready",
    "generate": "Make an identity for an environment that has none",
    "list": "List who opens what, and what hangs on whom alone",
    "check": "Prove by opening everything that the identities at hand do",
    "revoke": "Shut out a leaked identity, and list what it could read",
}


@click.group("key", cls=LazyGroup.over(COMMANDS, "key_"))
def command() -> None:
    """Generate, back up, restore, rotate and revoke age identities."""
