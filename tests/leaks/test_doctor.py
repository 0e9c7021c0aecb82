"""doctor names faults of files that hold secrets, and tells nothing of what stands in them."""

from __future__ import annotations

import pytest
from tests.leaks import bad_inputs
from tests.leaks.watch import CANARY, DIGITS, IDENTITY, Watch

SECRETS = "bootstrap/argocd/overlays/main/dev/secrets"
DOCTOR = ("doctor", "--no-cluster", "--jobs", "1")
NUMBER = DIGITS[:18]
"""Within 64 bits, since sops takes no larger one."""
SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {{name: a}}\nstringData:\n  id: {}\n"


@pytest.fixture
def repository(watch: Watch) -> Watch:
    assert watch.call("init", ".", "--recipient", f"dev={watch.recipient}", "-e", "dev").code == 0
    # No program is needed to see what stands in files, and each start takes time.
    watch.world.environ["PATH"] = "/nowhere"
    return watch


@pytest.mark.parametrize("output", ["text", "json"])
def test_of_values_that_are_no_texts(repository: Watch, output: str) -> None:
    repository.write("a.yaml", SECRET.format(NUMBER))
    repository.write(f"{SECRETS}/b.secret.yaml", SECRET.format(NUMBER))
    assert repository.call("encrypt", "--in-place", f"{SECRETS}/b.secret.yaml").code == 0
    said = repository.fails(*DOCTOR, "-o", output)
    assert said.stdout.count(b"unquoted-number") == 2


@pytest.mark.parametrize(
    "path",
    ["sopsmith.yaml", ".sops.yaml", "a.yaml", f"{SECRETS}/kustomization.yaml",
     f"{SECRETS}/ksops-generator.yaml", f"{SECRETS}/c.secret.yaml",
     "bootstrap/argocd/install/argocd-cm.yaml", ".sopsmith/backups.json",
     ".sopsmith/rotations/dev.json"],
)  # fmt: skip
def test_of_broken_files(repository: Watch, path: str) -> None:
    texts = [f"{CANARY}: [{CANARY}\n", f"kind: Secret\nstringData: {{a: {CANARY}\n",
             f"<<<<<<< HEAD\nfiles: [{CANARY}]\n>>>>>>> {CANARY}\n",
             f"files: [{CANARY}]\n", *list(bad_inputs.YAML.values())[::8]]  # fmt: skip
    for text in texts:
        repository.write(path, text)
        repository.tells_nothing(*DOCTOR)


@pytest.mark.parametrize(
    "text",
    [
        f"{CANARY}\n",
        f"AGE-SECRET-KEY-1{CANARY}\n",
        f"{IDENTITY}{IDENTITY}\n",
        f"{IDENTITY}\r\n" * 2,
    ],
)
def test_of_files_of_identities(repository: Watch, text: str) -> None:
    path = repository.world.home / "keys.txt"
    path.write_text(text, newline="")
    path.chmod(0o644)
    said = repository.fails(*DOCTOR, SOPS_AGE_KEY_FILE=str(path), SOPS_AGE_KEY="")
    assert b"identity-" in said.stdout


def test_of_a_variable_that_holds_no_identity(repository: Watch) -> None:
    said = repository.fails(*DOCTOR, SOPS_AGE_KEY=CANARY)
    assert b"identity-unread" in said.stdout
