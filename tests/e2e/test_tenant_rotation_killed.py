"""A tenant's rotation over a real API server is killed behind each of its writes, and finished."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from tests.e2e.control_plane import ADMIN, ControlPlane
from tests.e2e.test_rotation_killed import FEWEST, RECOVERY, Site

from sopsmith.adapters.programs import LocalPrograms
from sopsmith.errors import NotThere
from sopsmith.flows.key_secret import prove_opens, read_cluster_keys
from sopsmith.flows.rotation_git import Git
from sopsmith.kube.key_secret import HOME, NAMESPACE, KeySecret, with_keys
from sopsmith.kube.kinds import SECRET
from sopsmith.repo.key_file import parse_key_file
from sopsmith.repo.rotation import STEPS, parse_rotation
from sopsmith.secret import Secret

pytestmark = pytest.mark.e2e
PROJECT = KeySecret("shop-age")
ROTATE = ("tenant", "rotate", "shop", "--context", ADMIN, "--accept-recovery", RECOVERY)


class Letting(Site):
    """A repository with a tenant in prod, whose project has a Secret of its own."""

    def rotate(self, last: int, *words: str) -> subprocess.CompletedProcess[bytes]:
        """Run a rotation in a process that dies behind a write."""
        argv = (sys.executable, "-m", "tests.e2e.dying", str(last), *ROTATE, *words)
        return self.world.attempt(*argv)

    def check(self) -> None:
        """Assert that project and platform open all of the tenant's, here and in what is pushed."""
        cluster = self.plane.cluster()
        here = [(str(path), path.read_bytes()) for path in self.world.work.rglob("*.secret.yaml")]
        committed = [*Git(LocalPrograms(), str(self.world.work)).files_at("HEAD")]
        project, platform = (read_cluster_keys(cluster, one) for one in (PROJECT, HOME))
        for some in (here, committed):
            mine = [(p, data) for p, data in some if "tenants/shop" in p and p.endswith("et.yaml")]
            assert prove_opens(mine, project.identities) == 1
            assert prove_opens(mine, platform.identities) == 1
        assert self.before | {*project.recipients} <= self.recipients()

    def finish(self) -> None:
        """Run again until it is done, committing where it says so."""
        for words in (("-o", "json"), ("--synced",)):
            done = self.rotate(0, *words)
            assert done.returncode == 0, done.stderr
            self.check()
            self.commit()
        path = self.world.work / ".sopsmith/rotations/shop.prod.json"
        rotation = parse_rotation(path.read_bytes(), str(path))
        assert tuple(rotation.done) == STEPS
        cluster = self.plane.cluster()
        assert read_cluster_keys(cluster, PROJECT).recipients == (rotation.new,)
        record = json.loads((self.world.work / ".sopsmith/backups.json").read_text())
        assert rotation.new in record["recipients"]
        self.world.run("sopsmith", "tenant", "check", "shop")

    def _make(self) -> None:
        super()._make()
        world = self.world
        settings = world.work / "sopsmith.yaml"
        projects = "argocd:\n  projects: {platform-secrets: sops-age, shop: shop-age}\n"
        settings.write_text(settings.read_text() + projects)
        world.run("sopsmith", "tenant", "add", "shop", "--environments", "prod")
        words = ("sopsmith", "tenant", "generate", "shop", "--env-file", "-")
        world.run(*words, stdin=b"APP_TOKEN=made-up\n")
        self.commit()

    def _fill_cluster(self) -> None:
        cluster = self.plane.cluster()
        self.plane.namespace(NAMESPACE)
        path = self.world.keys_file
        for where, ending in ((HOME, "/work"), (PROJECT, "/tenants/shop")):
            with suppress(NotThere):
                cluster.delete(SECRET, where.name, NAMESPACE)
            (mine,) = (
                one
                for one in parse_key_file(path.read_bytes(), str(path))
                if one.environments == ("prod",) and one.folder.endswith(ending)
            )
            keys = Secret(mine.line.reveal() + b"\n")
            cluster.create(SECRET, with_keys(None, keys, where))


@pytest.fixture
def plane(control_plane: ControlPlane) -> Iterator[ControlPlane]:
    """Return the API server, and leave no key Secret in it."""
    yield control_plane
    for where in (HOME, PROJECT):
        with suppress(NotThere):
            control_plane.cluster().delete(SECRET, where.name, NAMESPACE)


def test_a_kill_behind_any_write_leaves_a_project_that_opens_the_tenant_s_files(
    tmp_path: Path, plane: ControlPlane
) -> None:
    template = Letting(tmp_path / "template", plane).world
    whole = Letting(tmp_path / "whole", plane, template)
    until_push = whole.writes()
    whole.commit()
    after_push = whole.writes("--synced")
    assert until_push + after_push >= FEWEST - 3
    for number in range(1, until_push + after_push + 1):
        site = Letting(tmp_path / str(number), plane, template)
        if number <= until_push:
            killed = site.rotate(number)
        else:
            site.rotate(0)
            site.commit()
            killed = site.rotate(number - until_push, "--synced")
        assert killed.returncode == -signal.SIGKILL, (number, killed.stderr)
        site.check()
        site.finish()
