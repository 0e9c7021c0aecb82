"""Measure `kustomize build`: with the plugin, with one that prints fixed text, and the sidecar.

KSOPS itself is not at hand. What it does for a generator is one process that opens files as sops
does, so the peer is a loop over sops.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

from bench.measure import Job, Measured, measure
from tests.world import World

Title = Callable[[str], None]
Row = Callable[[str, Measured, Measured | None], None]

_BUILD = ("kustomize", "build", "--enable-alpha-plugins", "--enable-exec")
_LOOP = 'for file in "$@"; do sops decrypt "$file"; done'
_GENERATOR = """\
apiVersion: viaduct.ai/v1
kind: ksops
metadata:
  name: g{0}
  annotations:
    config.kubernetes.io/function: "exec: {{path: ksops}}"
files:
  - ./{1}
"""
_KEEPING = '#!/bin/sh\nexec "{ksops}" "$@" | tee "{kept}/$(basename "$(dirname "$PWD")")"\n'
# A shell's own words alone but for one `cat`, as little as a plugin can do.
_FIXED = '#!/bin/sh\nabove=${{PWD%/*}}\nexec cat "{kept}/${{above##*/}}"\n'

# What Python itself takes before a plugin in it could do anything.
_PYTHON = """\
#!{python} -IS
import posix
name = posix.getcwd().split("/")[-2]
with open(f"{kept}/{{name}}", "rb") as text:
    posix.write(1, text.read())
"""


def bench_generators(world: World, made: Path, plugins: Path, title: Title, row: Row) -> object:
    """Measure a build of many generators of one file each.

    Args:
        made: A folder of encrypted Secrets.
        plugins: Where `ksops` is.
    """
    folder = _lay_out_generators(world, made)
    files = sorted(path.name for path in folder.glob("*.secret.yaml"))
    environ = world.environ | {"PATH": f"{plugins}:{world.environ['PATH']}"}
    keys = world.work / "projects"
    (keys / "bench").mkdir(parents=True)
    (keys / "bench/keys.txt").write_bytes(world.keys_file.read_bytes())
    sidecar = {"SOPSMITH_KEYS": str(keys), "ARGOCD_APP_PROJECT_NAME": "bench"}
    build, cmp, loop = measure(
        Job((*_BUILD, "."), 3, folder, environ),
        Job(("sopsmith-cmp", "generate"), 3, folder, environ | sidecar),
        Job(("sh", "-ec", _LOOP, "sh", *files), 1, folder, environ),
    )
    title(f"build {len(files)} generators of one file each")
    row("sops decrypt, one process a file", loop, None)
    row("kustomize build, plugin", build, loop)
    row("sidecar: one process for all generators", cmp, loop)
    return {
        "generators": len(files),
        "plugin": build._asdict(),
        "sidecar": cmp._asdict(),
        "sops_loop": loop._asdict(),
    }


def bench_overlay(world: World, root: Path, plugins: Path, title: Title, row: Row) -> object:
    """Measure a build of a repository's prod overlay beside one with a plugin of fixed text."""
    overlay = root / "bootstrap/argocd/overlays/main/prod"
    kept = world.work / "kept"
    kept.mkdir()
    python = os.path.realpath(sys.executable)
    paths = {}
    for name, text in {"keeping": _KEEPING, "fixed": _FIXED, "python": _PYTHON}.items():
        script = world.work / name / "ksops"
        script.parent.mkdir()
        script.write_text(text.format(ksops=plugins / "ksops", kept=kept, python=python))
        script.chmod(0o755)
        paths[name] = f"{script.parent}:{world.environ['PATH']}"
    argv = (*_BUILD, str(overlay))
    whole = world.run(*argv, PATH=paths["keeping"])
    if any(world.run(*argv, PATH=paths[name]) != whole for name in ("fixed", "python")):
        raise RuntimeError("the plugin of fixed text does not make what the plugin makes")
    ours, floor, python_floor = measure(
        Job(argv, 15, root, world.environ | {"PATH": f"{plugins}:{world.environ['PATH']}"}),
        Job(argv, 15, root, world.environ | {"PATH": paths["fixed"]}),
        Job(argv, 15, root, world.environ | {"PATH": paths["python"]}),
    )
    title(f"build the prod overlay, {whole.count(b'kind: Secret')} Secrets")
    row("kustomize build, plugin of fixed text", floor, None)
    row("kustomize build, fixed text from Python", python_floor, floor)
    row("kustomize build, plugin", ours, floor)
    return {
        "secrets": whole.count(b"kind: Secret"),
        "plugin": ours._asdict(),
        "fixed": floor._asdict(),
        "python": python_floor._asdict(),
    }


def _lay_out_generators(world: World, made: Path) -> Path:
    folder = world.work / "generators"
    folder.mkdir()
    (folder / ".sops.yaml").write_text("creation_rules: []\n")
    names = []
    for number, path in enumerate(sorted(made.glob("*.secret.yaml"))[:200]):
        (folder / path.name).write_bytes(path.read_bytes())
        names.append(f"g{number}.yaml")
        (folder / names[-1]).write_text(_GENERATOR.format(number, path.name))
    listed = "".join(f"  - {name}\n" for name in names)
    (folder / "kustomization.yaml").write_text(f"generators:\n{listed}")
    return folder
