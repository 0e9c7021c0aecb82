"""Measure how long a real Argo CD takes from a commit to all Applications Synced.

Every Application has a generator of its own, and a commit changes one Secret of each. The same
delivery is measured with the plugin and with one that prints what it was told before: the rest
is Argo CD's own. `make tools` builds what runs here.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

from tests.e2e.argocd import ArgoCD
from tests.e2e.argocd import running as running_argocd
from tests.e2e.control_plane import running as running_plane
from tests.world import World

from sopsmith import age
from sopsmith.kube.kinds import APPLICATION

_GENERATOR = """\
apiVersion: viaduct.ai/v1
kind: ksops
metadata:
  name: secrets
  annotations:
    config.kubernetes.io/function: |
      exec:
        path: ksops
files:
"""
_ASKED = """\
apiVersion: config.kubernetes.io/v1
kind: ResourceList
items: []
functionConfig:
"""
_PATIENCE = 600  # seconds


def main() -> None:
    """Measure, print a line for each plugin and write the figures where it is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--applications", type=int, default=50)
    parser.add_argument("--secrets", type=int, default=40, help="of each Application")
    parser.add_argument("--rounds", type=int, default=1, help="commits for each plugin")
    parser.add_argument("--results", help="the JSON file of `bench.run`, to add the figures to")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sopsmith-bench-") as folder:
        found = bench_delivery(Path(folder), chosen.applications, chosen.secrets, chosen.rounds)
    if chosen.results:
        results = Path(chosen.results)
        all_found = json.loads(results.read_text()) | {"delivery": found}
        results.write_text(json.dumps(all_found, indent=2) + "\n")


def bench_delivery(folder: Path, applications: int, secrets: int, rounds: int) -> dict[str, float]:
    """Return seconds from a commit to all Synced: with the plugin, and with a fixed text."""
    world = World(folder / "world")
    names = [f"app-{number:03}" for number in range(applications)]
    _write_repository(world, names, secrets)
    for part in ("plane", "argocd", "fixed"):
        (folder / part).mkdir()
    title = f"{applications} Applications of {secrets} Secrets"
    print(f"\nfrom a commit to all Synced, {title}, real Argo CD")
    with running_plane(folder / "plane") as plane, running_argocd(plane, folder / "argocd") as argo:
        argo.keys_file.write_bytes(world.keys_file.read_bytes())
        plugin = (argo.plugins / "ksops").read_bytes()
        first = _first_sync(world, argo, names)
        took: dict[str, list[float]] = {"plugin": [], "fixed": []}
        # In turn, so that what else the machine does meets both alike.
        for number in range(rounds):
            for kind, times in took.items():
                _change(world, names, f"made-up-{kind}-{number}")
                _keep_answers(world, names, plugin, folder)
                _place(argo.plugins / "ksops", plugin if kind == "plugin" else _fixed(folder))
                times.append(_deliver(world, argo))
    found = {kind: sorted(times)[len(times) // 2] for kind, times in took.items()}
    found |= {"first": first, "applications": applications, "secrets": secrets, "rounds": rounds}
    print(f"  first sync, everything new          {first:7.1f} s")
    print(f"  with the plugin                     {found['plugin']:7.1f} s")
    print(f"  with a plugin that prints a text    {found['fixed']:7.1f} s   Argo CD's own")
    own = found["plugin"] - found["fixed"]
    print(f"  difference for each Application     {own / applications * 1000:7.1f} ms")
    return found


def _write_repository(world: World, names: list[str], secrets: int) -> None:
    keys = world.keys_file
    keys.parent.mkdir(parents=True)
    identity, recipient = age.generate()
    keys.write_bytes(identity.reveal() + b"\n")
    keys.chmod(0o600)
    rules = f"creation_rules:\n  - encrypted_regex: ^stringData$\n    age: {recipient}\n"
    (world.work / ".sops.yaml").write_text(rules)
    files = [f"s-{number:03}.secret.yaml" for number in range(secrets)]
    for name in names:
        app = world.work / name
        app.mkdir()
        (app / "kustomization.yaml").write_text("generators: [generator.yaml]\n")
        (app / "generator.yaml").write_text(_GENERATOR + "".join(f"  - {one}\n" for one in files))
        for file in files:
            secret = file.removesuffix(".secret.yaml")
            (app / file).write_text(
                f"apiVersion: v1\nkind: Secret\nmetadata: {{name: {secret}, namespace: {name}}}\n"
                f"stringData:\n  value: made-up-{name}-{secret}\n"
            )
        world.run("sopsmith", "encrypt", "--in-place", *(f"{name}/{file}" for file in files))
    world.run("git", "init", "--quiet", "--initial-branch=main")
    _commit(world)


def _commit(world: World) -> str:
    world.run("git", "add", "--all")
    world.run("git", "commit", "--quiet", "--message", "A change")
    return world.run("git", "rev-parse", "HEAD").decode().strip()


def _change(world: World, names: list[str], value: str) -> None:
    for name in names:
        file = f"{name}/s-000.secret.yaml"
        place, text = '["stringData"]["value"]', json.dumps(value)
        world.run("sopsmith", "set", "--value-stdin", file, place, stdin=text.encode())


def _keep_answers(world: World, names: list[str], plugin: bytes, folder: Path) -> None:
    """Let the plugin answer once for each Application, for the one that prints texts."""
    script = folder / "ksops"
    _place(script, plugin)
    for name in names:
        app = world.work / name
        lines = (app / "generator.yaml").read_text().splitlines()
        generator = "".join(f"  {line}\n" for line in lines)
        answer = world.run(str(script), stdin=(_ASKED + generator).encode(), cwd=app)
        (folder / "fixed" / name).write_bytes(answer)


def _fixed(folder: Path) -> bytes:
    return f'#!/bin/sh\nexec cat "{folder}/fixed/${{PWD##*/}}"\n'.encode()


def _place(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    path.chmod(0o755)


def _first_sync(world: World, argo: ArgoCD, names: list[str]) -> float:
    for name in names:
        argo.plane.namespace(name)
    began = time.monotonic()
    for name in names:
        argo.create_application(name, world.work, name, namespace=name)
    head = world.run("git", "rev-parse", "HEAD").decode().strip()
    _wait(argo, head)
    return time.monotonic() - began


def _deliver(world: World, argo: ArgoCD) -> float:
    began = time.monotonic()
    revision = _commit(world)
    for found in argo.plane.cluster().list(APPLICATION, "argocd"):
        argo.refresh(found["metadata"]["name"], "normal")
    _wait(argo, revision)
    return time.monotonic() - began


def _wait(argo: ArgoCD, revision: str) -> None:
    until = time.monotonic() + _PATIENCE
    while True:
        found = [one.get("status", {}) for one in argo.plane.cluster().list(APPLICATION, "argocd")]
        waiting = [one for one in found if not _is_synced(one, revision)]
        if not waiting:
            return
        if time.monotonic() > until:
            raise RuntimeError(f"{len(waiting)} Applications are not Synced: {waiting[0]}")
        time.sleep(0.2)


def _is_synced(status: dict[str, dict[str, str]], revision: str) -> bool:
    sync, done = status.get("sync", {}), status.get("operationState", {})
    return (
        sync.get("status") == "Synced"
        and sync.get("revision") == revision
        and done.get("phase") == "Succeeded"
    )


if __name__ == "__main__":
    main()
