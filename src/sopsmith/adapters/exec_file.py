"""Run a program that reads a plaintext from a file, which is gone when the program ends.

Source: getsops/sops cmd/sops/subcommand/exec/exec.go (ExecWithFile), exec_unix.go.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FrameType

from sopsmith.adapters.account import Account
from sopsmith.adapters.memory import private_folder
from sopsmith.errors import OutsideError

_FORWARDED = (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)
_OF_THE_TERMINAL = (signal.SIGINT, signal.SIGQUIT)


@dataclass(frozen=True)
class FileOptions:
    """How the plaintext is handed over.

    Attributes:
        name: The file's name, without a folder.
        fifo: By a pipe with a name, which is read once and of which no disk sees anything.
        allow_disk: Put a file on a disk where no file system is in memory.
        runtime: XDG_RUNTIME_DIR.
        user: Who runs the program; "" for the same user.
    """

    name: str
    fifo: bool = True
    allow_disk: bool = False
    runtime: str = ""
    user: str = ""


def run_with_file(words: list[str], data: bytes, options: FileOptions) -> int:
    """Run a program with the path of a file in place of each `{}`, and return its exit code.

    Signals that reach this process reach the program; the file goes when the program has ended.

    Raises:
        OutsideError: The program does not start, the file has no place, or there is no user.
    """
    account = Account(options.user) if options.user else None
    # Nothing of a pipe's content is ever in its folder, so a disk will do for it.
    allowed = options.allow_disk or options.fifo
    with private_folder(allow_disk=allowed, runtime=options.runtime) as folder:
        path = os.path.join(folder, options.name)
        if options.fifo:
            os.mkfifo(path, 0o600)
        else:
            _write(path, data)
        if account is not None:
            account.own(path)
            account.own(folder)
        argv = [word.replace("{}", path) for word in words]
        with _feeding(path, data if options.fifo else None):
            return _run(argv, account)
    raise AssertionError("a folder is either left or the process has ended")


def _write(path: str, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
    except OSError as error:
        raise OutsideError((error.strerror or "cannot be written").lower(), path=path) from None


@contextmanager
def _feeding(path: str, data: bytes | None) -> Iterator[None]:
    """Write to a pipe while the program runs, whether or not it ever reads."""
    if data is None:
        yield
        return
    thread = threading.Thread(target=_feed, args=(path, data), daemon=True)
    thread.start()
    try:
        yield
    finally:
        # A writer that waits for a reader that never came is let go by one that takes nothing.
        with suppress(OSError):
            os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))
        thread.join(1)


def _feed(path: str, data: bytes) -> None:
    with suppress(OSError), open(path, "wb", buffering=0) as stream:
        rest = memoryview(data)
        while rest:
            rest = rest[stream.write(rest) :]


def _run(argv: list[str], account: Account | None) -> int:
    with _forwarding() as signals:
        try:
            child = _start(argv, account)
        except OSError as error:
            reason = (error.strerror or "it does not run").lower()
            raise OutsideError(f"{argv[0]} does not start: {reason}") from None
        signals.reach(child)
        code = child.wait()
    # What a shell says of a program that a signal ended.
    return 128 - code if code < 0 else code


def _start(argv: list[str], account: Account | None) -> subprocess.Popen[bytes]:
    if account is None:
        return subprocess.Popen(argv)
    with account.refusals():
        return subprocess.Popen(
            argv,
            user=account.uid,
            group=account.gid,
            extra_groups=account.groups,
            env={**os.environ, **account.environ},
        )


class _Signals:
    """Hand signals on to a program; those that come before it has started wait for it."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._waiting: list[int] = []

    def reach(self, child: subprocess.Popen[bytes]) -> None:
        """Say which program it is."""
        self._child = child
        for number in self._waiting:
            self.take(number, None)

    def take(self, number: int, _frame: FrameType | None) -> None:
        """Hand a signal on."""
        if self._child is None:
            self._waiting.append(number)
        elif number not in _OF_THE_TERMINAL or not _has_terminal():
            # The terminal itself sends its signals to the program as well.
            with suppress(OSError):
                self._child.send_signal(number)


@contextmanager
def _forwarding() -> Iterator[_Signals]:
    signals = _Signals()
    before = {
        number: signal.signal(number, signals.take) for number in (*_FORWARDED, *_OF_THE_TERMINAL)
    }
    try:
        yield signals
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _has_terminal() -> bool:
    """Tell whether this process is in the foreground of a terminal."""
    try:
        handle = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(handle) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(handle)
