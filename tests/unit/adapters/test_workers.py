"""Work spread over forks comes back whole and in order."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from sopsmith.adapters.workers import BATCH, LocalWorkers
from sopsmith.errors import OutsideError
from sopsmith.ports import Answer


def double(item: str) -> Answer:
    return item, len(item)


@pytest.mark.parametrize("count", [1, 2, 5])
@pytest.mark.parametrize("items", [0, 1, BATCH, 1000])
def test_answers_come_in_the_order_of_the_items(count: int, items: int) -> None:
    names = [f"é{number}" for number in range(items)]
    answers = LocalWorkers(count, worth_it=1).map(double, names)
    assert list(answers) == [double(name) for name in names]


def test_few_items_are_done_without_a_fork() -> None:
    pids = LocalWorkers(2, worth_it=10).map(lambda item: (os.getpid(),), ["a"] * 9)
    assert set(pids) == {(os.getpid(),)}


def test_many_items_are_done_by_as_many_forks_as_asked() -> None:
    pids = LocalWorkers(3, worth_it=10).map(lambda item: (os.getpid(),), ["a"] * 4 * BATCH)
    assert len(set(pids) - {(os.getpid(),)}) == 3


def test_long_items_and_long_answers_do_not_stop_each_other() -> None:
    names = ["x" * 4000] * 500
    answers = LocalWorkers(2, worth_it=1).map(lambda item: (item * 20,), names)
    assert sum(1 for _ in answers) == 500


def test_items_are_taken_as_they_are_needed() -> None:
    taken = 0

    def source() -> Iterator[str]:
        nonlocal taken
        for _ in range(100 * BATCH):
            taken += 1
            yield "a"

    answers = LocalWorkers(2, worth_it=1).map(double, source())
    next(answers)
    assert taken <= 6 * BATCH
    answers.close()  # type: ignore[attr-defined]


def test_a_worker_that_dies_is_an_error_without_a_traceback(
    capfd: pytest.CaptureFixture[str],
) -> None:
    def fail(item: str) -> Answer:
        raise RuntimeError("canary")

    with pytest.raises(OutsideError, match="a worker process died"):
        list(LocalWorkers(2, worth_it=1).map(fail, ["a"] * 1000))
    assert capfd.readouterr() == ("", "")


def test_no_process_is_left_behind() -> None:
    answers = LocalWorkers(2, worth_it=1).map(double, ["a"] * 1000)
    next(answers)
    answers.close()  # type: ignore[attr-defined]
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
