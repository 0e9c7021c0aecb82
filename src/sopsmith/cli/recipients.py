"""`sopsmith recipients`: who opens what."""

from __future__ import annotations

import click

from sopsmith.cli.lazy import LazyGroup

COMMANDS: dict[str, str] = {}


@click.group("recipients", cls=LazyGroup.over(COMMANDS, "recipients_"))
def command() -> None:
    """Say who opens what, and change it everywhere at once."""
