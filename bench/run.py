"""Print sopsmith beside the real sops, measured in one run on one machine.

Ratios travel between machines, seconds do not; so every row has both of one run. Nothing is
asserted: a slow machine fails nothing. `bench/results.json` keeps the figures.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.builds import bench_generators, bench_overlay
from bench.history import bench_history
from bench.looking import bench_looking
from bench.measure import Job, Measured, measure
from bench.rekey import bench_rekey
from bench.starts import bench_starts
from tests.world import World

ROOT = Path(__file__).parents[1]
LOOPED = 200
"""Files of a loop over sops at most, where the loop is compared by the file."""
SECRETS = "bootstrap/argocd/overlays/main/{}/secrets"
_ENCRYPT_LOOP = 'for file in "$@"; do sops encrypt --in-place "$file"; done'
_DECRYPT_LOOP = 'for file in "$@"; do sops decrypt "$file"; done'


def main() -> None:
    """Measure what the arguments ask for, print a table and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--secrets", default="1000,10000", help="Secrets to encrypt")
    parser.add_argument("--sizes", default="1,10,100,1000", help="files for the plugin")
    parser.add_argument("--trees", default="1000,10000", help="files for verify and lint")
    parser.add_argument("--keys", default="1000,10000", help="files for rotate and updatekeys")
    parser.add_argument("--commits", default="1000,10000", help="of the histories for audit")
    parser.add_argument("--runs", type=int, default=9, help="runs of each short piece of work")
    parser.add_argument("--results", default=str(ROOT / "bench" / "results.json"))
    chosen = parser.parse_args()
    sizes = [int(size) for size in chosen.sizes.split(",")]
    results: dict[str, Any]
    with tempfile.TemporaryDirectory(prefix="sopsmith-bench-") as folder:
        world = World(Path(folder) / "world", (ROOT / ".tools" / "bin",))
        results = {"machine": _machine(world)}
        first, *more = (int(size) for size in chosen.secrets.split(","))
        results["generate"] = _bench_generate(world, first, chosen.runs)
        results["generate_more"] = [
            _bench_generate(world, one, min(3, chosen.runs)) for one in more
        ]
        results["plugin"] = [_bench_plugin(world, size, chosen.runs) for size in sizes]
        made = world.work / f"plugin-{max(sizes)}"
        dev, plugins = made / SECRETS.format("dev"), world.work / "plugins"
        small = world.work / f"plugin-{min(sizes, key=lambda size: abs(size - 10))}"
        results["generators"] = bench_generators(world, dev, plugins, _title, _row)
        results["overlay"] = bench_overlay(world, small, plugins, _title, _row)
        results["starts"] = bench_starts(world, dev, chosen.runs, _title, _row)
        results["render"] = [_bench_render(world, size, chosen.runs) for size in sizes]
        trees = [int(size) for size in chosen.trees.split(",")]
        results["trees"] = [_bench_tree(world, size, chosen.runs) for size in trees]
        print(f"\naudit a history\n  {'':<46}{'s':>8}{'cpu s':>8}{'MiB':>8}")
        histories = [int(size) for size in chosen.commits.split(",")]
        results["audit"] = [bench_history(world, size, min(3, chosen.runs)) for size in histories]
        keys = [int(size) for size in chosen.keys.split(",")]
        results["keys"] = [bench_rekey(world, size, _title, _row) for size in keys]
    Path(chosen.results).write_text(json.dumps(results, indent=2) + "\n")


def _machine(world: World) -> dict[str, str]:
    said = world.run("sops", "--version", "--disable-version-check").decode()
    found = re.search(r"\d+\.\d+\.\d+", said)
    facts = {
        "python": platform.python_version(),
        "sops": found.group() if found else "?",
        "cores": str(os.cpu_count()),
        "machine": platform.machine(),
        "load": f"{os.getloadavg()[0]:.1f}",
    }
    print("  ".join(f"{name} {value}" for name, value in facts.items()))
    return facts


def _make_repository(world: World, name: str, count: int) -> Path:
    """Make a repository with so many generated Secrets, spread over core and environments."""
    folder = world.work / name
    folder.mkdir()
    world.run("sopsmith", "init", ".", cwd=folder)
    prefixes = ("", "DEV_", "STAGING_", "PROD_")
    lines = [
        f"{prefixes[index % 4]}BENCH_{index:05}=made-up-{index:05}-{'x' * 24}"
        for index in range(count)
    ]
    (folder / ".env").write_text("\n".join(lines) + "\n")
    return folder


