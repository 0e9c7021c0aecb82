"""Kill `sopsmith rotate` over a tree at random moments, and look at what is left."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

from tests.world import World

from sopsmith import age
from sopsmith.sops.config import CreationRule
from sopsmith.sops.document import Document, encrypt
from sopsmith.sops.keyring import Keyring
from sopsmith.sops.selectors import Selector

FILES = 500
_SEED = 20261125
_RULE = Selector("encrypted_regex", "^stringData$")


class KilledTree:
    """A tree of encrypted files, and rounds in which its rotation is killed.

    In even rounds a recipient comes, in odd ones it goes, so that each file tells whether the
    rotation has reached it.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.killed = 0
        self._dice = random.Random(_SEED)
        identity, recipient = age.generate()
        self._other = age.generate()[1]
        self._keyring = Keyring(age.parse_identities(identity.reveal().decode(), "test"))
        world.keys_file.parent.mkdir(parents=True)
        world.keys_file.write_text(identity.reveal().decode() + "\n")
        self._plain: dict[Path, bytes] = {}
        for number in range(FILES):
            path = world.work / f"env{number % 5}" / f"s{number:03}.secret.yaml"
            path.parent.mkdir(exist_ok=True)
            text = f"kind: Secret\nstringData:\n    value: made-up-{number}  # note\n".encode()
            rule = CreationRule((recipient,), _RULE)
            now = datetime.now(UTC)
            path.write_bytes(encrypt(text, "yaml", rule, now=now, path=str(path)))
            self._plain[path] = text

    def round(self, number: int) -> None:
        """Kill a rotation, check every file, let the next run finish it, and check again."""
        flag = "--rm-age" if number % 2 else "--add-age"
        self._kill_one(flag, whole_group=bool(number // 2 % 2))
        done = self._check()
        wanted = 0 if number % 2 else FILES
        if done != wanted:
            self.world.run("sopsmith", "rotate", flag, self._other, ".")
        assert self._check() == wanted

    def _kill_one(self, flag: str, *, whole_group: bool) -> None:
        """Start a rotation and kill it, its workers with it or left to find out by themselves."""
        before = {path: path.stat().st_ino for path in self._plain}
        process = subprocess.Popen(
            ["sopsmith", "rotate", flag, self._other, "."],
            cwd=self.world.work,
            env=self.world.environ,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        writes = self._dice.randrange(0, FILES)
        while process.poll() is None:
            if sum(before[path] != path.stat().st_ino for path in before) >= writes:
                break
        time.sleep(self._dice.random() * 0.02)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL) if whole_group else process.kill()
        self.killed += process.wait() == -signal.SIGKILL
        _wait_for_group(process.pid)

    def _check(self) -> int:
        """Open every file, compare its plaintext, and return how many have the recipient."""
        count = 0
        for path, text in self._plain.items():
            document = Document.parse(path.read_bytes(), "yaml", path=str(path))
            assert document.unlock(self._keyring).plaintext() == text
            count += self._other in document.metadata.recipients
        return count


def _wait_for_group(group: int) -> None:
    """Return once no process of a group is left."""
    while True:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.005)
