"""Additions and removals of a recipient are killed at random moments, files half way done."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import pytest
from tests.killing import Killer
from tests.world import World

from sopsmith import age

FILES = 200
ROUNDS = 10
_SEED = 20261124


class Repository:
    """A repository with many Secrets of prod, and somebody who comes and goes."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.killed = 0
        self._killer = Killer(random.Random(_SEED))
        identity, self.recipient = age.generate()
        self.identity = identity.reveal().decode()
        world.run("sopsmith", "init", "--environment", "prod", ".")
        lines = "".join(f"PROD_S{number}=canary-{number}\n" for number in range(FILES))
        world.run("sopsmith", "generate", "--env-file", "-", stdin=lines.encode())
        self._files = sorted((world.work / "bootstrap").rglob("*.secret.yaml"))
        assert len(self._files) == FILES

    def round(self, number: int) -> None:
        """Kill a change, see that all opens, and let the next run finish it."""
        leaves = bool(number % 2)
        change = ("remove", "prod", "Anna") if leaves else (
            "add", "prod", self.recipient, "--name", "Anna",
        )  # fmt: skip
        command = ["sopsmith", "recipients", *change]
        self.killed += self._killer.kill(self.world, command, self._files)
        assert f"verify: {FILES} hold".encode() in self.world.run("sopsmith", "verify")
        done = self.world.attempt("sopsmith", "recipients", *change)
        assert done.returncode == 0 or b"is no recipient of prod" in done.stderr
        self.world.run("sopsmith", "recipients", "check")
        assert {self._opens(path) for path in self._files[::50]} == {not leaves}

    def _opens(self, path: Path) -> bool:
        """Tell whether the real sops opens a file for who comes and goes alone."""
        nowhere = {"HOME": "/nowhere", "XDG_CONFIG_HOME": "/nowhere"}
        environ = {"SOPS_AGE_KEY": self.identity, **nowhere}
        done = subprocess.run(
            ["sops", "decrypt", str(path)],
            env=self.world.environ | environ,
            capture_output=True,
            check=False,
        )
        return done.returncode == 0 and b"canary-" in done.stdout


@pytest.mark.e2e
def test_a_killed_change_of_recipients_shuts_nobody_out_and_is_finished(tmp_path: Path) -> None:
    repository = Repository(World(tmp_path))
    for number in range(ROUNDS):
        repository.round(number)
    assert repository.killed >= ROUNDS // 2
