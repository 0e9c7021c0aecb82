"""`sopsmith key restore`: identities back from a store."""

from __future__ import annotations

from typing import Any

import click

from sopsmith.cli.share_options import share_option


@click.command("restore")
@click.argument("number", metavar="[NUMBER]", default="newest")
@click.option("--identity-file", metavar="FILE", help="The recovery identity.")
@click.option(
    "--share", "shares", metavar="FILE", multiple=True,
    help="A share of it, in clear or for an identity here; - for standard input.",
)  # fmt: skip
@click.option(
    "--keys-file", metavar="FILE", help="Extend this file. [default: SOPS_AGE_KEY_FILE or keys.txt]"
)
@click.option("--to-cluster", metavar="ENV", help="Put ENV's identity into its cluster instead.")
@click.option("--context", metavar="NAME", help="The cluster's. [default: as sopsmith.yaml says]")
@share_option
@click.option("--dry-run", is_flag=True, help="Open and prove everything, write nothing.")
@click.option("--repo", metavar="DIR", default=".", help="Where the repository is.")
@click.option("--output", "-o", type=click.Choice(["text", "json"]), default="text")
def command(*, dry_run: bool, output: str, **options: Any) -> None:
    """Restore identities from backup NUMBER, or from the newest that hold them.

    The recovery identity, or enough shares of it, comes from files or from standard input. What
    the backup holds is proven to open files of this repository before anything is written. What
    stands in keys.txt stays; what is missing is added. Prints the recipients.
    """
    from sopsmith.cli import restore_words as words
    from sopsmith.flows.restore import plan_restore

    request, doors = words.open_restore(options)
    target = words.open_target(options, request, doors)
    openers = words.read_openers(options)
    made = plan_restore(request, openers, doors)
    if not dry_run:
        target.write(made)
        words.remember(made, openers, request, doors)
    words.show(made, target.name, as_json=output == "json", dry_run=dry_run)
