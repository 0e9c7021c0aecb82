"""`sopsmith key list`: who opens what, and what hangs on whom."""

from __future__ import annotations

import click


@click.command("list")
@click.option("--repo", metavar="DIR", default=".", help="Where the repository is.")
@click.option("--output", "-o", type=click.Choice(["text", "json"]), default="text")
@click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="Processes. [default: cores]")
def command(repo: str, output: str, jobs: int | None) -> int:
    """List each recipient with its identity, its age, and what it opens.

    ALONE counts the files that nothing opens without it: lost with the identity. Files are
    only read, not opened. Ends with 3 where a file's metadata cannot be read.
    """
    from sopsmith.cli.key_doors import open_doors
    from sopsmith.cli.show_keys import show_list
    from sopsmith.cli.talk import warn
    from sopsmith.flows.key_list import list_keys

    at = open_doors(repo, jobs)
    found = list_keys(at.root, at.doors)
    show_list(found, as_json=output == "json")
    for failure in at.doors.keyring.failures:
        # An identity that cannot be read would be said to be not here.
        warn(str(failure))
    return 3 if found.problems else 0
