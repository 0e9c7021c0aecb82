"""Generating from a broken `.env`, or over a broken repository, tells no value."""

from __future__ import annotations

from pathlib import Path

import pyrage
import pytest
from tests.leaks import bad_inputs
from tests.leaks.watch import CANARY, IDENTITY, Watch

SECRETS = "bootstrap/argocd/overlays/main/{}/secrets"
GOOD = f"TOKEN={CANARY}\nDEV_TOKEN_OF_DEV={CANARY}x\n"


@pytest.fixture
def repository(watch: Watch) -> Watch:
    """Return a watch whose folder is a repository, opened by the identity in SOPS_AGE_KEY."""
    names = ("dev", "staging", "prod")
    recipients = [word for name in names for word in ("--recipient", f"{name}={watch.recipient}")]
    assert watch.call("init", ".", *recipients).code == 0
    return watch


@pytest.fixture
def filled(repository: Watch) -> Watch:
    """Return a repository that holds the canary, encrypted."""
    repository.write(".env", GOOD)
    assert repository.call("generate").code == 0
    return repository


def secret_file(watch: Watch) -> Path:
    """Return the encrypted file of the canary."""
    return watch.world.work / SECRETS.format("core") / "token.secret.yaml"


@pytest.mark.parametrize("kind", bad_inputs.ENV)
def test_generate_from_a_bad_env(repository: Watch, kind: str) -> None:
    repository.write(".env", bad_inputs.ENV[kind])
    repository.fails("generate")
    repository.fails("generate", "--env-file", "-", stdin=bad_inputs.ENV[kind].encode())


@pytest.mark.parametrize("data", [b"\xff", b"\xc3", "\ud800".encode("utf-8", "surrogatepass")])
def test_generate_from_bytes_that_are_no_text(repository: Watch, data: bytes) -> None:
    canary = CANARY.encode()
    repository.write(".env", b"A=" + canary + data + canary + b"\n")
    repository.fails("generate")


@pytest.mark.parametrize("written", ["{}", "'{}'", '"{}\\n"', "x{}y", "'a\n{}'"])
def test_generate_refuses_an_identity_and_does_not_show_it(repository: Watch, written: str) -> None:
    repository.write(".env", f"A={written.format(IDENTITY)}\n")
    repository.fails("generate")
    repository.write(".env", f"A={written.format(IDENTITY.lower())}\n")
    repository.fails("generate")


@pytest.mark.parametrize("options", [(), ("--dry-run",), ("--output", "json"), ("--prune",)])
def test_a_plan_shows_no_value(repository: Watch, options: tuple[str, ...]) -> None:
    repository.write(".env", f"{GOOD}PROD_TOKEN_OF_DEV={CANARY}x\nAPP_X={CANARY}\n")
    assert repository.tells_nothing("generate", *options).code == 0
    repository.write(".env", GOOD.replace(CANARY, f"{CANARY}-{CANARY}"))
    assert repository.tells_nothing("generate", *options).code == 0


@pytest.mark.parametrize(
    "mapping",
    [
        "{name: one, kind: dockerconfigjson, data: {server: TOKEN, username: NO, password: TOKEN}}",
        "{name: one, kind: tls, data: {certificate: TOKEN, key: TOKEN}}",
        "{name: one, data: {a: TOKEN, b: NO}}",
        "{name: token-of-dev, data: {a: TOKEN}, scopes: [core]}",
        "{name: one, data: {'bad key': TOKEN}}",
        "{name: 'Bad_Name', data: {a: TOKEN}}",
    ],
)
def test_a_mapping_that_does_not_hold(repository: Watch, mapping: str) -> None:
    path = repository.world.work / "sopsmith.yaml"
    path.write_text(path.read_text() + f"  - {mapping}\n")
    repository.write(".env", GOOD)
    repository.tells_nothing("generate")


def test_a_plain_file_where_generate_writes(filled: Watch) -> None:
    secret_file(filled).write_text(f"kind: Secret\nstringData:\n  value: {CANARY}\n")
    filled.fails("generate")
    filled.tells_nothing("env", "-e", "core")


@pytest.mark.parametrize("old, new", [("data:", "data:AAAA"), ("value: ENC", f"value: {CANARY} #")])
def test_a_broken_file_where_generate_writes(filled: Watch, old: str, new: str) -> None:
    text = secret_file(filled).read_text()
    secret_file(filled).write_text(text.replace(old, new))
    filled.fails("generate")
    filled.fails("env")


@pytest.mark.parametrize("kind", bad_inputs.YAML)
def test_a_file_of_bad_yaml_where_generate_writes(filled: Watch, kind: str) -> None:
    secret_file(filled).write_text(bad_inputs.YAML[kind])
    filled.fails("generate")
    filled.tells_nothing("env", "-e", "core")


def test_without_the_identity(filled: Watch) -> None:
    other = str(pyrage.x25519.Identity.generate())
    filled.tells_nothing("generate", SOPS_AGE_KEY=other)
    filled.tells_nothing("generate", "--prune", SOPS_AGE_KEY=other)
    filled.fails("env", SOPS_AGE_KEY=other)


def test_a_rule_that_would_leave_values_in_clear(repository: Watch) -> None:
    rules = repository.world.work / ".sops.yaml"
    rules.write_text(rules.read_text().replace("^(data|stringData)$", "^other$"))
    repository.write(".env", GOOD)
    repository.fails("generate")


def test_a_folder_that_cannot_be_written(repository: Watch) -> None:
    folder = repository.world.work / SECRETS.format("dev")
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    folder.write_text("in the way")
    repository.write(".env", GOOD)
    repository.fails("generate")


def test_init_does_not_show_an_identity_given_as_a_recipient(watch: Watch) -> None:
    watch.fails("init", ".", "--recipient", f"dev={IDENTITY}")
    watch.fails("init", ".", "--recipient", IDENTITY)


def test_init_shows_and_writes_identities_into_keys_txt_alone(watch: Watch) -> None:
    said = watch.call("init", ".")
    assert said.code == 0
    held = watch.world.keys_file.read_text()
    made = [line for line in held.splitlines() if line.startswith("AGE-SECRET-KEY-")]
    assert len(made) == 3
    files = [path for path in watch.world.work.rglob("*") if path.is_file()]
    shown = said.stdout + said.stderr + b"".join(path.read_bytes() for path in files)
    assert not any(line.encode()[20:] in shown for line in made)


def test_an_identity_as_a_recipient_of_settings(repository: Watch) -> None:
    path = repository.world.work / "sopsmith.yaml"
    path.write_text(path.read_text().replace(repository.recipient, IDENTITY))
    repository.write(".env", GOOD)
    repository.fails("generate")
    repository.fails("init", ".")


def test_env_writes_values_to_stdout_and_never_to_stderr(filled: Watch) -> None:
    done = filled.call("env")
    assert done.code == 0
    assert CANARY.encode() in done.stdout
    assert CANARY.encode() not in done.stderr


@pytest.mark.parametrize("program", [("false",), ("no-such-program-here",), ("/",)])
def test_env_for_a_program_that_fails(filled: Watch, program: tuple[str, ...]) -> None:
    outcome = filled.process_tells_nothing("sopsmith.cli.main", "env", "--", *program)
    assert outcome.code != 0
