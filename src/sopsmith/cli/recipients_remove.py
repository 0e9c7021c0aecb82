"""`sopsmith recipients remove`: let somebody open a scope no more."""

from __future__ import annotations

from typing import Any

import click

from sopsmith.cli.recipient_doors import carry_out, look_options


@click.command("remove")
@click.argument("scopes", metavar="SCOPE...", nargs=-1, required=True)
@click.argument("who", metavar="RECIPIENT|NAME")
@click.option("-y", "--yes", is_flag=True, help="Even if you can open the files no more yourself.")
@click.option("--dry-run", is_flag=True, help="Print the plan and write nothing.")
@look_options
def command(scopes: tuple[str, ...], who: str, **options: Any) -> int:
    """Let a recipient open the files of each SCOPE no more.

    Each file that they could open gets a new data key. What they have read they may have kept,
    and Git keeps the old files: change those credentials at their source. The last recipient
    of a scope cannot go. A run that was killed is finished by running it again. Ends with 3
    where some files could not be done.
    """
    from sopsmith.adapters.files import LocalFiles
    from sopsmith.flows.recipient_source import read_who
    from sopsmith.flows.recipients import plan_removal

    found = read_who(who, LocalFiles())
    return carry_out(lambda doors: plan_removal(scopes, found, doors), options)
