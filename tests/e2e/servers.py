"""Run servers on loopback that end with the tests, however those end."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of Linux's prctl
_PATIENCE = 90.0  # seconds
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def free_port() -> int:
    """Return a port of loopback that nothing listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def server(
    argv: list[str], log: Path, ready: Callable[[], bool], environ: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server while the block runs; it has answered when the block begins.

    Args:
        log: Where what it says goes; its end is shown where the server does not start.
        environ: Its whole environment; PATH and HOME unless given.
    """
    words = environ or {"PATH": os.environ["PATH"], "HOME": str(log.parent)}
    with log.open("ab") as handle:
        process = subprocess.Popen(
            argv,
            env=words,
            stdin=subprocess.DEVNULL,
            stdout=handle,
            stderr=handle,
            cwd=log.parent,
            preexec_fn=_end_with_us,  # noqa: PLW1509 - nothing here has threads yet.
        )
    try:
        wait_until(ready, f"{Path(argv[0]).name} does not answer", process, log)
        yield process
    finally:
        stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a server, kindly at first."""
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(3)
    process.kill()
    process.wait(10)


def wait_until(
    ready: Callable[[], bool],
    complaint: str,
    process: subprocess.Popen[bytes] | None = None,
    log: Path | None = None,
) -> None:
    """Return as soon as something holds; AssertionError, with a log's end, when time runs out."""
    until = time.monotonic() + _PATIENCE
    while not ready():
        ended = process is not None and process.poll() is not None
        if ended or time.monotonic() > until:
            tail = log.read_text(errors="replace")[-3000:] if log else ""
            raise AssertionError(f"{complaint}\n{tail}")
        time.sleep(0.1)


def listens(port: int) -> bool:
    """Tell whether something listens on a port of loopback."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _end_with_us() -> None:
    if _LIBC is not None:
        _LIBC.prctl(_DIE_WITH_PARENT, signal.SIGKILL)
