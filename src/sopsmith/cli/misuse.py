"""Say in the words of every other error what click has against a command line."""

from __future__ import annotations

import re

import click

from sopsmith.cli.talk import report
from sopsmith.errors import UsageError

_SEVERAL = re.compile(r"\. \(Did you mean one of: (.*)\?\)$")


def report_misuse(error: click.ClickException) -> None:
    """Write to stderr what is wrong with the words, and which help has the right ones."""
    context = getattr(error, "ctx", None)
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return
    message = error.format_message().strip().removesuffix(".").replace(". Did you", "; did you")
    message = _SEVERAL.sub(r"; did you mean one of \1?", message)
    hint = f"{context.command_path} --help" if context is not None else None
    report(UsageError(message[:1].lower() + message[1:], hint=hint))
