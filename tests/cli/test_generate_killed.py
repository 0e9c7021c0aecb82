"""A `generate` that is killed leaves every file old or new, and no list names a missing file."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from pathlib import Path

import pytest
from tests.world import World

from sopsmith import age
from sopsmith.repo.listing import is_idle, listed_files
from sopsmith.sops.document import Document
from sopsmith.sops.keyring import Keyring

SECRETS = 100
SEED = 20261124


def env_text(round_: int) -> bytes:
    """Return an `.env` where each round changes, adds and removes some."""
    names = range(round_ * 7, round_ * 7 + SECRETS)
    lines = (f"{('', 'DEV_', 'PROD_')[n % 3]}N{n}=value-{n}-{round_ // 2}\n" for n in names)
    return "".join(lines).encode()


def keyring(world: World) -> Keyring:
    return Keyring(age.parse_identities(world.keys_file.read_text(), "test"))


def check(world: World) -> int:
    """Open every Secret, follow every list, and return how many Secrets are listed.

    A kill while `--prune` removes leaves files that no list names any more, which it says.
    """
    count = 0
    keys = keyring(world)
    for folder in world.work.glob("bootstrap/argocd/overlays/main/*/secrets"):
        for path in folder.glob("*.secret.yaml"):
            Document.parse(path.read_bytes(), "yaml", path=str(path)).unlock(keys)
        generator = (folder / "ksops-generator.yaml").read_bytes()
        listed = listed_files(generator)
        assert [name for name in listed if not (folder / name).is_file()] == []
        count += len(listed)
        if is_idle(generator):
            assert "ksops-generator" not in (folder / "kustomization.yaml").read_text()
    return count


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    made.run("sopsmith", "init", ".")
    return made


def start(world: World, env: bytes) -> subprocess.Popen[bytes]:
    (world.work / ".env").write_bytes(env)
    return subprocess.Popen(
        ["sopsmith", "generate", "--prune"],
        cwd=world.work,
        env=world.environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def wait_for_writes(world: World, writes: int, process: subprocess.Popen[bytes]) -> None:
    """Return once so many files have been replaced, or the process has ended."""
    folder = world.work / "bootstrap/argocd/overlays/main"
    before = {path: path.stat().st_ino for path in folder.rglob("*.yaml")}
    while process.poll() is None:
        changed = 0
        for path in folder.rglob("*.yaml"):
            try:
                changed += before.get(path) != path.stat().st_ino
            except FileNotFoundError:
                continue
        if changed >= writes:
            return


def test_a_kill_at_any_moment_leaves_a_repository_that_works(world: World) -> None:
    dice = random.Random(SEED)
    killed = 0
    for round_ in range(6):
        process = start(world, env_text(round_))
        wait_for_writes(world, dice.randrange(0, SECRETS), process)
        time.sleep(dice.random() * 0.02)
        process.kill()
        killed += process.wait() == -signal.SIGKILL
        check(world)
    assert killed > 0


def test_the_run_after_a_kill_finishes_the_work(world: World) -> None:
    assert start(world, env_text(0)).wait() == 0
    process = start(world, env_text(3))
    wait_for_writes(world, 40, process)
    process.kill()
    process.wait()
    assert start(world, env_text(3)).wait() == 0
    assert check(world) == SECRETS
