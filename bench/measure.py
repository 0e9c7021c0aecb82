"""Run a program to its end and say how long it took and how much memory it held."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple


class Measured(NamedTuple):
    """Medians of several runs of one piece of work.

    Attributes:
        seconds: Wall time of a run.
        processor: Processor time of a run, that of all its processes. Where other work keeps the
            cores busy, it is what can still be compared.
        mebibytes: Peak resident memory of the largest process of a run.
        runs: How many were measured.
    """

    seconds: float
    processor: float
    mebibytes: float
    runs: int


class Job(NamedTuple):
    """A program with its surroundings.

    Attributes:
        argv: The program and its arguments.
        runs: How often it is measured.
        stdin: What it reads.
        prepare: Puts the folder back to where a run starts from; not measured.
    """

    argv: tuple[str, ...]
    runs: int
    cwd: Path
    environ: dict[str, str]
    stdin: bytes = b""
    prepare: Callable[[], None] | None = None


def measure(*jobs: Job) -> list[Measured]:
    """Run jobs in turn, so that what else the machine does meets all of them alike.

    A job of several runs has one more that is not measured and warms the disk's cache.

    Raises:
        RuntimeError: A program ended with an exit code other than 0.
    """
    found: list[list[tuple[float, float, float]]] = [[] for _ in jobs]
    for job in jobs:
        if job.runs > 1:
            _once(job)
    for turn in range(max(job.runs for job in jobs)):
        for job, measured in zip(jobs, found, strict=True):
            if turn < job.runs:
                measured.append(_once(job))
    return [_median(measured) for measured in found]


def _median(measured: list[tuple[float, float, float]]) -> Measured:
    seconds, processor, mebibytes = map(statistics.median, zip(*measured, strict=True))
    return Measured(seconds, processor, mebibytes, len(measured))


def _once(job: Job) -> tuple[float, float, float]:
    if job.prepare is not None:
        job.prepare()
    with open(os.devnull, "wb") as nowhere:
        started = time.perf_counter()
        child = subprocess.Popen(
            job.argv,
            cwd=job.cwd,
            env=job.environ,
            stdin=subprocess.PIPE,
            stdout=nowhere,
            stderr=subprocess.PIPE,
        )
        assert child.stdin is not None and child.stderr is not None
        child.stdin.write(job.stdin)
        child.stdin.close()
        said = child.stderr.read()
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - started
    child.returncode = os.waitstatus_to_exitcode(status)
    child.stderr.close()
    if child.returncode:
        raise RuntimeError(f"{job.argv[0]} failed: {said.decode(errors='replace')}")
    # Linux counts in KiB; the figure of a shell is that of its largest child.
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
