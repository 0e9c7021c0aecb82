"""verify, lint and explain tell nothing of what they look through."""

from __future__ import annotations

import re

import pytest
from tests.leaks import bad_inputs
from tests.leaks.watch import CANARY, DIGITS, IDENTITY, Watch

RULES = (
    "creation_rules:\n  - path_regex: {}\n    encrypted_regex: ^(data|stringData)$\n    age: {}\n"
)
SECRET = (
    "apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\n  annotations:\n    api-token: {0}\n"
    "stringData:\n  first: {0}\n  second: other\n"
)
DIED = b"error: a worker process died\nhint: --jobs 1 says what went wrong, and where\n"
VERBS = [
    ("verify",), ("verify", "--output", "json"), ("lint",), ("lint", "--output", "json"),
    ("lint", "--output", "sarif"), ("explain", "a.secret.yaml"),
    ("explain", "--output", "json", "a.secret.yaml"),
]  # fmt: skip


def locked(watch: Watch) -> str:
    """Return a Secret with the canary in an encrypted place and in a clear one."""
    watch.write(".sops.yaml", RULES.format(r"\.secret\.yaml$", watch.recipient))
    watch.write("a.secret.yaml", SECRET.format(CANARY))
    done = watch.call("encrypt", "a.secret.yaml")
    assert done.code == 0
    return done.stdout.decode()


@pytest.mark.parametrize("verb", VERBS)
def test_of_a_sound_file_with_a_secret_in_clear(watch: Watch, verb: tuple[str, ...]) -> None:
    watch.write("a.secret.yaml", locked(watch))
    watch.tells_nothing(*verb)


@pytest.mark.parametrize("verb", VERBS)
def test_of_a_plain_file_that_a_rule_names(watch: Watch, verb: tuple[str, ...]) -> None:
    locked(watch)
    watch.tells_nothing(*verb)


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(
    ("old", "new"),
    [
        (r"first: ENC\[.*\]", f"first: {CANARY}"),
        (r"first: ENC\[.*\]", f"first: {DIGITS}"),
        (r"first: ENC\[.*\]", f"first: [{CANARY}"),
        (r"first: ENC\[", f"first: {CANARY}: ENC["),
        (r"first: ENC\[AES256_GCM,data:", f"first: ENC[AES256_GCM,data:{CANARY}"),
        (r"lastmodified: .*", f"lastmodified: {CANARY}"),
        (r"version: .*", f"version: {CANARY}"),
        (r"mac: .*", f"mac: {CANARY}"),
    ],
)
def test_of_a_file_that_was_changed(
    watch: Watch, verb: tuple[str, ...], old: str, new: str
) -> None:
    text = locked(watch)
    changed = re.sub(old, new.replace("\\", r"\\"), text, count=1)
    assert changed != text
    watch.write("a.secret.yaml", changed)
    watch.tells_nothing(*verb)


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("kind", bad_inputs.YAML)
def test_of_broken_yaml(watch: Watch, verb: tuple[str, ...], kind: str) -> None:
    metadata = locked(watch).partition("\nsops:")[2]
    watch.write("a.secret.yaml", f"{bad_inputs.YAML[kind]}sops:{metadata}")
    watch.tells_nothing(*verb)


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("name", ["kustomization.yaml", "g.yaml", "x.json", "x.env", "x.ini"])
def test_of_other_broken_files(watch: Watch, verb: tuple[str, ...], name: str) -> None:
    watch.write("a.secret.yaml", locked(watch))
    watch.write("kustomization.yaml", "generators: [g.yaml]\n")
    watch.write(name, f"sops: lastmodified\nENC[AES256_GCM,\nkind: Secret\n{CANARY}: [{CANARY}\n")
    watch.tells_nothing(*verb)


def test_lint_of_an_identity_names_its_place_alone(watch: Watch) -> None:
    watch.write("notes.txt", f"# made today\n{IDENTITY}\n")
    for output in ("text", "json", "sarif"):
        said = watch.fails("lint", "--output", output)
        assert b"SOPS020" in said.stdout


def test_verify_in_processes_tells_nothing_of_a_bug_in_one(watch: Watch) -> None:
    for number in range(300):
        watch.write(f"t/{number}.yaml", f"x: {CANARY}\n")
    before = (
        "import pathlib, sopsmith.flows.verify as flow\n"
        "def fail(*_): raise ValueError(pathlib.Path('t/1.yaml').read_text())\n"
        "flow.read_for_sops = fail"
    )
    said = watch.process_tells_nothing("sopsmith.cli.main", "verify", "--jobs", "2", before=before)
    assert (said.code, said.stderr) == (1, DIED)
