"""`sopsmith recipients who`: who can read what."""

from __future__ import annotations

from typing import Any

import click

from sopsmith.cli.recipient_doors import look_options, open_doors


@click.command("who")
@click.argument("paths", metavar="[PATH...]", nargs=-1)
@click.option("--files", "each", is_flag=True, help="A line for each file, with its Secrets.")
@look_options
def command(paths: tuple[str, ...], *, each: bool, **options: Any) -> int:
    """Show who can read which files, of the whole repository or of PATHs.

    Taken from the files' own metadata, not from what the rules wish; no identity is needed.
    A folder whose files open for the same people is one line. `part` stands where it takes
    others too. Ends with 3 where a file's metadata cannot be read.
    """
    from sopsmith.cli.show_who import show
    from sopsmith.flows.recipients_look import look, name_recipients
    from sopsmith.repo.root import read_settings

    doors = open_doors(options)
    found = look(paths or (doors.root,), doors)
    known = name_recipients(read_settings(doors.files, doors.root))
    show(found, known, each=each, as_json=options["output"] == "json")
    return 3 if found.problems else 0
