"""What goes wrong around identities shows none of them, and no Secret's value."""

from __future__ import annotations

import json

import pytest
from tests.leaks.watch import CANARY, IDENTITY, Watch

from sopsmith import age

SECRETS = "bootstrap/argocd/overlays/main/dev/secrets"
EXPIRES = "sopsmith.dev/expires"
PLAIN = f"kind: Secret\nmetadata:\n    name: a\nstringData:\n    value: {CANARY}\n"


@pytest.fixture
def place(watch: Watch) -> Watch:
    """Return a repository whose dev is opened by the canary, and one more environment, qa."""
    recipient = age.parse_identities(IDENTITY, "canary")[0].recipient
    watch.call("init", "-e", "dev", "--recipient", f"dev={recipient}")
    path = watch.world.work / "sopsmith.yaml"
    path.write_text(path.read_text().replace("  # pr: {", "  qa: {prefix: QA_} # {", 1))
    done = watch.call(
        "encrypt", "--filename-override", f"{SECRETS}/a.secret.yaml", stdin=PLAIN.encode()
    )
    assert done.code == 0
    watch.write(f"{SECRETS}/a.secret.yaml", done.stdout)
    watch.world.keys_file.parent.mkdir(parents=True)
    watch.world.keys_file.touch(mode=0o600)
    watch.world.keys_file.write_text(f"{IDENTITY}\n")
    return watch


def test_generate(place: Watch) -> None:
    keys = place.world.keys_file
    place.fails("key", "generate", "-e", "dev")
    for text in (f"{IDENTITY}\n{CANARY}\n", f"# {IDENTITY}\n{IDENTITY[:-1]}\n", f"{IDENTITY} x\n"):
        keys.write_text(text)
        place.fails("key", "generate")
        place.fails("key", "generate", "--dry-run")
    keys.write_text(f"-----BEGIN AGE ENCRYPTED FILE-----\n{CANARY}\n")
    place.fails("key", "generate", "--print")


def test_list_and_check_and_status(place: Watch) -> None:
    keys = place.world.keys_file
    keys.chmod(0o644)
    for text in (f"{IDENTITY}\r\n{IDENTITY}\r\n", f"{CANARY}\n", f"{IDENTITY[:-1]}\n", CANARY):
        keys.write_bytes(text.encode())
        place.fails("key", "check")
        place.fails("key", "check", "-o", "json")
        place.tells_nothing("key", "list")
        place.tells_nothing("status")
    place.write("keys.txt", f"{IDENTITY}\n{CANARY}\n")
    place.fails("key", "check", SOPS_AGE_KEY_FILE=str(place.world.work / "keys.txt"))


def test_a_value_where_a_date_belongs(place: Watch) -> None:
    path = place.world.work / SECRETS / "a.secret.yaml"
    text = path.read_text()
    for value in (CANARY, IDENTITY, f"[{CANARY}]", f"2026-12-31 {CANARY}"):
        annotated = f"metadata:\n    annotations:\n        {EXPIRES}: {value}\n"
        path.write_text(text.replace("metadata:\n", annotated, 1))
        place.fails("status")
        place.fails("status", "-o", "json")
    settings = place.world.work / "sopsmith.yaml"
    before = settings.read_text()
    for field in (
        f"expires: {CANARY}",
        f"expires: {IDENTITY}",
        f"annotations: {{{EXPIRES}: {CANARY}}}",
    ):
        item = f"secrets:\n  - {{name: a, data: {{value: A}}, {field}}}\n"
        settings.write_text(before.replace("secrets:\n", item, 1))
        place.fails("status")


@pytest.mark.parametrize(
    "path",
    ["backups.json", "rotations/dev.json", "revocations/x.json", "break-glass.json"],
)
def test_state_that_holds_a_value(place: Watch, path: str) -> None:
    for text in (
        CANARY,
        json.dumps({"version": 1, "date": CANARY, "uses": CANARY}),
        f'["{IDENTITY}"]',
    ):
        place.write(f".sopsmith/{path}", text)
        if path == "break-glass.json":
            where = f"{SECRETS}/a.secret.yaml"
            place.fails("key", "open", where, "--reason", "x", stdin=IDENTITY.encode())
        else:
            place.fails("status")


def test_an_identity_from_stdin_that_cannot_be_used(place: Watch) -> None:
    path = f"{SECRETS}/a.secret.yaml"
    other = age.generate()[0].reveal().decode()
    for text in ("", CANARY, IDENTITY[:-1], f"{IDENTITY}\n{CANARY}", f"x {IDENTITY}", other):
        place.fails("key", "open", path, "--reason", "x", stdin=text.encode())
        place.fails("key", "inject", "--reason", "x", stdin=text.encode())
    place.fails("key", "open", path, "--reason", IDENTITY, stdin=IDENTITY.encode())
    place.fails("key", "open", path, "--reason", f"{CANARY}\n", stdin=b"A" * 70_000)
    place.write(".sopsmith", "in the way")
    place.fails("key", "open", path, "--reason", "x", stdin=IDENTITY.encode())
    place.fails("key", "inject", "--reason", "x", "--context", "none", stdin=IDENTITY.encode())
