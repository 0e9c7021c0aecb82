"""Kill `sopsmith rotate` over a tree at random moments, and look at what is left."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from pathlib import Path

from tests.killing import Killer
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
        self._killer = Killer(random.Random(_SEED), linger=0.02)
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
        command = ["sopsmith", "rotate", flag, self._other, "."]
        whole_group = bool(number // 2 % 2)
        self.killed += self._killer.kill(self.world, command, self._plain, whole_group=whole_group)
        done = self._check()
        wanted = 0 if number % 2 else FILES
        if done != wanted:
            self.world.run("sopsmith", "rotate", flag, self._other, ".")
        assert self._check() == wanted

    def _check(self) -> int:
        """Open every file, compare its plaintext, and return how many have the recipient."""
        count = 0
        for path, text in self._plain.items():
            document = Document.parse(path.read_bytes(), "yaml", path=str(path))
            assert document.unlock(self._keyring).plaintext() == text
            count += self._other in document.metadata.recipients
        return count
