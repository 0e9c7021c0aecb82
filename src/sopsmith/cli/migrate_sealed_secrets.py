"""`sopsmith migrate sealed-secrets`: SealedSecrets become encrypted Secrets."""

from __future__ import annotations

import click

from sopsmith.cli.migrate_options import migrate_options


@click.command("sealed-secrets")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--key", "key", required=True, metavar="FILE",
              help="The controller's private keys: PEM, or its Secrets as kubectl prints them; "
                   "`-` for stdin.")  # fmt: skip
@migrate_options
def command(**options: object) -> int:
    """Move what SealedSecrets hold into the Secrets of a scope.

    Every key that the controller ever had is tried: kubectl get secret -n kube-system
    -l sealedsecrets.bitnami.com/sealed-secrets-key -o yaml | sopsmith migrate sealed-secrets
    PATH --key -
    """
    from sopsmith.cli import migrate_words as words

    return words.migrate_sealed(options)
