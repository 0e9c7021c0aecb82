"""Rendering shows no value, neither when it works nor when it fails."""

from __future__ import annotations

import os

import pytest
from tests.leaks import bad_inputs
from tests.leaks.test_plugin import BODIES, SECRET, sealed
from tests.leaks.watch import CANARY, Watch

BUILTIN = ("render", ".", "--engine", "builtin")
GENERATOR = """\
apiVersion: viaduct.ai/v1
kind: ksops
metadata:
  name: made
  annotations:
    config.kubernetes.io/function: |
      exec: {path: ksops}
files: [one.secret.yaml]
"""


@pytest.fixture
def overlay(watch: Watch) -> Watch:
    """Return a watch with a kustomization that has one generator of one file."""
    watch.write("kustomization.yaml", "generators: [generator.yaml]\n")
    watch.write("generator.yaml", GENERATOR)
    return watch


@pytest.mark.parametrize("output", ["yaml", "json"])
@pytest.mark.parametrize(
    "text",
    [
        f"{SECRET}stringData:\n  value: {CANARY}\n",
        f"{SECRET}data:\n  value: elE3eFc5a1ZtTDRwVGdOMg==\n",
        f"{SECRET}stringData:\n  long: |\n    one\n    {CANARY}\n",
        f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: one}}\ndata: {{value: {CANARY}}}\n",
    ],
)
def test_a_value_is_masked(overlay: Watch, text: str, output: str) -> None:
    selector = "^(data|stringData|items)$"
    sealed(overlay, "one.secret.yaml", text, selector)
    overlay.tells_nothing(*BUILTIN, "--output", output)


@pytest.mark.parametrize("kind", ["List", "SecretList"])
def test_a_value_inside_a_list_is_masked(overlay: Watch, kind: str) -> None:
    items = f"[{{kind: Secret, stringData: {{a: {CANARY}}}}}]"
    sealed(overlay, "one.secret.yaml", f"apiVersion: v1\nkind: {kind}\nitems: {items}\n", "items")
    overlay.tells_nothing(*BUILTIN)


@pytest.mark.parametrize("kind", BODIES)
def test_a_manifest_that_kubernetes_would_refuse(overlay: Watch, kind: str) -> None:
    sealed(overlay, "one.secret.yaml", SECRET + BODIES[kind])
    overlay.fails(*BUILTIN)


@pytest.mark.parametrize("kind", bad_inputs.YAML)
def test_an_encrypted_file_of_bad_yaml(overlay: Watch, kind: str) -> None:
    overlay.write("one.secret.yaml", bad_inputs.YAML[kind])
    overlay.fails(*BUILTIN)


@pytest.mark.parametrize("kind", bad_inputs.YAML)
@pytest.mark.parametrize("name", ["kustomization.yaml", "generator.yaml"])
def test_a_kustomization_or_generator_of_bad_yaml(overlay: Watch, name: str, kind: str) -> None:
    overlay.write(name, bad_inputs.YAML[kind])
    overlay.tells_nothing(*BUILTIN)


def test_an_encrypted_or_a_plain_file_under_resources(overlay: Watch) -> None:
    sealed(overlay, "one.secret.yaml", f"{SECRET}stringData:\n  value: {CANARY}\n")
    overlay.write("kustomization.yaml", "resources: [one.secret.yaml]\n")
    overlay.fails(*BUILTIN)
    overlay.write("one.secret.yaml", f"{SECRET}stringData:\n  value: {CANARY}\n")
    overlay.tells_nothing(*BUILTIN)


def test_no_identity(overlay: Watch) -> None:
    sealed(overlay, "one.secret.yaml", f"{SECRET}stringData:\n  value: {CANARY}\n")
    overlay.fails(*BUILTIN, SOPS_AGE_KEY="")
    overlay.fails(*BUILTIN, "--reveal", SOPS_AGE_KEY="")


@pytest.mark.parametrize("said", ["Error: node contents: {}", "Error: map[{}]", "{}"])
def test_what_kustomize_says_when_it_fails(overlay: Watch, said: str) -> None:
    """kustomize quotes what the plugin gave it in some messages."""
    sealed(overlay, "one.secret.yaml", f"{SECRET}stringData:\n  value: {CANARY}\n")
    quoted = said.format("$(ksops generator.yaml)")
    fake = overlay.write("bin/kustomize", f'#!/bin/sh\necho "{quoted}" >&2\nexit 1\n')
    fake.chmod(0o755)
    search = f"{fake.parent}{os.pathsep}{overlay.world.environ['PATH']}"
    overlay.fails("render", ".", "--engine", "kustomize", PATH=search)


@pytest.mark.parametrize(
    "said", [f"value: {CANARY}: x\n", f"- [{CANARY}\n", f"kind: Secret\nx: {CANARY}"]
)
def test_what_kustomize_prints_when_it_is_no_manifest(overlay: Watch, said: str) -> None:
    sealed(overlay, "one.secret.yaml", f"{SECRET}stringData:\n  value: {CANARY}\n")
    overlay.write("said", said)
    fake = overlay.write("bin/kustomize", f"#!/bin/sh\ncat {overlay.world.work}/said\n")
    fake.chmod(0o755)
    search = f"{fake.parent}{os.pathsep}{overlay.world.environ['PATH']}"
    overlay.fails("render", ".", "--engine", "kustomize", PATH=search)
