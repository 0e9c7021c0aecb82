"""Open many files on all cores, and hand on what they hold in the order of the files."""

from __future__ import annotations

import marshal

from sopsmith.adapters.workers import LocalWorkers, count_cores

BATCH = 16
"""Files that a fork gets at once: few, so that both are done at about the same time."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sopsmith.ports import Answer

    Made = list[dict[str, object]]
    Open = Callable[[str], Made]


def spread(quick: Open, whole: Open, paths: list[str], limit: int) -> Iterator[Made]:
    """Yield what each file makes.

    Args:
        quick: Opens a file in a fork, with nothing that asks a person or starts a program.
        whole: Opens in this process what a fork could not, or has the words for why it cannot.
        limit: Forks at most; 0 means one for each core.

    Raises:
        Error: As `whole` does.
    """

    def work(path: str) -> Answer:
        try:
            return (marshal.dumps(quick(path)),)
        except Exception:  # noqa: BLE001 - `whole` meets it again
            return None

    most = count_cores()
    workers = LocalWorkers(min(limit or most, most), worth_it=0, batch=BATCH)
    for path, answer in zip(paths, workers.map(work, paths), strict=True):
        if answer is None:
            yield whole(path)
        else:
            (found,) = answer
            assert isinstance(found, bytes)
            made: Made = marshal.loads(found)  # noqa: S302 - from our own fork
            yield made
