"""Open many files on all cores, and hand on what they hold in the order of the files.

This process opens its own share of the batches, and each fork every so many-th one. A fork knows
which before it starts, so nothing is sent to it, and the pipe that its answers come through lets
it run ahead. `adapters.workers` is for work of which nobody knows how much it is.
"""

from __future__ import annotations

import marshal
import os

from sopsmith.adapters.workers import count_cores

BATCH = 8
"""Files that are opened in a row: few, so that all processes end at about the same time."""
SHARE = 32
"""Files that are worth a fork, which takes as long as opening a dozen."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeVar

    Made = TypeVar("Made")


def spread(
    quick: Callable[[str], Made], whole: Callable[[str], Made], paths: list[str], limit: int
) -> Iterator[Made]:
    """Yield what each file makes.

    Args:
        quick: Opens a file in a fork, with nothing that asks a person or starts a program.
        whole: Opens a file in this process. It also makes what a fork could not, or has the words
            for why it cannot.
        limit: Processes at most, this one among them; 0 means one for each core.

    Raises:
        Error: As `whole` does.
    """
    most = count_cores()
    count = max(1, min(limit or most, most, len(paths) // SHARE))
    batches = [paths[at : at + BATCH] for at in range(0, len(paths), BATCH)]
    forks: list[_Fork] = []
    try:
        for number in range(1, count):
            forks.append(_Fork(quick, batches[number::count], forks))
        for number, batch in enumerate(batches):
            turn = number % count
            answers = forks[turn - 1].take() if turn else [None] * len(batch)
            for path, answer in zip(batch, answers or [None] * len(batch), strict=True):
                if answer is None:
                    yield whole(path)
                else:
                    made: Made = marshal.loads(answer)  # noqa: S302 - from our own fork
                    yield made
    finally:
        for fork in forks:
            fork.end()


class _Fork:
    """A fork that opens batches one after the other, and hands each back when it is done."""

    def __init__(
        self, work: Callable[[str], object], batches: list[list[str]], others: list[_Fork]
    ) -> None:
        take, give = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            # Each fork closes the pipes of those before it, or they would outlive this process.
            for handle in (take, *(one.handle for one in others)):
                os.close(handle)
            _serve(work, batches, give)
        os.close(give)
        self._take = open(take, "rb")  # noqa: SIM115 - `end` closes it

    @property
    def handle(self) -> int:
        """The number of this side's end of the pipe."""
        return self._take.fileno()

    def take(self) -> list[bytes | None] | None:
        """Return the answers for the next batch, or None where the fork has died."""
        try:
            answers: list[bytes | None] = marshal.load(self._take)  # noqa: S302 - our own fork's
        except (EOFError, ValueError, TypeError):
            return None
        return answers

    def end(self) -> None:
        """Close the pipe, which ends the fork, and wait for it."""
        self._take.close()
        os.waitpid(self._pid, 0)


def _serve(work: Callable[[str], object], batches: list[list[str]], give: int) -> None:
    """Answer every batch, and never return: the rest of the program is not ours."""
    try:
        with open(give, "wb") as stream:
            for batch in batches:
                marshal.dump([_attempt(work, path) for path in batch], stream)
                stream.flush()
    finally:
        # Whatever happened, not a word of it is printed: a traceback could quote a value.
        os._exit(0)


def _attempt(work: Callable[[str], object], path: str) -> bytes | None:
    try:
        return marshal.dumps(work(path))  # type: ignore[arg-type]
    except Exception:  # noqa: BLE001 - the process itself meets it again
        return None
