"""Bootstrap a real API server from an empty folder: killed, without rights, and cut off."""

from __future__ import annotations

import json
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.bootstrapping import (
    argocd_text,
    config_map,
    kill_everywhere,
    stop_everywhere,
    workload,
)
from tests.e2e import argocd as argo
from tests.e2e import control_plane as planes
from tests.e2e.control_plane import ADMIN, ControlPlane
from tests.e2e.test_argocd_sync import commit
from tests.world import World

from sopsmith.adapters.cluster import RealCluster
from sopsmith.cli.main import run
from sopsmith.errors import NotThere
from sopsmith.flows.key_secret import read_cluster_keys
from sopsmith.kube.kinds import (
    APPLICATION,
    APPPROJECT,
    CONFIGMAP,
    DEPLOYMENT,
    NAMESPACE,
    NETWORK_POLICY,
    SECRET,
)
from sopsmith.ports import Object
from sopsmith.repo.key_file import parse_key_file

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).parents[2]
ENVIRON = "GREETING=hello\nPROD_DATABASE_URL=postgres://u:p@db/app\n"
SECRETS = ("greeting", "database-url")
USER = "user-1"
FEWEST = 12
"""Writes of a whole bootstrap; fewer would mean that this test no longer sees them all."""


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """Return an API server of this module's own, with the kinds of Argo CD."""
    if not (planes.TOOLS / "kube-apiserver").exists():
        pytest.skip("kube-apiserver not built; make e2e builds it")
    with planes.running(tmp_path_factory.mktemp("bootstrap")) as found:
        argo.install(found)
        yield found


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Return the repository that a person has before the first bootstrap."""
    return make_repository(World(tmp_path_factory.mktemp("template")))


@pytest.fixture
def world(template: World, plane: ControlPlane, tmp_path: Path) -> World:
    """Return a copy of it, and a cluster with Argo CD and nothing of ours."""
    clean(plane)
    install_argocd(plane)
    return copied(template, plane, tmp_path)


def make_repository(world: World, *, mode: str = "sidecar", repository: str = "") -> World:
    """Make a platform's repository from an empty folder and a `.env`, and commit it."""
    world.run("git", "init", "--quiet", "--initial-branch", "main")
    world.run("sopsmith", "init", ".")
    (world.work / ".env").write_text(ENVIRON)
    world.run("sopsmith", "key", "recovery", "generate", "--out", "../recovery.txt")
    with (world.work / "sopsmith.yaml").open("a") as handle:
        handle.write(argocd_text(mode, repository))
    world.run("sopsmith", "generate")
    world.run("sopsmith", "argocd", "manifests")
    world.run("sopsmith", "argocd", "applications")
    commit(world)
    return world


def copied(template: World, plane: ControlPlane, folder: Path) -> World:
    world = World(folder / "copy")
    for name in ("home", "work"):
        shutil.copytree(
            template.home.parent / name, folder / "copy" / name, dirs_exist_ok=True, symlinks=True
        )
    world.environ |= {"KUBECONFIG": str(plane.kubeconfig), "PYTHONPATH": str(ROOT)}
    return world


def clean(plane: ControlPlane) -> None:
    """Take all that a bootstrap makes out of the cluster."""
    cluster = plane.cluster()
    for kind in (APPLICATION, APPPROJECT, DEPLOYMENT, CONFIGMAP, NETWORK_POLICY, SECRET):
        for namespace in ("argocd", "kube-system"):
            for one in cluster.list(kind, namespace):
                cluster.delete(kind, one["metadata"]["name"], namespace)


def install_argocd(plane: ControlPlane) -> None:
    plane.namespace("argocd")
    cluster = plane.cluster()
    cluster.apply(DEPLOYMENT, workload())
    cluster.apply(CONFIGMAP, config_map("argocd-cm", kept="yes"))
    cluster.apply(CONFIGMAP, config_map("argocd-cmd-params-cm"))


def deliver(plane: ControlPlane) -> None:
    """Put the Secrets into the cluster in Argo CD's place."""
    for name in SECRETS:
        place = {"name": name, "namespace": "kube-system"}
        plane.cluster().apply(SECRET, {"metadata": place, "stringData": {"value": "x"}})


