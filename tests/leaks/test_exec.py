"""exec-env, exec-file, filestatus and publish tell nothing of what they decrypt."""

from __future__ import annotations

import json

import pytest
from tests.contracts import s3_fake, vault_fake
from tests.leaks.watch import CANARY, DIGITS, Watch

FILES = {
    "flat.yaml": f"a: {CANARY}\n",
    "deep.yaml": f"a:\n  b: {CANARY}\n  c: [{CANARY}]\n",
    "nul.json": json.dumps({"a": f"{CANARY}\0"}),
    "equals.json": json.dumps({"a=b": CANARY, "": CANARY}),
    "numbers.yaml": f"a: {DIGITS[:15]}\nb: [{DIGITS[:15]}]\n",
}


@pytest.fixture
def held(watch: Watch) -> Watch:
    """Return a watch with encrypted files that cannot be handed over as asked."""
    watch.write(".sops.yaml", f"creation_rules: [{{age: {watch.recipient}}}]\n")
    for name, text in FILES.items():
        watch.write(
            name, watch.call("encrypt", "--filename-override", name, stdin=text.encode()).stdout
        )
    return watch


@pytest.mark.parametrize("name", ["deep.yaml", "nul.json", "equals.json", "numbers.yaml"])
def test_values_that_fit_no_environment(held: Watch, name: str) -> None:
    held.fails("exec-env", name, "true")


def test_a_program_or_user_that_is_not_there(held: Watch) -> None:
    for verb in ("exec-env", "exec-file"):
        held.fails(verb, "flat.yaml", "--", "no-such-program-here", "{}")
        held.fails(verb, "--user", "no-such-user", "flat.yaml", "true")
        held.fails(verb, "flat.yaml")
        held.fails(verb, "--background", "flat.yaml", "true")


@pytest.mark.parametrize("form", ["dotenv", "ini", "nonsense"])
def test_a_form_that_cannot_hold_the_file(held: Watch, form: str) -> None:
    held.fails("exec-file", "--output-type", form, "deep.yaml", "true")
    held.fails("exec-file", "--input-type", form, "deep.yaml", "true")


def test_a_plaintext_that_nobody_reads_is_gone(held: Watch) -> None:
    for how in ((), ("--no-fifo",)):
        held.tells_nothing("exec-file", *how, "flat.yaml", "exit 4")


def test_the_status_of_a_file_that_is_plain_or_broken(held: Watch) -> None:
    held.write("plain.yaml", FILES["flat.yaml"])
    held.write("broken.yaml", f"a: [{CANARY}\n")
    held.tells_nothing("filestatus", "plain.yaml")
    held.fails("filestatus", "broken.yaml")


@pytest.mark.parametrize("name", ["flat.yaml", "deep.yaml", "plain.yaml"])
def test_publishing_where_nobody_takes_it(held: Watch, name: str) -> None:
    held.write("plain.yaml", FILES["flat.yaml"])
    held.world.environ |= {**s3_fake.ENVIRON, "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    held.world.environ["VAULT_TOKEN"] = "t"
    rules = "destination_rules: [{{{}}}]\n"
    for rule in (
        "vault_path: a, vault_address: 'http://127.0.0.1:9'",
        "s3_bucket: b",
        "gcs_bucket: b",
        f"s3_bucket: b, recreation_rule: {{age: {held.recipient}, encrypted_regex: ^none$}}",
    ):
        held.write(".sops.yaml", rules.format(rule))
        held.fails("publish", "-y", name)


def test_vault_refuses_what_it_was_sent(held: Watch) -> None:
    with vault_fake.serving() as vault:
        rule = f"vault_path: a, vault_address: '{vault.address}'"
        held.write(".sops.yaml", f"destination_rules: [{{{rule}}}]\n")
        held.fails("publish", "-y", "flat.yaml", VAULT_TOKEN=CANARY)
