"""`sopsmith migrate sealed-secrets`: SealedSecrets become encrypted Secrets."""

from __future__ import annotations

import click

from sopsmith.cli.migrate_options import migrate_options


@click.command("sealed-secrets")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--cluster", "from_cluster", is_flag=True, help="Read the objects from the cluster.")
@click.option("--key", "key", default="", metavar="FILE",
              help="The controller's private keys: PEM, or its Secrets as kubectl prints them; "
                   "`-` for stdin.")  # fmt: skip
@click.option("--context", metavar="NAME", help="The cluster's. [default: as sopsmith.yaml says]")
@click.option("--remove", is_flag=True, help="Take away the SealedSecrets that have followed.")
@migrate_options
def command(**options: object) -> int:
    """Move what SealedSecrets hold into the Secrets of a scope.

    Every key that the controller ever had is tried: kubectl get secret -n kube-system
    -l sealedsecrets.bitnami.com/sealed-secrets-key -o yaml | sopsmith migrate sealed-secrets
    PATH --key -

    The SealedSecrets stay where they are, until --remove, which first sees to it that the live
    Secrets do not go with them; it needs the cluster and no key.
    """
    from sopsmith.cli import migrate_sealed_words as words

    return words.remove_sealed(options) if options["remove"] else words.migrate_sealed(options)
