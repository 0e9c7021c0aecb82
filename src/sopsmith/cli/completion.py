"""`sopsmith completion`."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from sopsmith.cli.talk import put


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print a script that completes sopsmith's words in a shell.

    Load it with: source <(sopsmith completion bash)
    """
    from sopsmith.cli.main import cli

    found = get_completion_class(shell)
    assert found is not None
    put(found(cli, {}, "sopsmith", "_SOPSMITH_COMPLETE").source().encode())
