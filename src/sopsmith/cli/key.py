"""`sopsmith key`: the life of age identities."""

from __future__ import annotations

import click

from sopsmith.cli.lazy import LazyGroup

COMMANDS: dict[str, str] = {
    "generate": "Make an identity for an environment that has none",
    "list": "List recipients, their identities, and what hangs on each",
    "check": "Prove that the identities at hand open every file",
    "backup": "Store identities, encrypted to the recovery recipients",
    "restore": "Bring identities back from a backup",
    "drill": "Rehearse a backup and a restore, and time them",
    "recovery": "Make the recovery identity, which opens backups",
    "bucket": "Make the bucket or folder for backups ready",
    "rotate": "Replace an environment's identity without a gap",
    "status": "Say where each rotation stands, and what comes next",
    "revoke": "Shut a leaked identity out, and list what it could read",
    "open": "Decrypt a file with an identity from standard input",
    "inject": "Put an identity from standard input into a cluster",
}


@click.group("key", cls=LazyGroup.over(COMMANDS, "key_"))
def command() -> None:
    """Generate, back up, restore, rotate and revoke age identities."""
