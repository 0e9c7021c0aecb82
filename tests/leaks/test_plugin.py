"""Whatever goes wrong in the plugin, kustomize shows its words to everyone: no value in them."""

from __future__ import annotations

import json

import pyrage
import pytest
from tests.leaks import bad_inputs
from tests.leaks.watch import CANARY, DIGITS, Outcome, Watch

SECRET = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: one\n"
REQUEST = """\
apiVersion: config.kubernetes.io/v1
kind: ResourceList
items:
- apiVersion: viaduct.ai/v1
  kind: ksops
  metadata:
    name: made
{}
"""
FILES = "  files: [one.secret.yaml]"
BODIES = {
    "a number": f"stringData:\n  value: {DIGITS[:15]}\n",
    "a float": f"stringData:\n  value: 1.{DIGITS}\n",
    "a boolean": f"stringData:\n  a: {CANARY}\n  value: true\n",
    "a map": f"stringData:\n  value: {{a: {CANARY}}}\n",
    "a list": f"stringData:\n  value: [{CANARY}]\n",
    "a date": f"stringData:\n  a: {CANARY}\n  value: 2026-01-02\n",
    "stringData that is a text": f"stringData: {CANARY}\n",
    "stringData that is a list": f"stringData: [{CANARY}]\n",
    "data that is a number": f"data:\n  value: {DIGITS[:15]}\n",
    "data that is a map": f"data:\n  value: {{a: {CANARY}}}\n",
    "a document that is no manifest": f"stringData:\n  a: b\n---\nstringData:\n  a: {CANARY}\n",
}


def sealed(watch: Watch, name: str, text: str, selector: str = "^(data|stringData)$") -> None:
    """Write an encrypted file."""
    watch.write("made.yaml" if name.endswith("yaml") else "made.json", text)
    source = "made.yaml" if name.endswith("yaml") else "made.json"
    argv = ("encrypt", "--age", watch.recipient, "--encrypted-regex", selector, source)
    done = watch.call(*argv)
    assert done.code == 0, done.stderr
    (watch.world.work / source).unlink()
    watch.write(name, done.stdout)


def plugin(watch: Watch, fields: str, **environ: str) -> Outcome:
    """Run the plugin as kustomize does; it must fail and say so."""
    outcome = watch.process_tells_nothing(
        "sopsmith.plugin", stdin=REQUEST.format(fields).encode(), **environ
    )
    assert outcome.code == 1
    assert outcome.stderr
    return outcome


@pytest.mark.parametrize("kind", BODIES)
def test_a_manifest_that_kubernetes_would_refuse(watch: Watch, kind: str) -> None:
    sealed(watch, "one.secret.yaml", SECRET + BODIES[kind])
    plugin(watch, FILES)


@pytest.mark.parametrize("kind", bad_inputs.YAML)
def test_a_file_of_bad_yaml(watch: Watch, kind: str) -> None:
    watch.write("one.secret.yaml", bad_inputs.YAML[kind])
    plugin(watch, FILES)


@pytest.mark.parametrize("kind", bad_inputs.YAML)
def test_a_binary_file_whose_plaintext_is_bad_yaml(watch: Watch, kind: str) -> None:
    sealed(watch, "one.secret", json.dumps({"data": bad_inputs.YAML[kind]}))
    plugin(watch, "  files: [one.secret]")


@pytest.mark.parametrize(
    "old, new",
    [
        ("value: ENC", f"value: {CANARY} #"),
        ("data:", "data:AAAA"),
        ("type:str", "type:int"),
        ("type:str", "type:float"),
        ("type:str", "type:bool"),
        ("value:", "other:"),
    ],
)
def test_a_broken_file(watch: Watch, old: str, new: str) -> None:
    sealed(watch, "one.secret.yaml", f"{SECRET}stringData:\n  value: {CANARY}\n")
    path = watch.world.work / "one.secret.yaml"
    path.write_text(path.read_text().replace(old, new, 1))
    plugin(watch, FILES)


def test_a_plain_file(watch: Watch) -> None:
    watch.write("one.secret.yaml", f"{SECRET}stringData:\n  value: {CANARY}\n")
    plugin(watch, FILES)


def test_no_identity_and_another_identity(watch: Watch) -> None:
    sealed(watch, "one.secret.yaml", f"{SECRET}stringData:\n  value: {CANARY}\n")
    plugin(watch, FILES, SOPS_AGE_KEY="")
    plugin(watch, FILES, SOPS_AGE_KEY=str(pyrage.x25519.Identity.generate()))


@pytest.mark.parametrize(
    "line",
    [f'A="{CANARY}', f"A='{CANARY}", f'A="x" {CANARY}', f"A B={CANARY}", f"1={CANARY}",
     f"A={CANARY}\nA={CANARY}"],
)  # fmt: skip
def test_a_bad_line_in_a_decrypted_env(watch: Watch, line: str) -> None:
    """KSOPS's reader of dotenv quotes the line there."""
    watch.write("made.env", f"{line}\n")
    text = watch.world.run("sops", "encrypt", "--age", watch.recipient, "made.env")
    watch.write("one.env", text)
    (watch.world.work / "made.env").unlink()
    plugin(watch, "  secretFrom:\n  - metadata: {name: one}\n    envs: [one.env]")


@pytest.mark.parametrize(
    "source", ["a=one.json\n    - a=one.json", "'bad key=one.json'", "=one.json"]
)
def test_a_bad_key_for_a_decrypted_file(watch: Watch, source: str) -> None:
    sealed(watch, "one.json", json.dumps({"data": CANARY}))
    plugin(watch, f"  secretFrom:\n  - metadata: {{name: one}}\n    files:\n    - {source}")


def test_an_exception_that_nobody_foresaw(watch: Watch) -> None:
    sealed(watch, "one.secret.yaml", f"{SECRET}stringData:\n  value: {CANARY}\n")
    boom = (
        "import sopsmith.plugin.generate as broken\n"
        "def boom(manifest):\n    value = str(manifest)\n    raise ValueError(value)\n"
        "broken.fold = boom\n"
    )
    outcome = watch.process_tells_nothing(
        "sopsmith.plugin", stdin=REQUEST.format(FILES).encode(), before=boom
    )
    assert outcome.code == 1
    assert outcome.stderr
