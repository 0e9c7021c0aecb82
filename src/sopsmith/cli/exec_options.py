"""What `exec-env` and `exec-file` share: a command for the shell, or a program behind `--`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sopsmith.errors import UsageError

if TYPE_CHECKING:
    from sopsmith.sops.keyring import Keyring

SHELL = "/bin/sh"
_MARK = "sopsmith.program"
_Command = Any


class RunCommand(click.Command):
    """A command whose words behind `--` are a program's and not its own."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep the program's words from being read as options."""
        if "--" in args[1:]:
            at = args.index("--", 1)
            ctx.meta[_MARK] = args[at + 1 :]
            args = args[:at]
        return super().parse_args(ctx, args)


def words_of(command: str | None) -> list[str]:
    """Return the words to run: the program behind `--`, or the command in a shell.

    Raises:
        UsageError: There is neither, or both.
    """
    program: list[str] = click.get_current_context().meta.get(_MARK, [])
    if program and command is not None:
        raise UsageError("a command and a program behind -- do not go together")
    if program:
        return program
    if not command:
        raise UsageError("there is no command to run", hint="add 'CMD', or -- PROGRAM ARGS")
    return [SHELL, "-c", command]


def run_options(command: _Command) -> _Command:
    """Add the options that both have, sops' deprecated ones included."""
    for option in (
        click.option("--background", is_flag=True, hidden=True),
        click.option("--input-type", metavar="FORMAT", default="", help="Of the file."),
        click.option("--user", metavar="NAME", default="", help="Run it as this user."),
        click.argument("command", metavar="[CMD]", required=False),
        click.argument("path", metavar="FILE"),
    ):
        command = option(command)
    return command


def refuse_background(options: dict[str, Any]) -> None:
    """Refuse what sops itself has deprecated.

    Raises:
        UsageError: It was asked for.
    """
    if options["background"]:
        raise UsageError(
            "--background is not supported: nothing would wait to remove the plaintext",
            hint="let your shell do it: sopsmith exec-env FILE CMD &",
        )


def read_secret_file(path: str) -> tuple[bytes, Keyring]:
    """Return a file's bytes and the identities that may open it."""
    from sopsmith.adapters.files import LocalFiles
    from sopsmith.cli.sops_verbs import keyring_of_environment

    return LocalFiles().read(path), keyring_of_environment()
