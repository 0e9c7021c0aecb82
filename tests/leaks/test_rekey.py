"""Changing keys tells nothing of what files hold, whatever is wrong with them."""

from __future__ import annotations

import re

import pytest
from tests.leaks import bad_inputs
from tests.leaks.watch import CANARY, IDENTITY, Watch

from sopsmith import age

RULES = "creation_rules:\n  - encrypted_regex: ^stringData$\n    age: {}\n"
PLAIN = f"kind: Secret\nstringData:\n    first: {CANARY}\n    # {CANARY}\n    second: b\n"
VERBS = [
    ("updatekeys", "-y"),
    ("rotate", "-i"),
    ("groups", "delete", "-i", "0", "-f"),
]


@pytest.fixture
def sealed(watch: Watch) -> str:
    """Return an encrypted file; the rules now want one recipient more."""
    watch.write(".sops.yaml", RULES.format(watch.recipient))
    watch.write("made.yaml", PLAIN)
    text = watch.call("encrypt", "made.yaml").stdout.decode()
    (watch.world.work / "made.yaml").unlink()
    watch.write(".sops.yaml", RULES.format(f"{watch.recipient},{age.generate()[1]}"))
    return text


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
@pytest.mark.parametrize("kind", bad_inputs.YAML)
def test_bad_yaml_before_metadata(
    watch: Watch, sealed: str, verb: tuple[str, ...], kind: str
) -> None:
    metadata = sealed.partition("\nsops:")[2]
    watch.write("bad.yaml", f"{bad_inputs.YAML[kind]}sops:{metadata}")
    watch.tells_nothing(*verb, "bad.yaml")


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_a_value_in_clear_in_an_encrypted_file(
    watch: Watch, sealed: str, verb: tuple[str, ...]
) -> None:
    watch.write("bad.yaml", re.sub(r"first: ENC\S+", f"first: {CANARY}", sealed))
    watch.fails(*verb, "bad.yaml")


def test_a_value_in_clear_where_the_mac_is_ignored(watch: Watch, sealed: str) -> None:
    watch.write("bad.yaml", re.sub(r"first: ENC\S+", f"first: {CANARY}", sealed))
    watch.fails("rotate", "-i", "--ignore-mac", "bad.yaml")


@pytest.mark.parametrize("verb", VERBS[:2], ids=" ".join)
def test_a_value_that_was_moved(watch: Watch, sealed: str, verb: tuple[str, ...]) -> None:
    watch.write("bad.yaml", sealed.replace("first:", "third:"))
    watch.fails(*verb, "bad.yaml")
    watch.fails(*verb, ".")


def test_a_plan_and_a_run_that_work(watch: Watch, sealed: str) -> None:
    watch.write("made.yaml", sealed)
    watch.write(
        ".sops.yaml", RULES.format(watch.recipient).replace("stringData", "kind|stringData")
    )
    for argv in (("updatekeys", "--dry-run"), ("updatekeys", "-y"), ("rotate", "--report", "json")):
        assert watch.tells_nothing(*argv, ".").code == 0


def test_an_identity_where_a_recipient_belongs(watch: Watch, sealed: str) -> None:
    watch.write("made.yaml", sealed)
    watch.fails("rotate", "-i", "--add-age", IDENTITY, "made.yaml")
