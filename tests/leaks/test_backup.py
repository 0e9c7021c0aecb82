"""Backups that fail, and identities and shares in the wrong place, are told without a secret."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.leaks.watch import CANARY, IDENTITY, Watch

from sopsmith import age
from sopsmith.repo.shares import split_identity
from sopsmith.secret import Secret

_SETTINGS = (
    "version: 1\nenvironments: {{dev: {{recipients: [{0}]}}}}\nrecovery: {{recipients: [{1}]}}\n"
)


def size(text: str) -> str:
    """Name a case by its size, since canaries are other ones in every process."""
    return f"{len(text)} signs"


RECOVERY, RECOVERY_RECIPIENT = age.generate()
(_PARSED,) = age.parse_identities(IDENTITY, "canary")
SHARES = [
    one.reveal().decode()
    for one in split_identity(
        Secret(IDENTITY.encode()), _PARSED.recipient, 2, 3, lambda n: b"\1" * n
    )
]


class Stage:
    """A repository with one backup of the canary identity."""

    def __init__(self, watch: Watch) -> None:
        self.watch = watch
        watch.write("sopsmith.yaml", _SETTINGS.format(_PARSED.recipient, RECOVERY_RECIPIENT))
        watch.world.environ.pop("SOPS_AGE_KEY")
        watch.world.keys_file.parent.mkdir(parents=True)
        watch.world.keys_file.write_text(f"{IDENTITY}\n")
        assert watch.call("key", "backup", "--accept-recovery", RECOVERY_RECIPIENT).code == 0
        self.store = watch.world.home / ".local/share/sopsmith/backups/backup-000001.json"

    def refused(self, *argv: str, stdin: bytes = b"") -> None:
        """Make sure that a command fails and tells nothing of the canaries."""
        done = self.watch.call(*argv, stdin=stdin)
        assert done.code in (1, 2, 3)
        body = IDENTITY.removeprefix("AGE-SECRET-KEY-1")
        words = [CANARY, body[:8], body[20:28], *(share.split()[5][:24] for share in SHARES)]
        said = (done.stdout + done.stderr).decode()
        assert not any(word in said for word in words)
        assert "unexpected" not in said

    def store_payload(self, payload: bytes) -> None:
        """Put another payload into the backup, sound in itself."""
        import hashlib

        found: dict[str, Any] = json.loads(self.store.read_bytes())
        found["payload"] = age.wrap(RECOVERY_RECIPIENT, Secret(payload))
        found["sha256"] = hashlib.sha256(found["payload"].encode()).hexdigest()
        self.store.write_text(json.dumps(found))
        (self.watch.world.work / ".sopsmith/backups.json").unlink()


@pytest.fixture
def stage(watch: Watch) -> Stage:
    """Return a repository with one backup."""
    return Stage(watch)


@pytest.mark.parametrize(
    "stdin",
    [IDENTITY, f"{IDENTITY}x", f"x{IDENTITY}", SHARES[0], "\n".join(SHARES[:1] * 2), SHARES[1][:-9],
     "\n".join(SHARES[:2]), f"{SHARES[0]} {CANARY}\n{SHARES[1]}x", CANARY],
    ids=size,
)  # fmt: skip
def test_a_wrong_identity_or_share_on_standard_input(stage: Stage, stdin: str) -> None:
    stage.refused("key", "restore", stdin=stdin.encode())


@pytest.mark.parametrize("text", [IDENTITY, *SHARES[:1], CANARY], ids=size)
def test_secrets_in_the_wrong_file(stage: Stage, text: str) -> None:
    stage.watch.write("f", f"{text}\n")
    stage.refused("key", "restore", "--identity-file", "f")
    stage.refused("key", "restore", "--share", "f")


@pytest.mark.parametrize(
    "payload",
    [CANARY, f"{IDENTITY} {CANARY}", f"-----BEGIN {CANARY}", f"{IDENTITY}\n{CANARY}", "", "#"],
    ids=size,
)
def test_a_payload_of_something_else(stage: Stage, payload: str) -> None:
    stage.store_payload(payload.encode())
    stage.refused("key", "restore", stdin=RECOVERY.reveal())


@pytest.mark.parametrize(
    "text", [f"{IDENTITY}x\n", f"{CANARY}\n", f"-----BEGIN {CANARY}\n"], ids=size
)
def test_a_damaged_file_of_identities(stage: Stage, text: str) -> None:
    stage.watch.world.keys_file.write_text(text)
    stage.refused("key", "backup", "--force")
    stage.refused("key", "drill", "--allow-disk")
    stage.refused("key", "restore", stdin=RECOVERY.reveal())


def test_an_identity_where_a_recipient_or_a_name_belongs(stage: Stage) -> None:
    words = ["key", "recovery", "generate", "--print"]
    stage.refused(*words, "--name", IDENTITY)
    stage.refused(*words, "--shares", "2-of-2", "--to", IDENTITY, "--to", CANARY)
    stage.refused(*words, "--shares", IDENTITY)
    stage.refused("key", "restore", IDENTITY)
