"""`sopsmith explain`: why a file is as it is."""

from __future__ import annotations

import click


@click.command("explain")
@click.argument("path", metavar="FILE")
@click.option(
    "--output", "-o", type=click.Choice(["text", "json"]), default="text", show_default=True
)
def command(path: str, output: str) -> None:
    """Say which creation rule holds for FILE and why, who opens it, and what of it is encrypted.

    Works on a plain file and on an encrypted one, and needs no identity. Prints key paths and
    never values.
    """
    from sopsmith.adapters.files import LocalFiles
    from sopsmith.cli.show_explained import show
    from sopsmith.cli.sops_verbs import keyring_of_environment
    from sopsmith.flows.explain import explain

    show(explain(path, LocalFiles(), keyring_of_environment()), as_json=output == "json")
