"""`sopsmith key status`: where each rotation stands, and what comes next."""

from __future__ import annotations

import click


@click.command("status")
@click.option("--repo", metavar="DIR", default=".", help="Where the repository is.")
@click.option("--output", "-o", type=click.Choice(["text", "json"]), default="text")
def command(repo: str, output: str) -> None:
    """Say where each rotation stands, what comes next, and by which command.

    Reads the repository alone: .sopsmith/rotations, in which nothing is secret.
    """
    from sopsmith.adapters.files import LocalFiles
    from sopsmith.cli.rotation_words import show_status
    from sopsmith.flows.rotation import find_rotations
    from sopsmith.repo.root import find_root

    files = LocalFiles()
    show_status(find_rotations(files, find_root(files, repo)), as_json=output == "json")
