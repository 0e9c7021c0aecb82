"""Measure `verify` and `lint` over trees, beside bare unwraps and a loop over sops."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from bench.measure import Job, Measured, measure
from tests.world import World

LOOPED = 200
"""Files of the sops loop, whatever the size of the tree: its time is never multiplied up."""
_ROOT = Path(__file__).parents[1]
_LOOP = 'for file in "$@"; do sops decrypt "$file"; done'

Row = Callable[[str, Measured, Measured | None], None]


def bench_looking(world: World, size: int, runs: int, row: Row) -> dict[str, object]:
    """Measure one tree of so many encrypted files.

    Args:
        row: Prints a row of the table.
    """
    folder = world.work / f"tree-{size}"
    given = folder.with_suffix(".stanzas")
    identity = world.run(
        sys.executable, "-m", "bench.make_tree", str(folder), str(given), str(size), cwd=_ROOT
    ).decode()
    floor = (sys.executable, str(Path(__file__).with_name("unwraps.py")), str(given))
    environ = world.environ | {"SOPS_AGE_KEY": identity}
    files = [str(path.relative_to(folder)) for path in sorted(folder.rglob("*.secret.yaml"))]
    looped = files[:LOOPED]
    bare, quick, one, both, lint, loop = measure(
        Job(floor, runs, folder, environ, identity.encode()),
        Job((*floor, "openssl"), runs, folder, environ, identity.encode()),
        Job(("sopsmith", "verify", "--jobs", "1"), runs, folder, environ),
        Job(("sopsmith", "verify"), runs, folder, environ),
        Job(("sopsmith", "lint"), runs, folder, environ),
        Job(("sh", "-ec", _LOOP, "sh", *looped), 1, folder, environ),
    )
    row(f"X25519 unwraps alone by pyrage, {size:,} files", bare, None)
    row(f"X25519 unwraps alone by OpenSSL, {size:,} files", quick, bare)
    row(f"sopsmith verify --jobs 1, {size:,} files", one, bare)
    row(f"sopsmith verify, all cores, {size:,} files", both, bare)
    row(f"sopsmith lint, all cores, {size:,} files", lint, bare)
    row(f"sops decrypt, one process a file, {len(looped)} files", loop, None)
    shutil.rmtree(folder)
    processor = both.processor / bare.processor
    sops_a_file = loop.processor / len(looped)
    cheaper = [sops_a_file / (ours.processor / size) for ours in (both, lint)]
    print(
        f"  in processor time, verify takes {processor:.2f} times the unwraps; a file costs it\n"
        f"  {cheaper[0]:.0f} times less than one of the loop's {len(looped)}, and lint"
        f" {cheaper[1]:.0f} times less"
    )
    return {
        "files": size,
        "unwraps": bare._asdict(),
        "unwraps_openssl": quick._asdict(),
        "verify_one_core": one._asdict(),
        "verify": both._asdict(),
        "lint": lint._asdict(),
        "sops_loop": {"files": len(looped), **loop._asdict()},
        "verify_to_unwraps_processor": processor,
        "processor_times_cheaper_a_file": {"verify": cheaper[0], "lint": cheaper[1]},
        "verify_to_unwraps": both.seconds / bare.seconds,
        "verify_one_core_to_unwraps": one.seconds / bare.seconds,
        "files_a_second": {
            "verify": size / both.seconds,
            "lint": size / lint.seconds,
            "sops_loop": len(looped) / loop.seconds,
        },
    }
