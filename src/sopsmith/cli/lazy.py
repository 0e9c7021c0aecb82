"""Load a command's module only when the command is named, so that every start is a short one."""

from __future__ import annotations

import os
from importlib import import_module

import click

SOPS_VERBS = frozenset({
    "encrypt", "decrypt", "edit", "set", "unset", "rotate", "updatekeys", "groups", "exec-env",
    "exec-file", "filestatus", "publish",
})  # fmt: skip


class LazyGroup(click.Group):
    """A group of commands, each `command` in a module of its own.

    Attributes:
        table: What each command does, by its name, in the order of the work.
        prefix: What the modules' names begin with: `key_` for `sopsmith.cli.key_generate`.
        sections: The commands under each heading of the help; {} for one heading over all.
    """

    table: dict[str, str]
    prefix = ""
    sections: dict[str, tuple[str, ...]]

    @classmethod
    def over(
        cls,
        table: dict[str, str],
        prefix: str = "",
        sections: dict[str, tuple[str, ...]] | None = None,
    ) -> type[LazyGroup]:
        """Return a group class over a table of commands."""
        members = {"table": table, "prefix": prefix, "sections": sections or {}}
        return type("LazyGroup", (cls,), members)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the commands in the order of the work."""
        return list(self.table)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002
        cmd_name: str,
    ) -> click.Command | None:
        """Return a command, or None where there is none of that name."""
        if cmd_name not in self.table:
            return None
        module = f"sopsmith.cli.{self.prefix}{cmd_name.replace('-', '_')}"
        found = import_module(module).command
        assert isinstance(found, click.Command)
        if not self.prefix and cmd_name in SOPS_VERBS:
            from sopsmith.cli.sops_words import add_idle_options

            add_idle_options(found)
        if "_SOPSMITH_COMPLETE" in os.environ:
            from sopsmith.cli.completing import describe

            describe(found)
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the words name; click knows only of loaded ones to propose.

        Raises:
            click.UsageError: There is none of that name.
        """
        name = args[0]
        if name not in self.table and not name.startswith("-") and not ctx.resilient_parsing:
            from difflib import get_close_matches

            close = get_close_matches(name, self.table, n=1)
            meant = f"; did you mean {close[0]!r}?" if close else ""
            ctx.fail(f"No such command {name!r}{meant}")
        return super().resolve_command(ctx, args)

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002
        formatter: click.HelpFormatter,
    ) -> None:
        """Write the list of commands without loading them."""
        placed = {name for names in self.sections.values() for name in names}
        rest = tuple(name for name in self.table if name not in placed)
        width = max(map(len, self.table), default=0)
        for heading, names in {**self.sections, "Commands": rest}.items():
            rows = [(name.ljust(width), self.table[name]) for name in names if name in self.table]
            if rows:
                with formatter.section(heading):
                    formatter.write_dl(rows)


class ListedGroup(click.Group):
    """A group whose help says of each command the whole first sentence, in the order of the work.

    click would cut it at the width of the line, and sort by name.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the commands in the order in which they are defined."""
        return list(self.commands)

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002
        formatter: click.HelpFormatter,
    ) -> None:
        """Write the list of commands."""
        rows = [
            (name, found.get_short_help_str(limit=1000).removesuffix("."))
            for name, found in self.commands.items()
            if not found.hidden
        ]
        with formatter.section("Commands"):
            formatter.write_dl(rows)
