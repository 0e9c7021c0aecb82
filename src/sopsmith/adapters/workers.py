"""Spread work over processes, in order and with memory that does not grow with the work.

A worker is a fork, so it has the identities without their being written to a pipe. Each gets
batches in turn, and the answers are taken in the same turn: that keeps the order, and at most
two batches a worker are under way. Threads would not help: parsing holds the interpreter's lock.
"""

from __future__ import annotations

import marshal
import os

from sopsmith.errors import OutsideError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import BinaryIO

    from sopsmith.ports import Answer

BATCH = 64
"""Items that a worker gets at once."""
BATCH_BYTES = 16 * 1024
"""A batch ends here too. Two of them fit into a pipe of 64 KiB, so handing work to a worker
never waits for one that itself waits to hand back its answers."""
WORTH_IT = 256
"""Items below which one process is done sooner. Two forks took 7 ms where opening a file of one
Secret took 0.25 ms, so they gain from 60 files on; fewer than two batches a worker leave one
of them idle, so the gain is sure from here."""


class LocalWorkers:
    """`ports.Workers` over forks of this process.

    Args:
        count: How many; one for each core that this process may use unless given.
        worth_it: How many items there must be before any fork is made.
        batch: How many items a worker gets at once; few where one item is much work, so that no
            worker is left with the last of it.
    """

    def __init__(self, count: int = 0, worth_it: int = WORTH_IT, batch: int = BATCH) -> None:
        self._count = count or count_cores()
        self._worth_it = worth_it
        self._batch = batch

    def map(self, work: Callable[[str], Answer], items: Iterable[str]) -> Iterator[Answer]:
        """Yield the answer for every item, in the order of the items.

        Raises:
            OutsideError: A worker died.
        """
        source = iter(items)
        first = []
        for item in source:
            first.append(item)
            if len(first) == self._worth_it:
                break
        if self._count == 1 or len(first) < self._worth_it:
            yield from map(work, first)
            yield from map(work, source)
            return
        yield from _spread(work, _batches(first, source, self._batch), self._count)


def _batches(first: list[str], source: Iterator[str], most: int) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for items in (first, source):
        for item in items:
            batch.append(item)
            size += len(item) * 4 + 8  # At most four bytes a character.
            if len(batch) == most or size >= BATCH_BYTES:
                yield batch
                batch, size = [], 0
    if batch:
        yield batch


def _spread(
    work: Callable[[str], Answer], batches: Iterator[list[str]], count: int
) -> Iterator[Answer]:
    workers: list[_Worker] = []
    try:
        # Each fork closes the pipes of those before it, or they would outlive this process.
        for _ in range(count):
            workers.append(_Worker(work, workers))
        # A list, since loading `collections` takes longer than shifting a handful of entries.
        waiting: list[_Worker] = []
        for number, batch in enumerate(batches):
            if len(waiting) == 2 * count:
                yield from waiting.pop(0).take()
            workers[number % count].give(batch)
            waiting.append(workers[number % count])
        while waiting:
            yield from waiting.pop(0).take()
    finally:
        for worker in workers:
            worker.end()


class _Worker:
    """A fork that answers batches until its pipe is closed."""

    def __init__(self, work: Callable[[str], Answer], others: list[_Worker]) -> None:
        take_in, give = os.pipe()
        take, give_out = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            for handle in (give, take, *(end for one in others for end in one.handles)):
                os.close(handle)
            _serve(work, os.fdopen(take_in, "rb"), os.fdopen(give_out, "wb"))
        os.close(take_in)
        os.close(give_out)
        self._give = os.fdopen(give, "wb")
        self._take = os.fdopen(take, "rb")

    @property
    def handles(self) -> tuple[int, int]:
        """The numbers of this side's ends of the pipes."""
        return self._give.fileno(), self._take.fileno()

    def give(self, batch: list[str]) -> None:
        """Hand a batch over."""
        try:
            marshal.dump(batch, self._give)
            self._give.flush()
        except BrokenPipeError:
            raise _died() from None

    def take(self) -> list[Answer]:
        """Return the answers of the oldest batch that is under way."""
        try:
            answers: list[Answer] = marshal.load(self._take)  # noqa: S302 - from our own fork
        except (EOFError, ValueError, TypeError):
            raise _died() from None
        return answers

    def end(self) -> None:
        """Close the pipes, which ends the fork, and wait for it."""
        for stream in (self._give, self._take):
            try:
                stream.close()
            except BrokenPipeError:
                continue
        os.waitpid(self._pid, 0)


def _died() -> OutsideError:
    return OutsideError("a worker process died", hint="--jobs 1 says what went wrong, and where")


def _serve(work: Callable[[str], Answer], take: BinaryIO, give: BinaryIO) -> None:
    """Answer until there is no more, and never return: the rest of the program is not ours."""
    code = 1
    try:
        while True:
            try:
                batch = marshal.load(take)  # noqa: S302 - from the process that forked us
            except EOFError:
                code = 0
                break
            marshal.dump([work(item) for item in batch], give)
            give.flush()
    finally:
        # Whatever happened, not a word of it is printed: a traceback could quote a value.
        os._exit(code)


def count_cores() -> int:
    """Return how many cores this process may use."""
    # macOS has no affinity to ask for.
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1
