"""A rotation over a real API server is killed behind each of its writes, and finished."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from tests.e2e.control_plane import ADMIN, ControlPlane
from tests.world import World

from sopsmith import age
from sopsmith.adapters.programs import LocalPrograms
from sopsmith.errors import NotThere
from sopsmith.flows.key_secret import prove_opens, read_cluster_keys
from sopsmith.flows.rotation_git import Git
from sopsmith.kube.key_secret import NAME, NAMESPACE, with_keys
from sopsmith.kube.kinds import SECRET
from sopsmith.repo.key_file import parse_key_file
from sopsmith.repo.rotation import STEPS, parse_rotation
from sopsmith.secret import Secret

ROOT = Path(__file__).parents[2]
FEWEST = 18
"""Writes of a whole rotation; fewer would mean that this test no longer sees them all."""
USER = "user-7"
RECOVERY = age.generate()[1]
ROTATE = (
    "key", "rotate", "--environment", "prod", "--context", ADMIN, "--accept-recovery", RECOVERY,
)  # fmt: skip


class Site:
    """A repository, a HOME with its identities, and the cluster of prod."""

    def __init__(self, folder: Path, plane: ControlPlane, template: World | None = None) -> None:
        self.world = World(folder)
        self.plane = plane
        if template is None:
            self._make()
        else:
            for name in ("home", "work"):
                shutil.copytree(
                    folder.parent / "template" / name, folder / name, dirs_exist_ok=True
                )
        self.world.environ["KUBECONFIG"] = str(plane.kubeconfig)
        self.world.environ["PYTHONPATH"] = str(ROOT)
        self.before = self.recipients()
        self._fill_cluster()

    def rotate(self, last: int, *words: str) -> subprocess.CompletedProcess[bytes]:
        """Run a rotation in a process that dies behind a write."""
        argv = (sys.executable, "-m", "tests.e2e.dying", str(last), *ROTATE, *words)
        return self.world.attempt(*argv)

    def writes(self, *words: str) -> int:
        """Run a rotation as far as it goes, and return how many writes that took."""
        done = self.rotate(0, *words)
        assert done.returncode == 0, done.stderr
        return int(done.stderr.splitlines()[-1])

    def commit(self) -> None:
        """Commit what there is."""
        self.world.run("git", "add", "-A")
        self.world.run("git", "commit", "-q", "--allow-empty", "-m", "rotate")

    def recipients(self) -> set[str]:
        """Return the recipients of the identities on disk."""
        path = self.world.keys_file
        return {one.recipient for one in parse_key_file(path.read_bytes(), str(path))}

    def check(self) -> None:
        """Assert that all that is here, and all that is committed, opens in the cluster."""
        held = read_cluster_keys(self.plane.cluster())
        files = [(str(path), path.read_bytes()) for path in self.world.work.rglob("*.secret.yaml")]
        committed = Git(LocalPrograms(), str(self.world.work)).files_at("HEAD")
        for some in (files, [one for one in committed if one[0].endswith(".secret.yaml")]):
            mine = [(path, data) for path, data in some if "main/dev" not in path]
            assert prove_opens(mine, held.identities) == 3
        assert self.before | {*held.recipients} <= self.recipients()

    def finish(self) -> None:
        """Run again until it is done, committing where it says so."""
        done = self.rotate(0, "-o", "json")
        assert done.returncode == 0, done.stderr
        self.check()
        self.commit()
        done = self.rotate(0, "--synced")
        assert done.returncode == 0, done.stderr
        self.check()
        path = self.world.work / ".sopsmith/rotations/prod.json"
        rotation = parse_rotation(path.read_bytes(), str(path))
        assert tuple(rotation.done) == STEPS
        assert read_cluster_keys(self.plane.cluster()).recipients == (rotation.new,)

    def _make(self) -> None:
        world = self.world
        text = "PROD_DB=made-up\nPROD_MAIL=made-up\nDEV_DB=made-up\nDNS_TOKEN=made-up\n"
        (world.work / ".env").write_text(text)
        world.run("git", "init", "-q", "-b", "main")
        world.run("sopsmith", "init", ".")
        world.run("sopsmith", "generate")
        settings = world.work / "sopsmith.yaml"
        settings.write_text(settings.read_text() + f"recovery:\n  recipients: [{RECOVERY}]\n")
        world.run("git", "add", "-A")
        world.run("git", "commit", "-q", "-m", "begin")

    def _fill_cluster(self) -> None:
        cluster = self.plane.cluster()
        self.plane.namespace(NAMESPACE)
        with suppress(NotThere):
            cluster.delete(SECRET, NAME, NAMESPACE)
        path = self.world.keys_file
        entries = parse_key_file(path.read_bytes(), str(path))
        (mine,) = (one for one in entries if one.environments == ("prod",))
        cluster.create(SECRET, with_keys(None, Secret(mine.line.reveal() + b"\n")))


@pytest.fixture
def plane(control_plane: ControlPlane) -> Iterator[ControlPlane]:
    """Return the API server, and leave no key Secret in it."""
    yield control_plane
    with suppress(NotThere):
        control_plane.cluster().delete(SECRET, NAME, NAMESPACE)


@pytest.mark.e2e
def test_a_kill_behind_any_write_leaves_a_cluster_that_opens_every_file(
    tmp_path: Path, plane: ControlPlane
) -> None:
    template = Site(tmp_path / "template", plane).world
    whole = Site(tmp_path / "whole", plane, template)
    until_push = whole.writes()
    whole.commit()
    after_push = whole.writes("--synced")
    assert until_push + after_push >= FEWEST
    for number in range(1, until_push + after_push + 1):
        site = Site(tmp_path / str(number), plane, template)
        if number <= until_push:
            killed = site.rotate(number)
        else:
            site.rotate(0)
            site.commit()
            killed = site.rotate(number - until_push, "--synced")
        assert killed.returncode == -signal.SIGKILL, (number, killed.stderr)
        site.check()
        site.finish()


@pytest.mark.e2e
def test_reading_and_changing_one_secret_is_all_that_it_needs(
    tmp_path: Path, plane: ControlPlane
) -> None:
    site = Site(tmp_path / "least", plane)
    one = {"apiGroups": [""], "resources": ["secrets"], "resourceNames": [NAME]}
    plane.grant(USER, [one | {"verbs": ["get", "update"]}], NAMESPACE)
    done = site.rotate(0, "--context", USER)
    assert b"commit and push" in done.stdout, done.stderr
    site.commit()
    done = site.rotate(0, "--context", USER)
    assert b"--synced" in done.stdout, done.stderr
    done = site.rotate(0, "--context", USER, "--synced")
    assert b"prod: done" in done.stdout, done.stderr
    plane.grant(USER, [one | {"verbs": ["get"]}], NAMESPACE)
    done = site.rotate(0, "--context", USER, "--again")
    assert done.returncode == 1
    assert b"update" in done.stderr
    assert b"secrets" in done.stderr
    site.check()
