"""`sopsmith recipients list`: whom `sopsmith.yaml` names."""

from __future__ import annotations

import os

import click


@click.command("list")
@click.option("--repo", metavar="DIR", default=".", help="Where the repository is.")
@click.option("--output", "-o", type=click.Choice(["text", "json"]), default="text")
def command(repo: str, output: str) -> None:
    """List the recipients of each scope and of backups, as sopsmith.yaml says.

    What files really open for, `sopsmith recipients who` says.
    """
    from sopsmith.adapters.files import LocalFiles
    from sopsmith.cli.show_recipients import show_list
    from sopsmith.repo.root import find_root, read_settings

    files = LocalFiles()
    settings = read_settings(files, os.path.relpath(find_root(files, repo)))
    show_list(settings, as_json=output == "json")
