"""Identities and recipients that cannot be used are never shown."""

from __future__ import annotations

import os

import pyrage
import pytest
from tests.leaks.test_documents import PLAIN, encrypted
from tests.leaks.watch import CANARY, IDENTITY, Watch
from tests.locked import lock

BROKEN = {
    "junk": CANARY,
    "junk behind the prefix": f"AGE-SECRET-KEY-1{CANARY.upper()}",
    "one sign short": IDENTITY[:-1],
    "one sign more": IDENTITY + "Q",
    "another last sign": IDENTITY[:-1] + ("Q" if IDENTITY[-1] != "Q" else "P"),
    "mixed case": IDENTITY[:-8] + IDENTITY[-8:].lower(),
    "text behind it": f"{IDENTITY} # {CANARY}",
    "blank before it": f"  {IDENTITY}",
    "a label on its line": f"identity: {IDENTITY}",
    "post-quantum": f"AGE-SECRET-KEY-PQ-1{IDENTITY[16:]}",
    "plugin": f"AGE-PLUGIN-YUBIKEY-1{IDENTITY[16:]}",
    "SSH without its end": f"-----BEGIN OPENSSH PRIVATE KEY-----\n{CANARY}\n",
    "SSH of junk": "-----BEGIN OPENSSH PRIVATE KEY-----\n"
    f"{CANARY}\n-----END OPENSSH PRIVATE KEY-----\n",
    "age file of junk": f"-----BEGIN AGE ENCRYPTED FILE-----\n{CANARY}\n"
    "-----END AGE ENCRYPTED FILE-----\n",
    "another identity": IDENTITY,
}


@pytest.fixture
def closed(watch: Watch) -> Watch:
    """Return a watch with an encrypted file and no identity that opens it."""
    watch.write("good.yaml", encrypted(watch))
    del watch.world.environ["SOPS_AGE_KEY"]
    return watch


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_identity_in_the_environment(closed: Watch, kind: str) -> None:
    closed.fails("decrypt", "good.yaml", SOPS_AGE_KEY=BROKEN[kind])


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_identity_in_keys_txt(closed: Watch, kind: str) -> None:
    closed.world.keys_file.parent.mkdir(parents=True)
    closed.world.keys_file.write_text(f"# dev\n{BROKEN[kind]}\n")
    closed.fails("decrypt", "good.yaml")


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_identity_from_a_file_or_a_command(closed: Watch, kind: str) -> None:
    path = str(closed.write("identity", BROKEN[kind]))
    closed.fails("decrypt", "good.yaml", SOPS_AGE_KEY_FILE=path)
    closed.fails("decrypt", "good.yaml", SOPS_AGE_KEY_CMD=f"cat {path}")
    closed.fails("decrypt", "good.yaml", SOPS_AGE_SSH_PRIVATE_KEY_FILE=path)


def test_a_command_that_fails_with_the_identity_in_its_words(closed: Watch) -> None:
    script = closed.write("fails.sh", f"#!/bin/sh\necho {IDENTITY} >&2\necho {IDENTITY}\nexit 3\n")
    script.chmod(0o755)
    closed.fails("decrypt", "good.yaml", SOPS_AGE_KEY_CMD=str(script))
    closed.fails("decrypt", "good.yaml", SOPS_AGE_KEY_CMD=f"'{CANARY}")


def test_a_keys_file_that_is_no_text(closed: Watch) -> None:
    path = closed.write("identity", b"\xff\xfe" + IDENTITY.encode("utf-16"))
    closed.fails("decrypt", "good.yaml", SOPS_AGE_KEY_FILE=str(path))
    path.write_bytes(b"\x80" + CANARY.encode())
    closed.fails("decrypt", "good.yaml", SOPS_AGE_KEY_FILE=str(path))


def test_an_identity_where_a_recipient_belongs(watch: Watch) -> None:
    watch.write("plain.yaml", PLAIN)
    watch.fails("encrypt", "--age", IDENTITY, "plain.yaml")
    watch.fails("encrypt", "--age", f"{watch.recipient},{IDENTITY}", "plain.yaml")
    watch.fails("encrypt", "plain.yaml", SOPS_AGE_RECIPIENTS=IDENTITY)


@pytest.mark.parametrize(
    "rule", ["age: {}", "age: [{}]", "key_groups: [{{age: [{}]}}]", "age: {}\n    pgp: {}"]
)
def test_an_identity_in_the_rules(watch: Watch, rule: str) -> None:
    rules = f"creation_rules:\n  - encrypted_regex: ^stringData$\n    {rule}\n"
    watch.write(".sops.yaml", rules.format(IDENTITY, IDENTITY))
    watch.write("plain.yaml", PLAIN)
    watch.fails("encrypt", "plain.yaml")


def test_a_file_for_somebody_else(watch: Watch) -> None:
    other = str(pyrage.x25519.Identity.generate().to_public())
    watch.write("plain.yaml", PLAIN)
    text = watch.call("encrypt", "--age", other, "plain.yaml").stdout
    watch.write("theirs.yaml", text)
    said = watch.fails("decrypt", "theirs.yaml").stderr
    assert other.encode() in said


def test_an_identity_in_the_metadata(watch: Watch) -> None:
    text = encrypted(watch).replace(watch.recipient, IDENTITY)
    watch.write("bad.yaml", text)
    watch.fails("decrypt", "bad.yaml", SOPS_AGE_KEY=IDENTITY)


def test_a_passphrase_that_does_not_fit_and_what_is_behind_one_that_does(closed: Watch) -> None:
    for text in (IDENTITY, f"{IDENTITY} {CANARY}", CANARY):
        for word in (CANARY, "right"):
            data = lock(text.encode(), "right", armored=word == "right")
            path = str(closed.write("identity", data))
            take, give = os.pipe()
            os.write(give, word.encode())
            os.close(give)
            closed.fails(
                "decrypt", "good.yaml",
                SOPS_AGE_KEY_FILE=path, SOPSMITH_AGE_PASSPHRASE_FD=str(take),
            )  # fmt: skip
            os.close(take)


def test_an_ssh_key_with_a_passphrase(closed: Watch) -> None:
    path = closed.world.work / "key"
    closed.world.run("ssh-keygen", "-q", "-t", "ed25519", "-N", CANARY, "-f", str(path))
    recipient = (closed.world.work / "key.pub").read_text().rpartition(" ")[0]
    text = closed.call(
        "encrypt", "--age", recipient, "--filename-override", "x.yaml", stdin=b"a: 1"
    )
    closed.write("ssh.yaml", text.stdout)
    said = closed.fails("decrypt", "ssh.yaml", SOPS_AGE_SSH_PRIVATE_KEY_FILE=str(path)).stderr
    assert b"ssh-keygen -p" in said or b"has a passphrase" in said
