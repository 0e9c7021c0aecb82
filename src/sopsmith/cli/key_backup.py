"""`sopsmith key backup`: identities into a store, encrypted to the recovery recipients."""

from __future__ import annotations

from typing import Any

import click

from sopsmith.cli.consent_options import consent_options


@click.command("backup")
@click.option("--repo", metavar="DIR", default=".", help="Where the repository is.")
@click.option(
    "--environment", "-e", "environments", multiple=True, metavar="NAME",
    help="Only its identities; may be given again. [default: all]",
)  # fmt: skip
@click.option("--force", is_flag=True, help="Also if nothing changed, or if the store lost some.")
@consent_options
@click.option("--dry-run", is_flag=True, help="Say what would be stored and store nothing.")
@click.option("--output", "-o", type=click.Choice(["text", "json"]), default="text")
def command(*, dry_run: bool, output: str, **options: Any) -> None:
    """Store this repository's identities, encrypted to its recovery recipients.

    The store is backup.store of sopsmith.yaml, or a folder of your own. Each backup is a new
    object, read back and compared; none is ever replaced. What has not changed is not stored
    again. The recovery identity is not needed here and cannot be given. Who opens backups, and
    where they are kept, has to be accepted once on each machine. Prints where it is.
    """
    from sopsmith.cli import backup_words as words
    from sopsmith.flows.backup import apply_backup, plan_backup

    request, doors = words.open_backup(**options)
    made = plan_backup(request, doors)
    if dry_run:
        words.foresee_consent(made, request)
    backup = made.backup if dry_run else apply_backup(made, request, doors)
    words.show(made, backup, doors, as_json=output == "json", dry_run=dry_run)
