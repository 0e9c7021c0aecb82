"""`sopsmith tenant rotate`: another identity for a tenant, with no gap."""

from __future__ import annotations

from typing import Any

import click

from sopsmith.cli.rotation_options import rotation_options


@click.command("rotate")
@click.argument("name")
@click.option("--environment", "-e", default="", metavar="ENV",
              help="Which of its identities. [default: its only environment's]")  # fmt: skip
@rotation_options
def command(*, name: str, **options: Any) -> int:
    """Replace the identity of the tenant NAME; its files open for somebody all the while.

    Makes a new identity, backs it up, puts it beside the old one into the Secret that the sidecar
    reads for the tenant's project, moves tenant.yaml, the rule and the files to it, waits until
    Argo CD has them, and retires the old one. Stops where somebody has to do something, and says
    what; run it again and it goes on, also after a kill. The platform's identity is another:
    `sopsmith key rotate`.
    """
    from sopsmith.cli import rotation_words as words
    from sopsmith.cli.tenant_words import open_tenant_rotation

    request, doors = open_tenant_rotation(name, options)
    return words.take_on(request, doors, options)
