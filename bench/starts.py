"""Measure what is started for every file of a diff, a merge, or a word that somebody types."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from bench.measure import Job, Measured, measure
from tests.world import World

Title = Callable[[str], None]
Row = Callable[[str, Measured, Measured | None], None]


def bench_starts(world: World, made: Path, runs: int, title: Title, row: Row) -> object:
    """Measure git's drivers and the start of the command line beside one sops process.

    Args:
        made: A folder of encrypted Secrets.
    """
    folder = world.work / "starts"
    folder.mkdir()
    for name in ("base", "ours", "theirs"):
        shutil.copy(next(made.glob("*.secret.yaml")), folder / name)
    for name in ("ours", "theirs"):
        typed = ("--input-type", "yaml", "--output-type", "yaml", name)
        place = f'["stringData"]["{name}"]'
        world.run("sops", "set", *typed, place, '"changed"', cwd=folder)
    ours = (folder / "ours").read_bytes()

    def start_over() -> None:
        (folder / "ours").write_bytes(ours)

    shutil.copy(folder / "base", folder / "a.yaml")
    textconv_line, merge_line = _set_up_git(world, folder)
    environ = world.environ | {"_SOPSMITH_COMPLETE": "bash_complete", "COMP_WORDS": "sopsmith gen"}
    sops, textconv, merge, words, complete = measure(
        Job(("sops", "decrypt", "a.yaml"), runs, folder, world.environ),
        Job(("sh", "-c", textconv_line), runs, folder, world.environ),
        Job(("sh", "-c", merge_line), runs, folder, world.environ, prepare=start_over),
        Job(("sopsmith", "--help"), runs, folder, world.environ),
        Job(("sopsmith",), runs, folder, environ | {"COMP_CWORD": "1"}),
    )
    title("start for one file, or for a word")
    row("sops decrypt", sops, None)
    row("sopsmith git textconv, masked", textconv, sops)
    row("sopsmith git merge-driver (three versions)", merge, sops)
    row("sopsmith --help", words, None)
    row("sopsmith, completing a word", complete, None)
    return {
        "sops_one": sops._asdict(),
        "textconv": textconv._asdict(),
        "merge_driver": merge._asdict(),
        "help": words._asdict(),
        "completion": complete._asdict(),
    }


def _set_up_git(world: World, folder: Path) -> tuple[str, str]:
    """Return what git hands to its shell for a diff and for a merge of a file."""
    world.run("git", "init", "--quiet", cwd=folder)
    world.run("sopsmith", "git", "install", cwd=folder)
    textconv, merge = (
        world.run("git", "config", name, cwd=folder).decode().rstrip("\n")
        for name in ("diff.sopsmith.textconv", "merge.sopsmith.driver")
    )
    words = {"%O": "base", "%A": "ours", "%B": "theirs", "%P": "a.yaml", "%L": "7", "%%": "%"}
    for place, word in words.items():
        merge = merge.replace(place, word)
    return f"{textconv} a.yaml", merge
