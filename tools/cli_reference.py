"""Write docs/reference/cli.md from the commands' own help, so that it cannot fall behind."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from sopsmith.cli.main import cli

TARGET = Path(__file__).parents[1] / "docs" / "reference" / "cli.md"
_WIDTH = 96
_HEAD = """\
# Commands

Written by `make reference` from what `--help` says. stdout is data, stderr is talk.
"""


def build_reference() -> str:
    """Return the text of the page: each command's help, in the order that `--help` lists them."""
    parts = [_HEAD]
    for words, command, context in _walk(("sopsmith",), cli, None):
        level = "##" if len(words) < 3 else "###"
        parts.append(f"{level} {' '.join(words)}\n\n```text\n{command.get_help(context)}\n```\n")
    return "\n".join(parts)


def _walk(
    words: tuple[str, ...], command: click.Command, parent: click.Context | None
) -> list[tuple[tuple[str, ...], click.Command, click.Context]]:
    # A width of its own keeps the page equal whatever terminal it is made in. The settings are
    # those of a real run: click keeps the first help option that it makes of a command.
    settings = {**command.context_settings, "max_content_width": _WIDTH, "terminal_width": _WIDTH}
    context = click.Context(command, info_name=words[-1], parent=parent, **settings)
    found = [(words, command, context)]
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None:
                found += _walk((*words, name), inner, context)
    return found


if __name__ == "__main__":
    TARGET.write_text(build_reference(), encoding="utf-8")
    print(f"wrote {TARGET.relative_to(Path.cwd())}", file=sys.stderr)
