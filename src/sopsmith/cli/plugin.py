"""`sopsmith plugin`: the kustomize plugin that takes KSOPS's place."""

from __future__ import annotations

import os

import click

from sopsmith.cli.lazy import ListedGroup
from sopsmith.cli.talk import note, say, warn


@click.group("plugin", cls=ListedGroup)
def command() -> None:
    """Install the kustomize plugin that takes KSOPS's place."""


@command.command("install")
@click.argument("folder", metavar="[DIR]", required=False)
@click.option("--plugin-home", is_flag=True, help="Also put it into kustomize's plugin home.")
@click.option("--force", is_flag=True, help="Replace another program of that name.")
def install_command(
    folder: str | None,
    plugin_home: bool,
    force: bool,
) -> None:
    """Put the plugin into DIR as `ksops`; without DIR and --plugin-home, into ~/.local/bin.

    DIR belongs on the PATH of kustomize, which finds plugins with `exec: {path: ksops}` there.
    The plugin home is for generators without that annotation.
    """
    from sopsmith.adapters.files import LocalFiles
    from sopsmith.adapters.interpreter import build_bundle, read_interpreter
    from sopsmith.flows import install_plugin as flow

    if folder is None and not plugin_home:
        folder = os.path.expanduser("~/.local/bin")
    targets = [os.path.join(os.path.abspath(folder), flow.NAME)] if folder is not None else []
    if plugin_home:
        home = flow.find_plugin_home(os.environ)
        targets += [os.path.join(home, place) for place in flow.HOME_PLACES]
    python = read_interpreter()
    script = flow.build_script(python.executable, python.folders)
    bundle = build_bundle(python)
    for placed in flow.install(targets, script, LocalFiles(), bundle=bundle, force=force):
        say(f"{placed.news}: {placed.path}")
    if folder is not None and not flow.is_on_path(folder, os.environ):
        warn(f"{folder} is not on PATH, so kustomize does not find the plugin there")
    note("kustomize needs both --enable-alpha-plugins and --enable-exec")
