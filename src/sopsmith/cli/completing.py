"""Say to a shell that completes words what may stand where: files, folders, environments.

Only a process that was started to complete words loads this.
"""

from __future__ import annotations

import os
import re

import click
from click.shell_completion import CompletionItem

_FILES = re.compile(r"\b(FILE|PATH)S?\b")


class _Environments(click.ParamType[str]):
    """The environments of the repository around the working folder, and core."""

    name = "environment"

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> list[CompletionItem[str]]:
        """Return those that begin so."""
        return [CompletionItem(name) for name in _scopes() if name.startswith(incomplete)]


def describe(command: click.Command) -> None:
    """Give the words of a command, and of those in it, types by which they can be completed."""
    for inner in getattr(command, "commands", {}).values():
        describe(inner)
    for parameter in command.params:
        words = parameter.metavar or ""
        if "--environment" in parameter.opts or words.strip("[].") == "SCOPE":
            parameter.type = _Environments()
        elif _FILES.search(words):
            parameter.type = click.Path()
        elif words.strip("[].") == "DIR":
            parameter.type = click.Path(file_okay=False)


def _scopes() -> list[str]:
    from sopsmith.adapters.files import LocalFiles
    from sopsmith.errors import Error
    from sopsmith.repo.root import find_root, read_settings

    files = LocalFiles()
    try:
        settings = read_settings(files, os.path.relpath(find_root(files, ".")))
    except Error:
        # A shell that completes has no place for an error; the command will say it.
        return []
    return [scope.name for scope in settings.scopes]
