"""`sopsmith key recovery`: the identity that opens backups."""

from __future__ import annotations

from typing import Any

import click

from sopsmith.cli.lazy import ListedGroup


@click.group("recovery", cls=ListedGroup)
def command() -> None:
    """Make the identity that opens backups; it is kept away from everything it opens."""


@command.command("generate")
@click.option("--repo", metavar="DIR", default=".", help="Where the repository is.")
@click.option("--out", metavar="PATH", help="A new file (0600), or with --to a folder for shares.")
@click.option("--print", "show", is_flag=True, help="Print it, to be written down or piped on.")
@click.option("--shares", metavar="M-of-N", help="Split it: any M of N shares open backups.")
@click.option(
    "--to", "holders", metavar="RECIPIENT", multiple=True,
    help="Encrypt a share to its holder; once for each share.",
)  # fmt: skip
@click.option("--name", metavar="TEXT", default="", help="Who keeps it, for sopsmith.yaml.")
@click.option("--dry-run", is_flag=True, help="Check the request and make nothing.")
def generate(*, out: str | None, show: bool, dry_run: bool, **options: Any) -> None:
    """Make a recovery identity, give it out once, and name its recipient.

    Nothing of it stays here. With --out it is a file that belongs on a medium in a safe; with
    --shares it is split, and each share is encrypted to its holder or printed. Backups that are
    made from now on open with it; run `sopsmith key backup` next.
    """
    from sopsmith.cli import recovery_words as words
    from sopsmith.flows.recovery import check_recovery, make_recovery

    request = words.build_request(options)
    give = words.giver(request, out, show=show)
    doors = words.open_doors(request.root, give)
    others = check_recovery(request, doors.files)
    recipient = "" if dry_run else make_recovery(request, doors)
    words.say_what_happened(recipient, others)
