"""Key groups, rotation and updated keys are the same thing for the real sops."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from tests.interop.conftest import NOW, RealSops

from sopsmith import age
from sopsmith.sops.config import CreationRule
from sopsmith.sops.document import Document, encrypt
from sopsmith.sops.keyring import Keyring
from sopsmith.sops.masterkeys import MasterKey
from sopsmith.sops.rekey import rotate, update_keys
from sopsmith.sops.selectors import Selector

TEXT = b"kind: Secret\nstringData:\n    a: one\n    n: 5\n"
SECRETS = Selector("encrypted_regex", "^(data|stringData)$")
VALUES = {"kind": "Secret", "stringData": {"a": "one", "n": 5}}


class People:
    """Some age identities, and the environment that gives sops a few of them."""

    def __init__(self, count: int) -> None:
        made = [age.generate() for _ in range(count)]
        self.texts = [identity.reveal().decode() for identity, _ in made]
        self.recipients = [recipient for _, recipient in made]

    def keyring(self, *numbers: int) -> Keyring:
        text = "\n".join(self.texts[number] for number in numbers)
        return Keyring(age.parse_identities(text, "test"))

    def decrypt(self, sops: RealSops, data: bytes, *numbers: int) -> object:
        environ = {"SOPS_AGE_KEY": "\n".join(self.texts[number] for number in numbers)}
        types = ("--input-type", "yaml", "--output-type", "json")
        done = subprocess.run(
            [str(sops.binary), "decrypt", *types, "/dev/stdin"],
            input=data,
            env=sops.environ | environ,
            capture_output=True,
            check=False,
        )
        return json.loads(done.stdout) if done.returncode == 0 else done.returncode


def groups_of(people: People) -> tuple[tuple[MasterKey, ...], ...]:
    return tuple((MasterKey.of_age(recipient),) for recipient in people.recipients)


@pytest.mark.parametrize("threshold", [0, 2])
def test_sops_opens_a_file_of_several_key_groups(sops: RealSops, threshold: int) -> None:
    people = People(3)
    rule = CreationRule((), SECRETS, groups=groups_of(people), threshold=threshold)
    sealed = encrypt(TEXT, "yaml", rule, now=NOW, path="x")
    assert people.decrypt(sops, sealed, 0, 1, 2) == VALUES
    assert people.decrypt(sops, sealed, 0, 2) == (VALUES if threshold else 128)
    assert people.decrypt(sops, sealed, 1) == 128


def test_sopsmith_opens_a_file_of_several_key_groups_that_sops_wrote(
    sops: RealSops, tmp_path: Path
) -> None:
    people = People(3)
    entries = ", ".join(f"{{age: [{recipient}]}}" for recipient in people.recipients)
    rule = f"{{path_regex: '', shamir_threshold: 2, key_groups: [{entries}]}}"
    (tmp_path / ".sops.yaml").write_text(f"creation_rules: [{rule}]\n")
    (tmp_path / "x.yaml").write_bytes(TEXT)
    config = str(tmp_path / ".sops.yaml")
    sealed = sops.run("--config", config, "encrypt", str(tmp_path / "x.yaml"))
    opened = Document.parse(sealed, "yaml", path="x").unlock(people.keyring(1, 2))
    assert opened.objects() == [VALUES]


def test_sops_opens_what_sopsmith_rotated_and_updated(sops: RealSops) -> None:
    people = People(2)
    sealed = sops.encrypt(TEXT, "yaml", "--encrypted-regex", SECRETS.pattern)
    one = Document.parse(sealed, "yaml", path="x").unlock(sops.keyring)
    rotated = rotate(one, None, {}, now=NOW)
    assert json.loads(sops.decrypt(rotated, "yaml", "json")) == VALUES
    again = Document.parse(rotated, "yaml", path="x").unlock(sops.keyring)
    rule = CreationRule((sops.recipient, *people.recipients), SECRETS)
    updated = update_keys(again, rule, {}, now=NOW)
    assert people.decrypt(sops, updated, 1) == VALUES
    assert json.loads(sops.decrypt(updated, "yaml", "json")) == VALUES


def test_sopsmith_opens_what_sops_rotated(sops: RealSops, tmp_path: Path) -> None:
    rule = CreationRule((sops.recipient,), SECRETS)
    (tmp_path / "x.yaml").write_bytes(encrypt(TEXT, "yaml", rule, now=NOW, path="x"))
    rotated = sops.run("rotate", str(tmp_path / "x.yaml"))
    assert Document.parse(rotated, "yaml", path="x").unlock(sops.keyring).objects() == [VALUES]


@pytest.fixture
def ssh_key(tmp_path: Path) -> Path:
    path = tmp_path / "id_ed25519"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
    return path


def test_an_ssh_key_opens_for_both(sops: RealSops, ssh_key: Path) -> None:
    public = ssh_key.with_suffix(".pub").read_text().strip()
    sealed = encrypt(TEXT, "yaml", CreationRule((public,), SECRETS), now=NOW, path="x")
    identity = age.parse_identities(ssh_key.read_text(), str(ssh_key))
    assert Document.parse(sealed, "yaml", path="x").unlock(Keyring(identity)).objects() == [VALUES]
    environ = {"PATH": os.environ["PATH"], "SOPS_AGE_SSH_PRIVATE_KEY_FILE": str(ssh_key)}
    argv = [str(sops.binary), "decrypt", "--input-type", "yaml", "--output-type", "json"]
    done = subprocess.run(
        [*argv, "/dev/stdin"], input=sealed, env=environ, capture_output=True, check=True
    )
    assert json.loads(done.stdout) == VALUES