def _bench_generate(world: World, size: int, runs: int) -> dict[str, object]:
    empty = _make_repository(world, f"empty-{size}", size)
    filled = Path(shutil.copytree(empty, world.work / f"filled-{size}"))
    world.run("sopsmith", "generate", cwd=filled)
    plain = Path(shutil.copytree(filled, world.work / f"plain-{size}"))
    files = sorted(str(path.relative_to(plain)) for path in plain.rglob("*.secret.yaml"))
    world.run("sopsmith", "decrypt", "--in-place", *files, cwd=plain)
    work = world.work / "run"

    def start_from(source: Path) -> Callable[[], None]:
        def start() -> None:
            # Moved and not removed: for seconds, ext4 looks past each inode that it has just freed,
            # and making files would take several times as long.
            if work.exists():
                work.rename(tempfile.mkdtemp(dir=world.work) + "/done")
            shutil.copytree(source, work)

        return start

    looped = files[:LOOPED]
    generate, loop = ("sopsmith", "generate"), ("sh", "-ec", _ENCRYPT_LOOP, "sh", *looped)
    ours, again, theirs = measure(
        Job(generate, runs, work, world.environ, prepare=start_from(empty)),
        Job(generate, runs, work, world.environ, prepare=start_from(filled)),
        Job(loop, 1, work, world.environ, prepare=start_from(plain)),
    )
    _title(f"encrypt {len(files):,} Secrets")
    _row(f"sops encrypt --in-place, one process a file, {len(looped)} files", theirs)
    _row("sopsmith generate, all new", ours)
    _row("sopsmith generate, nothing changed", again)
    a_file = theirs.seconds / len(looped)
    print(f"  a Secret is {a_file / (ours.seconds / len(files)):.1f} times faster")
    return {
        "secrets": len(files),
        "sops_loop": {"files": len(looped), **theirs._asdict()},
        "sopsmith": ours._asdict(),
        "sopsmith_again": again._asdict(),
        "ratio": a_file / (ours.seconds / len(files)),
    }


def _bench_plugin(world: World, size: int, runs: int) -> dict[str, object]:
    folder = _make_repository(world, f"plugin-{size}", 4 * size) / SECRETS.format("dev")
    world.run("sopsmith", "generate", cwd=folder)
    plugins = world.work / "plugins"
    if not plugins.exists():
        world.run("sopsmith", "plugin", "install", str(plugins))
    files = sorted(path.name for path in folder.glob("*.secret.yaml"))
    environ, few = world.environ, min(3, runs) if size <= 100 else 1
    plugin, one, every = measure(
        Job((str(plugins / "ksops"),), runs, folder, environ, _resource_list(folder)),
        Job(("sops", "decrypt", files[0]), runs, folder, environ),
        Job(("sh", "-ec", _DECRYPT_LOOP, "sh", *files), few, folder, environ),
    )
    _title(f"open {size} file{'s' * (size > 1)} ({1e6 * plugin.seconds / size:,.0f} µs a file)")
    _row("sops decrypt, one process for one file", one)
    _row("sops decrypt, one process a file", every)
    _row("plugin, one process", plugin, every)
    print(f"  plugin for {size} against one sops process: {plugin.seconds / one.seconds:.2f} times")
    return {
        "files": size,
        "plugin": plugin._asdict(),
        "sops_one": one._asdict(),
        "sops_loop": every._asdict(),
        "ratio": every.seconds / plugin.seconds,
    }


def _bench_render(world: World, size: int, runs: int) -> dict[str, object]:
    root = world.work / f"plugin-{size}"
    folder = root / "bootstrap/argocd/overlays/main/dev"
    files = [str(path) for path in sorted(folder.rglob("*.secret.yaml"))][:LOOPED]
    argv = ("sopsmith", "render", "--engine", "builtin", str(folder))
    ours, loop = measure(
        Job(argv, min(3, runs), root, world.environ),
        Job(("sh", "-ec", _DECRYPT_LOOP, "sh", *files), 1, root, world.environ),
    )
    _title(f"render an overlay of {2 * size:,} Secrets")
    _row(f"sops decrypt, one process a file, {len(files)} files", loop)
    _row("sopsmith render", ours)
    ratio = loop.seconds / len(files) / (ours.seconds / (2 * size))
    print(f"  a Secret is {ratio:.1f} times faster")
    return {
        "secrets": 2 * size,
        "sopsmith": ours._asdict(),
        "sops_loop": {"files": len(files), **loop._asdict()},
        "ratio": ratio,
    }


def _bench_tree(world: World, size: int, runs: int) -> dict[str, object]:
    _title(f"look through {size:,} files")
    return bench_looking(world, size, max(3, runs // 3), _row)


def _resource_list(folder: Path) -> bytes:
    """Return what kustomize hands to an exec plugin: the generator, twice."""
    generator = (folder / "ksops-generator.yaml").read_text().splitlines()
    lines = [line for line in generator if line and not line.startswith("#")]
    item = ["- " + lines[0], *("  " + line for line in lines[1:])]
    config = ["  " + line for line in lines]
    head = ["apiVersion: config.kubernetes.io/v1", "kind: ResourceList"]
    return "\n".join([*head, "items:", *item, "functionConfig:", *config, ""]).encode()


def _title(text: str) -> None:
    print(f"\n{text}\n  {'':<46}{'ms':>10}{'MiB':>8}{'runs':>6}  times faster")


def _row(name: str, measured: Measured, beside: Measured | None = None) -> None:
    ratio = f"{beside.seconds / measured.seconds:8.1f}" if beside else ""
    print(
        f"  {name:<46}{1000 * measured.seconds:10.1f}{measured.mebibytes:8.1f}"
        f"{measured.runs:6}  {ratio}",
        flush=True,
    )


if __name__ == "__main__":
    try:
        main()
    except (RuntimeError, AssertionError, subprocess.TimeoutExpired) as failure:
        sys.exit(f"error: {failure}")
