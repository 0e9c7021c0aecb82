"""`sopsmith key`: the life of age identities."""

from __future__ import annotations

import click

from sopsmith.cli.lazy import LazyGroup

COMMANDS: dict[str, str] = {
    "generate": "Make an identity for an environment that has none",
    "list": "List who opens what, and what hangs on whom alone",
    "check": "Prove by opening everything that the identities at hand do",
    "backup": "Store identities, encrypted to the recovery recipients",
    "restore": "Bring identities back from a backup",
    "drill": "Rehearse backup and restore, and time them",
    "recovery": "Make the identity that opens backups",
    "bucket": "Make the bucket or folder for backups ready",
    "rotate": "Replace an identity, with no moment in which Argo CD cannot decrypt",
    "status": "Say where rotations stand, and what comes next",
    "revoke": "Shut out a leaked identity, and list what it could read",
    "open": "Decrypt a file by an identity from standard input, and record it",
    "inject": "Put an identity from standard input into a cluster, and record it",
}


@click.group("key", cls=LazyGroup.over(COMMANDS, "key_"))
def command() -> None:
    """Generate, back up, restore, rotate and revoke age identities."""
