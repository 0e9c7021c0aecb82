"""Make private folders on file systems that live in memory, so that no disk sees a plaintext."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from sopsmith.errors import OutsideError

_MEMORY = frozenset({"tmpfs", "ramfs"})
_MOUNTS = "/proc/self/mountinfo"
_ENDINGS = (signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """This process was asked to end; `signum` says how."""

    def __init__(self, signum: int) -> None:
        super().__init__(signum)
        self.signum = signum


@contextmanager
def private_folder(*, allow_disk: bool, runtime: str = "", only: str = "") -> Iterator[str]:
    """Yield a new folder (mode 0700) in memory, and remove it whatever happens.

    SIGTERM and SIGHUP end the process as they should, once the folder is gone. SIGINT is the
    editor's while it runs: some use Ctrl-C themselves.

    Args:
        allow_disk: Take the system's folder for temporary files where memory has none.
        runtime: XDG_RUNTIME_DIR, a second place to look.
        only: A folder in memory to take instead of looking: containers of one pod share /dev/shm.

    Raises:
        OutsideError: There is no such place, or the folder cannot be made or removed.
    """
    if only and not is_memory(only):
        raise OutsideError("is not on a file system in memory", path=only)
    base = only or find_memory(runtime) or (tempfile.gettempdir() if allow_disk else None)
    if base is None:
        raise OutsideError(
            "no file system in memory to put the plaintext on (/dev/shm, XDG_RUNTIME_DIR)",
            hint="--allow-disk puts it into the folder for temporary files, where it may be found",
        )
    folder = os.path.join(base, f"sopsmith-{os.urandom(8).hex()}")
    before = {number: signal.getsignal(number) for number in (*_ENDINGS, signal.SIGINT)}
    stopped: Stopped | None = None
    try:
        for number in _ENDINGS:
            signal.signal(number, _stop)
        signal.signal(signal.SIGINT, _leave_to_editor)
        _make(folder)
        yield folder
    except Stopped as caught:
        stopped = caught
    finally:
        # A second signal must not come between the removal's own steps.
        signal.pthread_sigmask(signal.SIG_BLOCK, before)
        try:
            _remove(folder)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler or signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, before)
    if stopped is not None:
        signal.signal(stopped.signum, signal.SIG_DFL)
        os.kill(os.getpid(), stopped.signum)


def find_memory(runtime: str = "", mounts: str = _MOUNTS) -> str | None:
    """Return a folder on a file system in memory that this process may write to, or None."""
    for folder in ("/dev/shm", runtime):  # noqa: S108 - the folder made in it is private.
        if folder and is_memory(folder, mounts):
            return folder
    return None


def is_memory(folder: str, mounts: str = _MOUNTS) -> bool:
    """Tell whether a folder is on a file system in memory, and this process may write to it."""
    if not (os.path.isdir(folder) and os.access(folder, os.W_OK | os.X_OK)):
        return False
    try:
        with open(mounts, encoding="utf-8", errors="surrogateescape") as handle:
            table = [_parse_mount(line) for line in handle]
    except OSError:
        return False
    inside = [one for one in table if _holds(one[0], os.path.realpath(folder))]
    # Of equal mount points the later one lies on top.
    return bool(inside) and max(enumerate(inside), key=lambda o: (len(o[1][0]), o[0]))[1][1]


def _parse_mount(line: str) -> tuple[str, bool]:
    """Return a mount's point, and whether it lives in memory."""
    before, _, after = line.partition(" - ")
    point = before.split(" ")[4] if before.count(" ") >= 4 else ""
    for code, sign in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        point = point.replace(code, sign)
    return point, after.split(" ")[0] in _MEMORY


def _holds(point: str, path: str) -> bool:
    return point in ("/", path) or path.startswith(point + "/")


def _make(folder: str) -> None:
    try:
        os.mkdir(folder, 0o700)
    except OSError as error:
        reason = (error.strerror or "the system refused").lower()
        raise OutsideError(reason, path=folder) from None


def _remove(folder: str) -> None:
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        return
    except OSError as error:
        reason = (error.strerror or "the system refused").lower()
        raise OutsideError(
            f"the plaintext could not be removed: {reason}", path=folder, hint=f"rm -r {folder}"
        ) from None


def _stop(signum: int, _frame: FrameType | None) -> None:
    raise Stopped(signum)


def _leave_to_editor(_signum: int, _frame: FrameType | None) -> None:
    return