def words(context: str = ADMIN, *more: str) -> tuple[str, ...]:
    return ("bootstrap", "-e", "prod", "--context", context, "--apply-argocd", "--wait", "1s",
            *(more or ("--yes",)))  # fmt: skip


def state(plane: ControlPlane, world: World) -> Object:
    """Return what stands in the cluster with its versions, and every file."""
    cluster = plane.cluster()
    kinds = (APPLICATION, APPPROJECT, DEPLOYMENT, CONFIGMAP, NETWORK_POLICY, SECRET, NAMESPACE)
    found = {
        (kind.kind, one["metadata"].get("namespace"), one["metadata"]["name"]): one["metadata"][
            "resourceVersion"
        ]
        for kind in kinds
        for one in cluster.list(kind)
    }
    files = {str(path): path.read_bytes() for path in world.work.parent.rglob("*")
             if path.is_file() and ".git/" not in str(path)}  # fmt: skip
    return {"cluster": found, "files": files}


def test_from_an_empty_folder_to_the_end_and_again(world: World, plane: ControlPlane) -> None:
    deliver(plane)
    before = state(plane, world)
    looked = json.loads(world.run("sopsmith", *words(ADMIN, "--dry-run", "-o", "json")))
    assert {one["state"] for one in looked} == {"done", "needed"}
    assert state(plane, world) == before
    done = json.loads(world.run("sopsmith", *words(ADMIN, "--yes", "-o", "json")))
    assert [(one["step"], one["state"]) for one in done] == [
        (name, "done")
        for name in ("plugin", "namespace", "github-app", "bucket", "identity", "inject", "backup",
                     "argocd", "applications", "wait")
    ]  # fmt: skip
    (kept,) = [one for one in done if one["step"] == "inject"]
    assert "opens 2 of 2 files" in kept["why"]
    before = state(plane, world)
    world.run("sopsmith", *words())
    assert state(plane, world) == before
    found = plane.cluster().find(DEPLOYMENT, "argocd-repo-server", "argocd")
    assert found is not None and found["metadata"]["generation"] == 2


def test_killed_behind_each_write_it_goes_on(
    template: World, plane: ControlPlane, tmp_path: Path
) -> None:
    last, writes = 0, FEWEST
    while last <= writes:
        clean(plane)
        install_argocd(plane)
        deliver(plane)
        world = copied(template, plane, tmp_path / str(last))
        argv = (sys.executable, "-m", "tests.e2e.dying", str(last), *words())
        done = world.attempt(*argv)
        if last == 0:
            assert done.returncode == 0, done.stderr
            writes = int(done.stderr.splitlines()[-1])
            assert writes >= FEWEST
        else:
            assert done.returncode == -signal.SIGKILL, (last, done.stderr)
            world.run("sopsmith", *words())
        held = read_cluster_keys(plane.cluster()).recipients
        path = world.keys_file
        own = {one.recipient for one in parse_key_file(path.read_bytes(), str(path))
               if "prod" in one.environments}  # fmt: skip
        assert {*held} == own
        last += 1


@contextmanager
def granted(plane: ControlPlane, objects: list[Object]) -> Iterator[None]:
    """Have the roles in the cluster, and take them out again."""
    text = yaml.safe_dump_all(objects).encode()
    plane.kubectl("apply", "-f", "-", stdin=text)
    roles = yaml.safe_dump_all([one for one in objects if one["kind"] != "Namespace"]).encode()
    try:
        yield
    finally:
        plane.kubectl("delete", "--ignore-not-found", "-f", "-", stdin=roles)


def rights_of(objects: list[Object]) -> Iterator[tuple[str, str, list[Object]]]:
    """Yield each right as verb and resource, and the objects without just that one."""
    for number, one in enumerate(objects):
        for index, rule in enumerate(one.get("rules", [])):
            for name in rule.get("resourceNames", [""]):
                for verb in rule["verbs"]:
                    rest = [{**rule, "verbs": [v for v in rule["verbs"] if v != verb]}]
                    if name:
                        rest[0]["resourceNames"] = [name]
                        others = [n for n in rule["resourceNames"] if n != name]
                        rest += [{**rule, "resourceNames": others}] if others else []
                    rules = [*one["rules"][:index], *rest, *one["rules"][index + 1 :]]
                    left = [*objects[:number], {**one, "rules": [r for r in rules if r["verbs"]]},
                            *objects[number + 1 :]]  # fmt: skip
                    yield verb, rule["resources"][0], left


