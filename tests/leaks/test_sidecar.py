"""Argo CD shows in its UI what the sidecar says, so it says no value, whatever fails."""

from __future__ import annotations

import pytest
from tests.leaks.test_plugin import BODIES, SECRET, sealed
from tests.leaks.test_render import GENERATOR
from tests.leaks.watch import CANARY, Watch, assert_silent

from sopsmith.cli import cmp

TALKS = '#!/bin/sh\n/bin/cat "$2"/.[a-z]* "$2"/* >&2\nexit 1\n'
SHOUTS = "#!/bin/sh\n/bin/cat \"$2\"/.[a-z]*\nprintf ': }\\n'\n"
ONE = f"{SECRET}stringData:\n  value: {CANARY}\n"
HASHED = SECRET.replace("metadata:", "metadata:\n  annotations: {ASKED: 'true'}", 1)


@pytest.fixture
def overlay(watch: Watch) -> Watch:
    """Return a watch with a kustomization, and the identity that opens its one file."""
    watch.write("kustomization.yaml", "generators: [generator.yaml]\n")
    watch.write("generator.yaml", GENERATOR)
    keys = watch.world.home / "keys/p"
    keys.mkdir(parents=True)
    (keys / "keys.txt").write_text(watch.world.environ["SOPS_AGE_KEY"])
    return watch


def fails(watch: Watch, capture: pytest.CaptureFixture[bytes], kustomize: str = TALKS) -> str:
    """Render as the sidecar does, with a kustomize that says all that it is given."""
    program = watch.world.home / "kustomize"
    program.write_text(kustomize)
    program.chmod(0o755)
    environ = {
        "PATH": str(watch.world.home),
        "SOPSMITH_KEYS": str(watch.world.home / "keys"),
        "ARGOCD_APP_PROJECT_NAME": "p",
    }
    capture.readouterr()
    code = cmp.run(["generate"], environ, str(watch.world.work))
    said = capture.readouterr()
    assert code != 0
    assert said.out == b""
    assert_silent(said.err, "stderr")
    return said.err.decode()


def test_kustomize_that_repeats_what_it_was_given(
    overlay: Watch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    sealed(overlay, "one.secret.yaml", ONE)
    assert "kustomize failed" in fails(overlay, capfdbinary)


def test_kustomize_that_prints_what_is_no_yaml(
    overlay: Watch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    sealed(overlay, "one.secret.yaml", ONE)
    assert "is not YAML" in fails(overlay, capfdbinary, SHOUTS)


@pytest.mark.parametrize("kind", BODIES)
def test_a_manifest_that_kubernetes_would_refuse(
    overlay: Watch, capfdbinary: pytest.CaptureFixture[bytes], kind: str
) -> None:
    sealed(overlay, "one.secret.yaml", SECRET + BODIES[kind])
    fails(overlay, capfdbinary)


@pytest.mark.parametrize(
    "body", [f"data: {{value: '{CANARY}!'}}\n", f"more: {CANARY}\ndata: {{a: YQ==}}\n"]
)
def test_an_object_that_cannot_be_hashed(
    overlay: Watch, capfdbinary: pytest.CaptureFixture[bytes], body: str
) -> None:
    text = HASHED.replace("ASKED", "kustomize.config.k8s.io/needs-hash") + body
    sealed(overlay, "one.secret.yaml", text, "^(data|more)$")
    fails(overlay, capfdbinary)
