"""`sopsmith drop`: give a secret without the right to read one."""

from __future__ import annotations

import click

from sopsmith.cli.lazy import LazyGroup

COMMANDS: dict[str, str] = {
    "seal": "Seal a value from standard input; the word may be left out",
    "fold": "Move sealed values into their files, and remove the drops",
}


class _Group(LazyGroup.over(COMMANDS, "drop_")):  # type: ignore[misc]
    """Take what is no command for the arguments of `seal`."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the words name, or `seal`."""
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            args = ["seal", *args]
        found: tuple[str | None, click.Command | None, list[str]]
        found = super().resolve_command(ctx, args)
        return found


@click.group("drop", cls=_Group, subcommand_metavar="[PATH KEY | fold [PATH]]")
def command() -> None:
    """Seal a value for those who can open PATH, without being able to open it yourself.

    printf %s "$TOKEN" | sopsmith drop secrets/api.secret.yaml API_TOKEN
    """