def test_the_rights_that_are_printed_are_those_that_it_takes(
    world: World,
    plane: ControlPlane,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    text = world.run("sopsmith", "bootstrap", "-e", "prod", "--apply-argocd", "--rbac", USER)
    objects = list(yaml.safe_load_all(text))
    for name, value in world.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(world.work)
    assert run([*words(USER)]) == 1
    assert "not allowed to get namespaces" in capfd.readouterr().out
    look = [*words(USER, "--dry-run", "-o", "json")]
    taken = 0
    for verb, resource, left in rights_of(objects):
        with granted(plane, left):
            assert run(look) == 0
        blocked = [one["why"] for one in json.loads(capfd.readouterr().out)
                   if one["state"] == "blocked" or "not allowed" in one["why"]]  # fmt: skip
        assert any(f"{verb} {resource}" in why for why in blocked), (verb, resource, blocked)
        taken += 1
    assert taken > 20
    with granted(plane, objects):
        assert run(look) == 0
        seen = json.loads(capfd.readouterr().out)
        assert not [one for one in seen if "not allowed" in one["why"]]
        deliver(plane)
        assert run([*words(USER)]) == 0
        assert run([*words(USER)]) == 0


def test_an_api_server_that_goes_away_half_way_stops_it_clean(
    template: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    folder = tmp_path / "plane"
    folder.mkdir()
    with planes._etcd(folder) as etcd:
        with planes._api_server(folder, etcd) as plane:
            argo.install(plane)
            install_argocd(plane)
            deliver(plane)
            world = copied(template, plane, tmp_path)
            for name, value in world.environ.items():
                monkeypatch.setenv(name, value)
            monkeypatch.chdir(world.work)
            real = RealCluster.create

            def die_behind(cluster: RealCluster, *asked: Any) -> Object:
                done = real(cluster, *asked)
                plane.process.kill()
                plane.process.wait()
                return done

            with monkeypatch.context() as patched:
                patched.setattr(RealCluster, "create", die_behind)
                assert run([*words()]) == 1
            out, err = capfd.readouterr()
            assert "blocked" in out and "Traceback" not in err and "unexpected" not in err
        with planes._api_server(folder, etcd) as plane:
            assert run([*words()]) == 0


def test_argo_cd_delivers_what_bootstrap_brought_in(argocd: argo.ArgoCD, tmp_path: Path) -> None:
    world = World(tmp_path / "real", (planes.TOOLS,))
    world.environ["KUBECONFIG"] = str(argocd.plane.kubeconfig)
    make_repository(world, mode="init-container", repository=world.work.as_uri())
    argocd.keys_file.write_bytes(world.keys_file.read_bytes())
    cluster = argocd.plane.cluster()
    cluster.apply(DEPLOYMENT, workload())
    try:
        said = world.run("sopsmith", *words(), "--wait", "90s").decode()
        assert said.splitlines()[-1] == (
            "done     Secrets in the cluster: 2 of 2 that Git promises"
        )
        found = cluster.find(SECRET, "database-url", "kube-system")
        assert found is not None and "argocd" in json.dumps(found["metadata"])
        assert world.attempt("sopsmith", *words(), "--status").returncode == 0
    finally:
        for name in ("platform-bootstrap", "platform-secrets"):
            with suppress(NotThere):
                argocd.delete_application(name)
        cluster.delete(DEPLOYMENT, "argocd-repo-server", "argocd")


def test_unreachable_after_any_call_it_stops_clean(tmp_path: Path) -> None:
    assert stop_everywhere(tmp_path, stride=1) > 80


@pytest.mark.parametrize("fresh", [True, False], ids=["nothing yet", "identity at hand"])
def test_killed_behind_any_write_it_goes_on(tmp_path: Path, fresh: bool) -> None:
    kill_everywhere(tmp_path, fresh=fresh)
