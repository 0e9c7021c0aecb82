"""Load a command's module only when the command is named, so that every start is a short one."""

from __future__ import annotations

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
    """

    table: dict[str, str]
    prefix = ""

    @classmethod
    def over(cls, table: dict[str, str], prefix: str = "") -> type[LazyGroup]:
        """Return a group class over a table of commands."""
        return type("LazyGroup", (cls,), {"table": table, "prefix": prefix})

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
        return found

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002
        formatter: click.HelpFormatter,
    ) -> None:
        """Write the list of commands without loading them."""
        if not self.table:
            return
        with formatter.section("Commands"):
            formatter.write_dl(list(self.table.items()))
