"""Commands over many files, and the processes that they start, tell no value."""

from __future__ import annotations

import pyrage
import pytest
from tests.leaks import bad_inputs
from tests.leaks.test_documents import PLAIN, RULES, encrypted, first_token
from tests.leaks.watch import CANARY, IDENTITY, Watch

SWEEPS = {
    "rotate": ("rotate", "--in-place"),
    "updatekeys": ("updatekeys", "--yes"),
    "verify": ("verify",),
    "lint": ("lint",),
}
OPENING = ["rotate", "verify"]


@pytest.fixture
def tree(watch: Watch) -> Watch:
    """Return a folder with rules for two recipients and files of one of them."""
    other = str(pyrage.x25519.Identity.generate().to_public())
    watch.world.run("git", "init", "--quiet")
    watch.write(".sops.yaml", RULES.format(f"{watch.recipient},{other}"))
    for name in ("a", "b", "c"):
        watch.write(f"{name}.secret.yaml", encrypted(watch))
    return watch


@pytest.mark.parametrize("sweep", SWEEPS)
def test_a_sweep_that_works(tree: Watch, sweep: str) -> None:
    tree.tells_nothing(*SWEEPS[sweep], ".")
    tree.process_tells_nothing("sopsmith.cli.main", *SWEEPS[sweep], "--jobs", "2", ".")


@pytest.mark.parametrize("kind", bad_inputs.YAML)
@pytest.mark.parametrize("sweep", SWEEPS)
def test_a_file_of_bad_yaml_among_good_ones(tree: Watch, sweep: str, kind: str) -> None:
    metadata = encrypted(tree).partition("\nsops:")[2]
    tree.write("b.secret.yaml", f"{bad_inputs.YAML[kind]}sops:{metadata}")
    tree.fails(*SWEEPS[sweep], "--jobs", "1", ".")


@pytest.mark.parametrize("sweep", OPENING)
@pytest.mark.parametrize("new", [CANARY, "", "ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:str]"])
def test_a_broken_value_among_good_ones(tree: Watch, sweep: str, new: str) -> None:
    text = encrypted(tree)
    tree.write("b.secret.yaml", text.replace(first_token(text), f"'{new}'"))
    tree.fails(*SWEEPS[sweep], "--jobs", "1", ".")


@pytest.mark.parametrize("sweep", OPENING)
def test_a_broken_value_in_a_process_of_its_own(tree: Watch, sweep: str) -> None:
    text = encrypted(tree)
    tree.write("b.secret.yaml", text.replace(first_token(text), CANARY))
    argv = (*SWEEPS[sweep], "--jobs", "2", ".")
    outcome = tree.process_tells_nothing("sopsmith.cli.main", *argv)
    assert outcome.code != 0


@pytest.mark.parametrize("sweep", ["rotate", "verify", "updatekeys"])
def test_no_identity(tree: Watch, sweep: str) -> None:
    tree.fails(*SWEEPS[sweep], ".", SOPS_AGE_KEY="")
    tree.fails(*SWEEPS[sweep], ".", SOPS_AGE_KEY=IDENTITY)
    tree.fails(*SWEEPS[sweep], ".", SOPS_AGE_KEY=f"AGE-SECRET-KEY-1{CANARY}")


@pytest.mark.parametrize("sweep", ["lint", "verify"])
def test_a_plain_file_among_good_ones(tree: Watch, sweep: str) -> None:
    tree.write("b.secret.yaml", PLAIN)
    tree.write("keys.txt", f"{IDENTITY}\n")
    tree.write(".env", f"A={CANARY}\n")
    tree.tells_nothing(*SWEEPS[sweep], ".")


@pytest.mark.parametrize("output", ["text", "json", "sarif"])
def test_lint_of_plain_files(tree: Watch, output: str) -> None:
    tree.write("b.secret.yaml", PLAIN)
    tree.write("keys.txt", f"{IDENTITY}\n")
    tree.write(".env", f"A={CANARY}\n")
    tree.write("kustomization.yaml", f"resources: [a.secret.yaml]\nx: {CANARY}\n")
    tree.tells_nothing("lint", "--output", output, ".")


@pytest.mark.parametrize("option", ["--add-age", "--rm-age"])
def test_an_identity_where_a_recipient_belongs(tree: Watch, option: str) -> None:
    tree.fails("rotate", "--in-place", option, IDENTITY, "a.secret.yaml")
    tree.write(".sops.yaml", RULES.format(IDENTITY))
    tree.fails("updatekeys", "--yes", ".")
