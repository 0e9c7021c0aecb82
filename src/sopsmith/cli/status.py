"""`sopsmith status`: what is due."""

from __future__ import annotations

import click


@click.command("status")
@click.option("--within", type=click.IntRange(min=0), metavar="DAYS", default=30, show_default=True,
              help="How far ahead to look.")  # fmt: skip
@click.option("--repo", metavar="DIR", default=".", help="Where the repository is.")
@click.option("--output", "-o", type=click.Choice(["text", "json"]), default="text")
@click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="Processes. [default: cores]")
def command(within: int, repo: str, output: str, jobs: int | None) -> int:
    """Say what is due: Secrets that expire, keys too old, missing backups, work left half done.

    Secrets say it by the annotation sopsmith.dev/expires, which stands in clear: no identity is
    needed. Ends with 3 where something is due, or a date cannot be read.
    """
    from sopsmith.cli.key_doors import open_doors
    from sopsmith.cli.show_status import show
    from sopsmith.flows.status import read_status

    at = open_doors(repo, jobs)
    found = read_status(at.root, within, at.doors)
    show(found, within, as_json=output == "json")
    return 3 if found.due else 0
