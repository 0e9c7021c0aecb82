"""Backups and restores are killed behind each write, finished by the next run, and lose nothing."""

from __future__ import annotations

import json
import shutil
import signal
import sys
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import pytest
from tests.e2e.control_plane import ADMIN, ControlPlane
from tests.world import World

from sopsmith.errors import NotThere
from sopsmith.flows.key_secret import read_cluster_keys
from sopsmith.kube.key_secret import NAME, NAMESPACE
from sopsmith.kube.kinds import SECRET
from sopsmith.repo.key_file import parse_key_file

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]
MEMORY = Path("/dev/shm")


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Return a repository with dev and prod, whose backups go to a folder of the user's own."""
    made = World(tmp_path)
    made.environ["PYTHONPATH"] = str(ROOT)
    made.run("sopsmith", "init", "-e", "dev", "-e", "prod")
    (made.work / ".env").write_text("DEV_A=made-up\nPROD_B=made-up\nSHARED=made-up\n")
    made.run("sopsmith", "generate")
    return made


def generate(world: World) -> str:
    """Make a recovery identity, and return the path of its file."""
    path = str(world.home / "recovery.txt")
    world.run("sopsmith", "key", "recovery", "generate", "--out", path)
    return path


def kill(world: World, write: int, *argv: str) -> None:
    """Kill a command behind a write."""
    done = world.attempt(sys.executable, "-m", "tests.e2e.dying", str(write), *argv)
    assert done.returncode == -signal.SIGKILL, done.stderr


@pytest.mark.parametrize("write", [1, 2, 3])
def test_a_backup_that_was_killed_is_finished_by_the_next_run(world: World, write: int) -> None:
    recovery = generate(world)
    kill(world, write, "key", "backup")
    world.run("sopsmith", "key", "backup")
    store = world.home / ".local/share/sopsmith/backups"
    numbers = sorted(int(path.name[7:13]) for path in store.glob("backup-*.json"))
    # One that nobody noted does not count, since anybody could have put it there.
    assert numbers == ([1, 2] if write == 1 else [1])
    listed = json.loads((store / "manifest.json").read_bytes())["backups"]
    record = json.loads((world.work / ".sopsmith/backups.json").read_bytes())
    assert [one["number"] for one in listed] == numbers
    noted = (store / f"backup-{record['number']:06}.json").read_bytes()
    assert (record["number"], record["sha256"]) == (numbers[-1], sha256(noted).hexdigest())
    assert b"nothing changed" in world.attempt("sopsmith", "key", "backup").stderr
    lost = world.keys_file.read_bytes()
    world.keys_file.unlink()
    kill(world, 1, "key", "restore", "--identity-file", recovery)
    world.run("sopsmith", "key", "restore", "--identity-file", recovery)
    assert world.keys_file.read_bytes() == lost


def test_a_recovery_identity_is_out_when_its_recipient_is_named(world: World) -> None:
    path = str(world.home / "recovery.txt")
    # Behind the note that it was made here comes its name.
    kill(world, 2, "key", "recovery", "generate", "--out", path)
    assert b"recovery:" in (world.work / "sopsmith.yaml").read_bytes()
    world.run("sopsmith", "key", "backup")
    world.run("sopsmith", "key", "restore", "--identity-file", path)


def test_a_drill_that_was_killed_changes_nothing_that_stands(world: World) -> None:
    standing = {path: path.read_bytes() for path in world.home.rglob("*") if path.is_file()}
    before = {*MEMORY.glob("sopsmith-*")}
    kill(world, 4, "key", "drill")
    for left in {*MEMORY.glob("sopsmith-*")} - before:
        # As the page says: nothing can tidy up behind a SIGKILL, but it is in memory, and 0700.
        if (left / "keys.txt").exists():
            assert left.stat().st_mode & 0o777 == 0o700
            shutil.rmtree(left)
    found = {path: path.read_bytes() for path in world.home.rglob("*") if path.is_file()}
    assert found == standing
    assert not (world.work / ".sopsmith").exists()


def test_a_real_cluster_gets_its_own_identity_and_no_disk_sees_it(
    world: World, control_plane: ControlPlane
) -> None:
    recovery = generate(world)
    world.run("sopsmith", "key", "backup")
    cluster = control_plane.cluster()
    control_plane.namespace(NAMESPACE)
    with suppress(NotThere):
        cluster.delete(SECRET, NAME, NAMESPACE)
    _, prod = parse_key_file(world.keys_file.read_bytes(), "keys.txt")
    world.keys_file.unlink()
    argv = ("sopsmith", "key", "restore", "--identity-file", recovery, "--to-cluster", "prod")
    config = str(control_plane.kubeconfig)
    refused = world.attempt(*argv, KUBECONFIG=config)
    assert (refused.returncode, b"environments.prod.context" in refused.stderr) == (2, True)
    world.run(*argv, "--context", ADMIN, KUBECONFIG=config)
    assert read_cluster_keys(cluster).recipients == (prod.recipient,)
    assert not world.keys_file.exists()
    held = [path for path in world.home.parent.rglob("*") if path.is_file()]
    assert not any(prod.line.reveal() in path.read_bytes() for path in held)
