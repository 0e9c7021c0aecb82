"""`sopsmith diff`: what differs between environments, revisions, or Git and a cluster."""

from __future__ import annotations

import click

from sopsmith.cli.examples import examples


@click.command("diff", epilog=examples("diff dev prod", "diff HEAD~3 HEAD", "diff prod cluster"))
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@click.option("--context", default="", metavar="NAME",
              help="The cluster's. [default: the environment's in sopsmith.yaml]")  # fmt: skip
@click.option("--repo", metavar="DIR", default=".", help="Where the repository is.")
@click.option("--output", "-o", type=click.Choice(["text", "json"]), default="text")
def command(before: str, after: str, context: str, repo: str, output: str) -> int:
    """Show which secrets and keys differ from A to B, without showing a value.

    A and B are environments (`dev prod`), revisions (`HEAD~3 HEAD`, `main:dev dev`), `.` for the
    working tree, or an environment and `cluster`. With an identity values are compared by
    fingerprints under a key of it, else by ciphertext, which may not tell. Ends with 3 where
    something differs, or it is not known whether it does.
    """
    from sopsmith.cli.diff_doors import open_sides
    from sopsmith.cli.show_diff import show
    from sopsmith.flows.compare import compare

    old, new = open_sides((before, after), context, repo)
    found = list(compare(old, new))
    return 3 if show(found, (before, after), as_json=output == "json") else 0
