"""`sopsmith recipients`: who opens what."""

from __future__ import annotations

import click

from sopsmith.cli.lazy import LazyGroup

COMMANDS: dict[str, str] = {
    "add": "Let somebody open a scope",
    "remove": "Let somebody open a scope no more",
    "list": "List whom sopsmith.yaml names",
    "who": "Show who can read what",
    "check": "Find files and rules that disagree",
}


@click.group("recipients", cls=LazyGroup.over(COMMANDS, "recipients_"))
def command() -> None:
    """Say who opens what, and change it everywhere at once."""
