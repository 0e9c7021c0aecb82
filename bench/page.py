"""Write what `make bench` found into docs/explanation/performance.md and its plot."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from bench.plot import Line, draw

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "bench/results.json"
PAGE = ROOT / "docs/explanation/performance.md"
PLOT = PAGE.with_suffix(".svg")
START, END = "<!-- bench: written by `make bench-page` -->\n", "<!-- end of bench -->\n"
_HEAD = "| work | sopsmith | beside it | | ratio | aim |\n|---|--:|---|--:|--:|---|\n"
_LEAST_AIMED = 1000
_PLUGIN_AIMS = {1: "≤ 1", 100: "≤ 2", 1000: "≤ 5"}


class Row(NamedTuple):
    """A row of the table, as it is printed."""

    work: str
    ours: str
    peer: str
    theirs: str
    ratio: str
    aim: str


def write_page(results: dict[str, Any], page: str) -> str:
    """Return the page with the results' table in the place of the one that it has."""
    before, _, rest = page.partition(START)
    _, _, after = rest.partition(END)
    machine = results["machine"]
    facts = (
        f"Python {machine['python']}, sops {machine['sops']}, {machine['cores']} cores,"
        f" load {machine.get('load', '?')} when it began; medians.\n\n"
    )
    table = "".join(f"| {' | '.join(row)} |\n" for row in rows(results))
    return before + START + facts + _HEAD + table + END + after


def rows(results: dict[str, Any]) -> Iterator[Row]:
    """Yield a row for every aim and every size."""
    for one in results["plugin"]:
        size = one["files"]
        aim = _PLUGIN_AIMS.get(size, "")
        work = f"plugin, {_files(size)}, {one['plugin']['mebibytes']:.0f} MiB"
        peer = f"one `sops decrypt`, {one['sops_one']['mebibytes']:.0f} MiB"
        yield _slower(work, one["plugin"], peer, one["sops_one"], aim)
    many = results["generators"]
    work = f"{many['generators']} generators of one file"
    peer = "`sops decrypt`, one process a file"
    yield _slower(f"`kustomize build`, {work}", many["plugin"], peer, many["sops_loop"], "≤ 1")
    yield _slower(f"sidecar, {work}", many["sidecar"], peer, many["sops_loop"], "")
    one = results["overlay"]
    work = f"`kustomize build` of the prod overlay, {one['secrets']} Secrets"
    yield _slower(work, one["plugin"], "a plugin of fixed text", one["fixed"], "≤ 1.15")
    if "python" in one:
        yield _slower(work, one["plugin"], "fixed text from Python", one["python"], "")
    if "delivery" in results:
        one = results["delivery"]
        work = f"Argo CD: {one['applications']} Applications of {one['secrets']} Secrets, "
        ours, fixed = ({"seconds": one[name]} for name in ("plugin", "fixed"))
        yield _slower(f"{work}commit to all Synced", ours, "a plugin of fixed text", fixed, "")
    yield from _by_file(results)
    starts = results["starts"]
    peer, sops = "one `sops decrypt`", starts["sops_one"]
    yield _slower("`git textconv` of a file", starts["textconv"], peer, sops, "≤ 1")
    yield _slower("`git merge-driver`, three versions", starts["merge_driver"], peer, sops, "≤ 1")
    for name, word in (("help", "`sopsmith --help`"), ("completion", "completing a word")):
        yield Row(word, _time(starts[name]["seconds"]), "", "", "", "< 100 ms")


def _by_file(results: dict[str, Any]) -> Iterator[Row]:
    for made in (results["generate"], *results.get("generate_more", [])):
        yield _faster("generate", made["secrets"], made["sopsmith"], made["sops_loop"])
    for tree in results["trees"]:
        for verb in ("verify", "lint"):
            yield _faster(verb, tree["files"], tree[verb], tree["sops_loop"])
    for keys in results["keys"]:
        for verb in ("rotate", "updatekeys"):
            yield _faster(verb, keys["files"], keys[verb]["sopsmith"], keys[verb]["sops_loop"])
    for one in results["render"]:
        if one["secrets"] >= 100:
            yield _faster("render", one["secrets"], one["sopsmith"], one["sops_loop"])
    for tree in results["trees"]:
        work, peer = f"verify, {_files(tree['files'])}", "X25519 unwraps alone"
        for name, by, aim in (("unwraps", "pyrage", "≤ 3"), ("unwraps_openssl", "OpenSSL", "")):
            if name in tree:
                ours, bare = ({"seconds": tree[of]["processor"]} for of in ("verify", name))
                yield _slower(work, ours, f"{peer} by {by}, processor time", bare, aim)
    for one in results.get("audit", []):
        work = f"audit, {one['commits']:,} commits"
        yield _slower(work, one["audit"], "`git log --raw` alone", one["git_log"], "")


def _slower(work: str, ours: Any, peer: str, theirs: Any, aim: str) -> Row:
    """Return a row whose ratio says how many times of the peer it takes."""
    ratio = f"{ours['seconds'] / theirs['seconds']:.2f}"
    return Row(work, _time(ours["seconds"]), peer, _time(theirs["seconds"]), ratio, aim)


def _faster(verb: str, size: int, ours: Any, loop: Any) -> Row:
    """Return a row whose ratio says how many times faster a file is than in a loop over sops."""
    each, theirs = ours["seconds"] / size, loop["seconds"] / loop["files"]
    work = f"{verb}, {_files(size)}, {ours['mebibytes']:.0f} MiB; a file"
    ratio = f"{theirs / each:.0f} times faster"
    # The aim is one of many files; of a few the start is most of the time.
    aim = "≥ 40" if size >= _LEAST_AIMED else ""
    return Row(work, _time(each), "loop over sops, a file", _time(theirs), ratio, aim)


def _files(count: int) -> str:
    return f"{count:,} file{'s' * (count != 1)}"


def _time(seconds: float) -> str:
    if seconds < 0.001:
        return f"{1e6 * seconds:.0f} µs"
    return f"{1000 * seconds:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"


def lines(results: dict[str, Any]) -> list[Line]:
    """Return the lines of the plot: seconds against files, both of the whole work."""

    def of(found: list[Any], size: str, seconds: Callable[[Any], float]) -> list[Any]:
        return [(one[size], seconds(one)) for one in found]

    plugin, trees, keys = results["plugin"], results["trees"], results["keys"]
    return [
        Line("loop over sops", of(plugin, "files", lambda one: one["sops_loop"]["seconds"])),
        Line("plugin", of(plugin, "files", lambda one: one["plugin"]["seconds"])),
        Line("render", of(results["render"], "secrets", lambda one: one["sopsmith"]["seconds"])),
        Line("rotate", of(keys, "files", lambda one: one["rotate"]["sopsmith"]["seconds"])),
        Line("verify", of(trees, "files", lambda one: one["verify"]["seconds"])),
    ]


def main() -> None:
    """Write the page and the plot."""
    results = json.loads(RESULTS.read_text())
    PAGE.write_text(write_page(results, PAGE.read_text()))
    PLOT.write_text(draw(lines(results)))


if __name__ == "__main__":
    main()
