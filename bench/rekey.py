"""Measure `updatekeys` and `rotate` over trees, beside loops over sops."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from bench.measure import Job, Measured, measure
from tests.world import World

from sopsmith import age
from sopsmith.sops.config import CreationRule
from sopsmith.sops.document import encrypt
from sopsmith.sops.selectors import Selector

_REGEX = "^(data|stringData)$"
_SECRET = """\
apiVersion: v1
kind: Secret
metadata:
    name: bench-{0:05}
    namespace: default
type: Opaque
stringData:
    value: made-up-{0:05}-xxxxxxxxxxxxxxxxxxxxxxxx
"""
_RULES = "creation_rules:\n  - encrypted_regex: {}\n    age: {}\n"
_LOOPS = {
    "updatekeys": 'for file in "$@"; do sops updatekeys --yes "$file"; done',
    "rotate": 'for file in "$@"; do sops rotate --in-place "$file"; done',
}
_OURS = {
    "updatekeys": ("sopsmith", "updatekeys", "--yes", "."),
    "rotate": ("sopsmith", "rotate", "."),
}

LOOPED = 200
"""Files of the loops over sops at most; their time is compared by the file."""

Title = Callable[[str], None]
Row = Callable[[str, Measured, Measured | None], None]


def bench_rekey(world: World, size: int, title: Title, row: Row) -> dict[str, object]:
    """Measure one tree: every file gains a recipient, and every file gets a new data key.

    Args:
        size: How many files.
        title, row: Print a table's head and a row.
    """
    start = _make_tree(world, size)
    work = world.work / "rekeyed"
    done: list[Path] = []

    def start_over() -> None:
        # Nothing is removed before the end: ext4 without a journal passes by every file that was
        # removed in the last minutes when it makes a new one, up to 0.4 ms a file after 10,000.
        if work.exists():
            done.append(work.rename(world.work / f"rekeyed-{size}-{len(done)}"))
        shutil.copytree(start, work)

    files = sorted(str(path.relative_to(start)) for path in start.rglob("*.secret.yaml"))
    title(f"change the keys of {size:,} files")
    results: dict[str, object] = {"files": size}
    for verb, loop in _LOOPS.items():
        loops = Job(
            ("sh", "-ec", loop, "sh", *files[:LOOPED]), 1, work, world.environ, b"", start_over
        )
        jobs = Job(_OURS[verb], 5 if size <= 1000 else 1, work, world.environ, b"", start_over)
        ours, theirs = measure(jobs, loops)
        cores = ours.processor / ours.seconds
        looped = len(files[:LOOPED])
        row(f"sops {verb}, one process a file, {looped} files", theirs, None)
        row(f"sopsmith {verb} ({cores:.1f} cores used)", ours, None)
        ratio = theirs.seconds / looped / (ours.seconds / size)
        cheaper = theirs.processor / looped / (ours.processor / size)
        print(
            f"  a file is {ratio:.1f} times faster, in processor time {cheaper:.1f} times cheaper"
        )
        results[verb] = {
            "sops_loop": {"files": looped, **theirs._asdict()},
            "sopsmith": ours._asdict(),
            "ratio": ratio,
            "processor_ratio": cheaper,
            "cores_used": cores,
        }
    for folder in (work, *done):
        shutil.rmtree(folder)
    return results


def _make_tree(world: World, size: int) -> Path:
    """Make a tree of Secrets for one recipient, under a rule that names one more."""
    recipients = [_add_identity(world), age.generate()[1]]
    root = world.work / f"keys-{size}"
    rule = CreationRule((recipients[0],), Selector("encrypted_regex", _REGEX))
    for number in range(size):
        path = root / f"overlays/env{number % 4}/{number:05}.secret.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        text = _SECRET.format(number).encode()
        path.write_bytes(encrypt(text, "yaml", rule, now=datetime.now(UTC), path=path.name))
    (root / ".sops.yaml").write_text(_RULES.format(_REGEX, ",".join(recipients)))
    return root


def _add_identity(world: World) -> str:
    identity, recipient = age.generate()
    world.keys_file.parent.mkdir(parents=True, exist_ok=True)
    with world.keys_file.open("a") as handle:
        handle.write(identity.reveal().decode() + "\n")
    return recipient
