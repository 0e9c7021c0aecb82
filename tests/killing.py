"""Kill a command when so many of its files are written."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from tests.world import World


class Killer(NamedTuple):
    """What is rolled for each kill.

    Attributes:
        linger: Seconds, at the most, from the write until the kill.
    """

    dice: random.Random
    linger: float = 0.0

    def kill(
        self, world: World, argv: list[str], files: Iterable[Path], *, whole_group: bool = True
    ) -> bool:
        """Run a command, kill it behind one of its writes, and tell whether it was still there.

        Args:
            files: What it replaces, one after another.
            whole_group: Its workers are killed with it; otherwise they find out by themselves.
        """
        before = {path: path.stat().st_ino for path in files}
        process = subprocess.Popen(
            argv,
            cwd=world.work,
            env=world.environ,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        writes = self.dice.randrange(0, len(before))
        while process.poll() is None:
            if sum(before[path] != path.stat().st_ino for path in before) >= writes:
                break
        time.sleep(self.dice.random() * self.linger)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL) if whole_group else process.kill()
        was_killed = process.wait() == -signal.SIGKILL
        _wait_for_group(process.pid)
        return was_killed


def _wait_for_group(group: int) -> None:
    """Return once no process of a group is left."""
    while True:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.005)
