"""`sopsmith render`: what the cluster would get."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import click

from sopsmith.cli.examples import examples
from sopsmith.cli.talk import counted, note, put, put_json
from sopsmith.flows import render as flow


@click.command(
    "render",
    epilog=examples(
        "render bootstrap/argocd/overlays/main/dev",
        "render --reveal bootstrap/argocd/overlays/main/dev | kubectl diff -f -",
    ),
)
@click.argument("folder", metavar="PATH")
@click.option("--reveal", is_flag=True, help="Print the values of Secrets instead of their sizes.")
@click.option("--engine", type=click.Choice(flow.ENGINES), default=flow.AUTO, show_default=True,
              help="What builds it.")  # fmt: skip
@click.option(
    "--output", "-o", type=click.Choice(["yaml", "json"]), default="yaml", show_default=True
)
def command(folder: str, reveal: bool, engine: str, output: str) -> None:
    """Print what the kustomization in PATH gives the cluster, with the values of Secrets hidden.

    Fails when a Secret that a generator promises does not come out, and when ciphertext does.
    kustomize runs whatever programs the kustomization names. kubectl serves only where all
    generators are legacy ones. The engine `builtin` runs no program, and prints what the ksops
    generators make and nothing else.
    """
    from sopsmith.kube.write import write_documents

    with _plugin_folder() as plugins:
        request = flow.Request(folder, engine, plugins, os.environ.get("PATH", os.defpath))
        rendered = flow.render(request, _doors())
    objects = rendered.objects if reveal else rendered.masked()
    if output == "json":
        put_json({"apiVersion": "v1", "kind": "List", "items": objects})
    else:
        put(write_documents(objects).encode())
    made = counted(len(objects), "object")
    note(f"{made}, {rendered.promised} from generators, by {rendered.engine}")
    if rendered.engine == flow.BUILTIN:
        note("other resources, patches and hashes behind names are left out without kustomize")


def _doors() -> flow.Doors:
    from sopsmith.adapters.confined import ConfinedFiles
    from sopsmith.adapters.environment import read_settings
    from sopsmith.adapters.files import LocalFiles
    from sopsmith.adapters.keys import load_keyring
    from sopsmith.adapters.programs import LocalPrograms
    from sopsmith.plugin.generate import Maker

    files, programs, settings = LocalFiles(), LocalPrograms(), read_settings(os.environ)
    keyring = cache(lambda: load_keyring(settings, files, programs))

    def make(folder: str, manifest: dict[str, object]) -> list[dict[str, object]]:
        confined = ConfinedFiles(folder, settings.get("SOPSMITH_ROOT"))
        return Maker(confined, keyring()).make(manifest)

    return flow.Doors(files, programs, make)


@contextmanager
def _plugin_folder() -> Iterator[str]:
    """Give a folder of this run alone that holds the plugin, and no secret."""
    from sopsmith.adapters.files import LocalFiles
    from sopsmith.adapters.interpreter import read_interpreter
    from sopsmith.flows import install_plugin

    python = read_interpreter()
    script = install_plugin.build_script(python.executable, python.folders)
    with tempfile.TemporaryDirectory(prefix="sopsmith-") as folder:
        places = (install_plugin.NAME, *install_plugin.HOME_PLACES)
        targets = [os.path.join(folder, place) for place in places]
        install_plugin.install(targets, script, LocalFiles(), force=False)
        yield folder
