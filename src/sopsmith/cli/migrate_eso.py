"""`sopsmith migrate eso`: from External Secrets Operator to encrypted Secrets in Git."""

from __future__ import annotations

import click

from sopsmith.cli.migrate_options import migrate_options


@click.command("eso")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--cluster", "from_cluster", is_flag=True, help="Read the objects from the cluster.")
@click.option("--from", "source", type=click.Choice(["cluster", "aws", "vault", "env-file"]),
              default="cluster", show_default=True, help="Where the values come from.")  # fmt: skip
@click.option("--env-file", metavar="FILE", help="The .env of --from env-file; `-` for stdin.")
@click.option("--context", metavar="NAME", help="The cluster's. [default: as sopsmith.yaml says]")
@click.option("--remove", is_flag=True, help="Take away the ExternalSecrets that have followed.")
@migrate_options
def command(**options: object) -> int:
    """Move what ExternalSecrets make into the Secrets of a scope.

    PATH is a file or folder of manifests, or `-` for the output of `kustomize build`. The
    ExternalSecrets stay where they are, until --remove, which first sees to it that the live
    Secrets do not go with them.
    """
    from sopsmith.cli import migrate_words as words
    from sopsmith.cli.migrate_after import remove

    asked = words.open_eso(options)
    if options["remove"]:
        return remove(asked, options)
    return words.migrate(*words.resolve_eso(asked), asked.at, options)
