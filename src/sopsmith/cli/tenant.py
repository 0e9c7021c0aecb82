"""`sopsmith tenant`: subtrees with recipients and Secrets of their own."""

from __future__ import annotations

import click

from sopsmith.cli.lazy import LazyGroup

COMMANDS: dict[str, str] = {
    "add": "Make a tenant's folder, identities and rules",
    "generate": "Turn a tenant's variables into encrypted Secrets",
    "list": "List the tenants",
    "check": "Say what of a tenant keeps it from building, or is not apart",
    "rotate": "Replace a tenant's identity; its files open all the while",
    "remove": "Take a tenant out of the repository",
}


@click.group("tenant", cls=LazyGroup.over(COMMANDS, "tenant_"))
def command() -> None:
    """Give each tenant a part of the repository that it alone, and the platform, opens."""
