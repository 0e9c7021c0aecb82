"""Open the doors of `sopsmith key drill` and say what it showed."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from sopsmith import age
from sopsmith.adapters.archive_folder import FolderArchive
from sopsmith.adapters.files import LocalFiles
from sopsmith.adapters.key_lock import lock_keys
from sopsmith.adapters.memory import private_folder
from sopsmith.adapters.private import PrivateFiles
from sopsmith.adapters.programs import LocalPrograms
from sopsmith.adapters.trees import LocalTrees
from sopsmith.cli.key_files import keys_files
from sopsmith.cli.table import table
from sopsmith.cli.talk import note, put, put_json, warn
from sopsmith.flows.drill import Doors, DrillReport, DrillRequest
from sopsmith.repo.root import find_root, read_settings


@contextmanager
def open_drill(repo: str, *, allow_disk: bool) -> Iterator[tuple[DrillRequest, Doors]]:
    """Yield the request and doors to a place that is gone afterwards.

    Raises:
        LayoutError: The folder lies in no repository.
        OutsideError: There is no file system in memory.
    """
    files = LocalFiles()
    root = os.path.realpath(find_root(files, repo))
    settings = read_settings(files, root)
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    with private_folder(allow_disk=allow_disk, runtime=runtime) as folder:
        target = os.path.realpath(folder)
        doors = Doors(
            files,
            PrivateFiles(),
            LocalTrees(LocalPrograms()),
            FolderArchive(os.path.join(target, "store"), ours=True),
            lock_keys,
            age.generate,
            datetime.now(UTC),
            time.perf_counter,
        )
        yield DrillRequest(root, settings, keys_files(), target), doors


def show(report: DrillReport, *, as_json: bool) -> None:
    """Write the steps to stdout, and to stderr what opened."""
    if as_json:
        put_json({
            "seconds": round(report.seconds, 3),
            "steps": [{"step": one.step, "seconds": round(one.seconds, 3)} for one in report.steps],
            "recipients": list(report.recipients),
            "opened": {
                one.scope: {"opened": one.opened, "files": one.files} for one in report.opened
            },
            "lacking": list(report.lacking),
        })  # fmt: skip
    else:
        rows = [(one.step, f"{one.seconds:.3f}") for one in report.steps]
        put(table(("STEP", "SECONDS"), [*rows, ("all", f"{report.seconds:.3f}")]).encode())
    for one in report.opened:
        tell = warn if one.scope in report.lacking else note
        tell(f"{one.scope}: {one.opened} of {one.files} encrypted files open")
    for recipient in report.recipients:
        note(f"came back: {recipient}")
    note("nothing of the drill is left")
