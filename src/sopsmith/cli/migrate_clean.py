"""`sopsmith migrate clean`: what is left at the provider."""

from __future__ import annotations

import click


@click.command("clean")
@click.option("--yes", is_flag=True, help="Delete what is held and not read any more.")
@click.option("--scope", "-e", default="", metavar="NAME", help="The environment. "
              "[default: the only one]")  # fmt: skip
@click.option("--context", metavar="NAME", help="The cluster's. [default: as sopsmith.yaml says]")
@click.option("--repo", metavar="DIR", default=".", help="Where the repository is.")
@click.option("--output", "-o", type=click.Choice(["text", "json"]), default="text")
def command(**options: object) -> int:
    """List the keys at the provider that migrated Secrets were made from.

    A key that an ExternalSecret of the cluster still reads is never deleted, and nothing is
    while a migrated Secret is missing or differs. Secrets Manager and version 2 of Vault's engine
    can bring back what is deleted; Parameter Store cannot.
    """
    from sopsmith.cli.migrate_after import clean

    return clean(options)
