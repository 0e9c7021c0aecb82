"""`sopsmith migrate sops`: loose SOPS files move into this layout."""

from __future__ import annotations

import click

from sopsmith.cli.migrate_options import migrate_options


@click.command("sops")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--remove", is_flag=True, help="Remove the old files, and their entries in lists.")
@migrate_options
def command(**options: object) -> int:
    """Move the Secrets of SOPS files that stand anywhere into a scope.

    Each is opened with the identities at hand and encrypted anew by the scope's rule. The old
    files stay until --remove. Files that hold something else than Secrets are named and left.
    """
    from sopsmith.cli import migrate_words as words

    return words.migrate_sops(options)
