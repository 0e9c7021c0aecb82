"""`sopsmith recipients add`: let somebody open a scope."""

from __future__ import annotations

from typing import Any

import click

from sopsmith.cli.examples import examples
from sopsmith.cli.recipient_doors import carry_out, look_options


@click.command(
    "add",
    epilog=examples(
        "recipients add prod anna.pub --name Anna", "recipients add dev core age1… --dry-run"
    ),
)
@click.argument("scopes", metavar="SCOPE...", nargs=-1, required=True)
@click.argument("recipient")
@click.option("--name", metavar="TEXT", help="Who holds the identity. [default: the comment of "
              "an SSH key]")  # fmt: skip
@click.option("--purpose", metavar="TEXT", default="", help="Why they may read.")
@click.option("--recovery", is_flag=True, help="Take a recovery recipient, who then opens files.")
@click.option("--dry-run", is_flag=True, help="Print the plan and write nothing.")
@look_options
def command(
    scopes: tuple[str, ...],
    recipient: str,
    *,
    name: str | None,
    purpose: str,
    recovery: bool,
    **options: Any,
) -> int:
    """Let RECIPIENT open the files of each SCOPE: an environment, or core.

    RECIPIENT is age1…, an SSH public key in quotes, or the path of a .pub file. An
    environment's recipients open core's files too. Edits sopsmith.yaml and .sops.yaml, then
    brings every file in line whose rule is the scope's. A run that was killed is finished by
    running it again. Ends with 3 where some files could not be done.
    """
    from sopsmith.adapters.files import LocalFiles
    from sopsmith.flows.recipient_source import read_recipient
    from sopsmith.flows.recipients import plan_addition

    found = read_recipient(recipient, LocalFiles())
    new = found._replace(name=found.name if name is None else name, purpose=purpose)
    return carry_out(lambda doors: plan_addition(scopes, new, doors, recovery=recovery), options)
