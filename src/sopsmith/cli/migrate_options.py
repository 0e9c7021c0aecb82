"""What the migrations share on the command line."""

from __future__ import annotations

from typing import Any

import click

_Command = Any


def migrate_options(command: _Command) -> _Command:
    """Add the options that say where Secrets go and how the plan is shown."""
    for option in (
        click.option("--output", "-o", type=click.Choice(["text", "json"]), default="text"),
        click.option("--repo", metavar="DIR", default=".", help="Where the repository is."),
        click.option("--dry-run", is_flag=True, help="Print the plan and write nothing."),
        click.option("--namespace", "-n", default="", metavar="NAME",
                     help="Where manifests that name none are deployed."),
        click.option("--scope", "-e", default="", metavar="NAME",
                     help="The environment, or `core`. [default: the only one]"),
    ):  # fmt: skip
        command = option(command)
    return command
