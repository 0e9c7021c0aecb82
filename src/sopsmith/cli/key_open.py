"""`sopsmith key open`: a file in clear by an identity that touches no disk."""

from __future__ import annotations

import click


@click.command("open")
@click.argument("path", metavar="FILE")
@click.option("--reason", required=True, metavar="TEXT", help="Why; it is recorded.")
@click.option("--no-record", is_flag=True, help="Leave no record of this use.")
def command(path: str, reason: str, no_record: bool) -> None:
    """Break the glass: decrypt FILE with an identity from standard input.

    On a terminal the identity is asked for and not shown. Nothing is written to disk but the
    record of this use, in .sopsmith/break-glass.json, and that before any plaintext is shown.
    Identities of files and variables are not used.
    """
    from sopsmith.adapters.files import LocalFiles
    from sopsmith.cli import break_glass_words as words
    from sopsmith.cli.talk import put
    from sopsmith.flows.break_glass import open_file

    # Nobody shall type an identity for a file that is not there.
    LocalFiles().read(path)
    why = words.open_emergency(path, reason, no_record=no_record)
    doors = words.open_doors(why.root)
    plaintext = open_file(path, words.read_given().identities, why, doors)
    words.say_recorded(why)
    put(plaintext)
