"""`sopsmith migrate verify`: the cluster's Secrets before and after."""

from __future__ import annotations

import click


@click.command("verify")
@click.option("--scope", "-e", default="", metavar="NAME", help="The environment. "
              "[default: the only one]")  # fmt: skip
@click.option("--context", metavar="NAME", help="The cluster's. [default: as sopsmith.yaml says]")
@click.option("--repo", metavar="DIR", default=".", help="Where the repository is.")
@click.option("--output", "-o", type=click.Choice(["text", "json"]), default="text")
def command(**options: object) -> int:
    """Compare each migrated Secret in the cluster with what was migrated.

    By keyed fingerprints, which .sopsmith/migrations holds: no value is shown or stored. Exit
    code 3 where a Secret is missing or differs.
    """
    from sopsmith.cli.migrate_after import verify

    return verify(options)
