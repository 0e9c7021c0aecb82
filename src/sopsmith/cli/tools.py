"""`sopsmith tools`: upstream's programs, of pinned versions."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from sopsmith.cli.lazy import ListedGroup

if TYPE_CHECKING:
    from sopsmith.flows.tools import Doors
    from sopsmith.repo.tools import Tool

_table = click.option(
    "--table", metavar="FILE", help="A table of your own; its tools go before the built-in ones."
)


@click.group("tools", cls=ListedGroup)
def command() -> None:
    """Install sops, age, kustomize and ksops, of pinned versions and digests."""


@command.command("list")
@_table
@click.option("--output", "-o", type=click.Choice(["text", "json"]), default="text")
def list_command(table: str | None, output: str) -> None:
    """List the tools, and the platforms for which a digest is known."""
    from sopsmith.cli.talk import put, put_json

    tools = {tool.name: tool for one in reversed(read_tables(table)) for tool in one}
    if output == "json":
        put_json([
            {"name": one.name, "version": one.version, "platforms": list(one.files)}
            for one in tools.values()
        ])  # fmt: skip
        return
    lines = [f"{t.name:<10} {t.version:<8} {' '.join(t.files)}\n" for t in tools.values()]
    put("".join(lines).encode())


@command.command("install")
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--into", "folder", required=True, metavar="DIR", help="Where programs go.")
@click.option("--mirror", default="", metavar="URL", help="Stands for https://github.com.")
@_table
@click.option("--force", is_flag=True, help="Replace programs that are not from sopsmith.")
@click.option("--dry-run", is_flag=True, help="Say what would be done.")
def install_command(names: tuple[str, ...], folder: str, dry_run: bool, **options: Any) -> None:
    """Install tools by NAME, or all that this machine can have.

    A download that was cut off goes on where it was. Nothing is put in place before its SHA-256
    is that of the table.
    """
    from sopsmith.adapters.download import read_platform
    from sopsmith.cli.talk import note, say, warn
    from sopsmith.flows import tools as flow
    from sopsmith.flows.install_plugin import is_on_path
    from sopsmith.repo.tools import choose_downloads

    tables = read_tables(options["table"])
    downloads = choose_downloads(tables, names, read_platform(), options["mirror"])
    folder, doors = flow.check_folder(folder), open_doors()
    planned = flow.plan_tools(downloads, folder, doors, force=options["force"])
    for one in planned:
        if not dry_run:
            flow.apply_tool(one, folder, doors)
        say(f"{one.news:<9} {one.download.name} {one.download.version}")
    changed = sum(one.news != flow.UNCHANGED for one in planned)
    note(f"{changed} of {len(planned)} tools {'would change' if dry_run else 'changed'}")
    if not is_on_path(folder, os.environ):
        warn(f"{folder} is not on PATH")


def read_tables(path: str | None) -> list[list[Tool]]:
    """Return the user's table, if there is one, and the built-in one."""
    from sopsmith.adapters.files import LocalFiles
    from sopsmith.repo.tools import built_in_tools, parse_tools

    own = [parse_tools(LocalFiles().read(path), path)] if path else []
    return [*own, built_in_tools()]


def open_doors() -> Doors:
    """Return the real doors."""
    from sopsmith.adapters.download import Downloads, cache_folder, file_digest
    from sopsmith.adapters.files import LocalFiles
    from sopsmith.flows.tools import Doors

    return Doors(LocalFiles(), Downloads(cache_folder(os.environ)).fetch, file_digest)
