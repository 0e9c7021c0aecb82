"""`sopsmith migrate`: Secrets that something else held until now."""

from __future__ import annotations

import click

from sopsmith.cli.lazy import LazyGroup

COMMANDS: dict[str, str] = {
    "eso": "Move what External Secrets Operator makes into Git, encrypted",
    "sealed-secrets": "Move SealedSecrets, by the controller's key",
    "sops": "Move loose SOPS files into this layout",
    "verify": "Compare the cluster's Secrets with what was migrated",
    "clean": "List or delete what the provider still holds",
}


@click.group("migrate", cls=LazyGroup.over(COMMANDS, "migrate_"))
def command() -> None:
    """Move Secrets from other tools into this repository, encrypted by its rules."""
