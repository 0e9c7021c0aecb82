"""`sopsmith diff ENVIRONMENT cluster` says what a real cluster has otherwise than Git."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.e2e.control_plane import ADMIN, ControlPlane
from tests.world import World

from sopsmith.kube.kinds import SECRET

pytestmark = pytest.mark.e2e

VALUES = {"same": "made-up-same", "edited": "made-up-edited", "absent": "made-up-absent"}


def test_a_cluster_is_compared_value_by_value_and_none_is_shown(
    control_plane: ControlPlane, tmp_path: Path
) -> None:
    world, cluster = World(tmp_path), control_plane.cluster()
    namespace = control_plane.namespace("compared")
    world.run("sopsmith", "init", ".")
    settings = world.work / "sopsmith.yaml"
    settings.write_text(settings.read_text().replace("kube-system", namespace, 1))
    lines = [f"PROD_{name.upper()}={value}\n" for name, value in VALUES.items()]
    (world.work / ".env").write_text("".join(lines))
    world.run("sopsmith", "generate")
    for name in ("same", "edited"):
        value = VALUES[name] if name == "same" else "by hand"
        metadata = {"name": name, "namespace": namespace}
        cluster.create(SECRET, {"metadata": metadata, "stringData": {"value": value}})
    argv = ("sopsmith", "diff", "prod", "cluster", "--context", ADMIN, "-o", "json")
    done = world.attempt(*argv, KUBECONFIG=str(control_plane.kubeconfig))
    assert done.returncode == 3, done.stderr.decode()
    said = done.stdout.decode() + done.stderr.decode()
    assert not [value for value in (*VALUES.values(), "by hand") if value in said]
    found = json.loads(done.stdout)
    kinds = [(one["secret"], one["kind"]) for one in found["differences"]]
    assert kinds == [(f"{namespace}/absent", "removed"), (f"{namespace}/edited", "changed")]
    assert found["same"] == 1
