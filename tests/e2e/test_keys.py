"""Keys are made under SIGKILL, read by the real sops, and brought into a real API server."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from tests.e2e.control_plane import ADMIN, ControlPlane
from tests.world import World

from sopsmith.errors import NotThere
from sopsmith.flows.key_secret import read_cluster_keys
from sopsmith.kube.key_secret import NAME, NAMESPACE
from sopsmith.kube.kinds import SECRET
from sopsmith.repo.key_file import parse_key_file

ROOT = Path(__file__).parents[2]
MAIN = "bootstrap/argocd/overlays/main"
SECRET_TEXT = b"kind: Secret\nmetadata:\n  name: a\nstringData:\n  value: made-up\n"


@pytest.fixture
def world(tools: Path, tmp_path: Path) -> World:
    """Return a repository with dev and prod, and with qa, which has no recipient."""
    made = World(tmp_path, (tools,))
    made.environ["PYTHONPATH"] = str(ROOT)
    made.run("sopsmith", "init", "-e", "dev", "-e", "prod")
    (made.work / ".env").write_text("DEV_A=made-up\nSHARED=made-up\n")
    made.run("sopsmith", "generate")
    path = made.work / "sopsmith.yaml"
    path.write_text(path.read_text().replace("  # pr: {", "  qa: {prefix: QA_} # {", 1))
    return made


def recipients(world: World) -> list[str]:
    return [one.recipient for one in parse_key_file(world.keys_file.read_bytes(), "keys.txt")]


def named(world: World) -> set[str]:
    text = "".join((world.work / name).read_text() for name in (".sops.yaml", "sopsmith.yaml"))
    return set(re.findall(r"age1[0-9a-z]{58}", text))


@pytest.mark.e2e
@pytest.mark.parametrize("write", [1, 2, 3])
def test_a_kill_behind_any_write_names_nobody_without_an_identity(world: World, write: int) -> None:
    argv = (sys.executable, "-m", "tests.e2e.dying", str(write), "key", "generate", "-e", "qa")
    assert world.attempt(*argv).returncode == -signal.SIGKILL
    standing = recipients(world)
    assert len(standing) == 3
    assert named(world) <= set(standing)
    again = world.attempt("sopsmith", "key", "generate", "-e", "qa")
    assert again.returncode == (1 if write == 3 else 0), again.stderr
    assert recipients(world) == standing
    assert named(world) == set(standing)
    # The real sops follows the rules and opens what they encrypt, with that identity alone.
    (world.work / MAIN / "qa").mkdir()
    path = f"{MAIN}/qa/a.secret.yaml"
    (world.work / path).write_bytes(SECRET_TEXT)
    world.run("sops", "encrypt", "--in-place", path)
    key = parse_key_file(world.keys_file.read_bytes(), "keys.txt")[2].line.reveal().decode()
    world.keys_file.unlink()
    assert b"made-up" in world.run("sops", "decrypt", path, SOPS_AGE_KEY=key)


@pytest.mark.e2e
def test_a_second_process_waits_for_the_first_and_then_gives_up(world: World) -> None:
    program = (
        "import sys\n"
        "from sopsmith.adapters.key_lock import lock_keys\n"
        f"with lock_keys({str(world.keys_file)!r}):\n"
        "    print('held', flush=True); sys.stdin.read()\n"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", program], env=world.environ, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )  # fmt: skip
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    refused = world.attempt("sopsmith", "key", "generate", "-e", "qa")
    assert (refused.returncode, b"another process is changing it" in refused.stderr) == (1, True)
    assert len(recipients(world)) == 2
    holder.kill()
    holder.communicate()
    world.run("sopsmith", "key", "generate", "-e", "qa")


@pytest.mark.e2e
def test_an_identity_from_stdin_reaches_a_real_cluster_and_no_disk(
    world: World, control_plane: ControlPlane
) -> None:
    cluster = control_plane.cluster()
    control_plane.namespace(NAMESPACE)
    with suppress(NotThere):
        cluster.delete(SECRET, NAME, NAMESPACE)
    dev = parse_key_file(world.keys_file.read_bytes(), "keys.txt")[0]
    world.keys_file.unlink()
    argv = ("sopsmith", "key", "inject", "--reason", "cluster lost", "--context", ADMIN)
    done = world.attempt(*argv, stdin=dev.line.reveal(), KUBECONFIG=str(control_plane.kubeconfig))
    assert done.returncode == 0, done.stderr
    assert b"opens 2 of 2 files of dev and core" in done.stderr
    assert read_cluster_keys(cluster).recipients == (dev.recipient,)
    record = json.loads((world.work / ".sopsmith/break-glass.json").read_text())
    assert record["uses"][0]["recipients"] == [dev.recipient]
    held = [path for path in world.home.parent.rglob("*") if path.is_file()]
    assert not any(dev.line.reveal() in path.read_bytes() for path in held)
