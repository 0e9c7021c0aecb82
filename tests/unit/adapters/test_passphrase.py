"""A file of identities behind a passphrase is opened last, and asked for once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pyrage import x25519
from tests.locked import lock
from tests.unit.sops.world import NOW

from sopsmith import age
from sopsmith.adapters.environment import Settings
from sopsmith.adapters.files import LocalFiles
from sopsmith.adapters.keys import load_keyring
from sopsmith.adapters.passphrase import LockedFile, passphrase_source
from sopsmith.adapters.programs import LocalPrograms
from sopsmith.adapters.workers import LocalWorkers
from sopsmith.errors import Error, MasterKeyError, NoIdentity, OutsideError
from sopsmith.secret import Secret
from sopsmith.sops.config import CreationRule
from sopsmith.sops.document import Document, encrypt
from sopsmith.sops.keyring import Keyring

WORD = "correct horse"
IDENTITY = x25519.Identity.generate()
RECIPIENT = str(IDENTITY.to_public())
TEXT = f"# mine\n{IDENTITY}\n".encode()


class Asked:
    """Answer with a passphrase, and count."""

    def __init__(self, answer: str = WORD) -> None:
        self.answer = Secret(answer.encode())
        self.count = 0

    def __call__(self, path: str) -> Secret:
        self.count += 1
        return self.answer


def locked(*, armored: bool = False) -> bytes:
    return lock(TEXT, WORD, armored=armored)


def sealed(recipient: str = RECIPIENT) -> Document:
    data = encrypt(b"a: 1\n", "yaml", CreationRule((recipient,)), now=NOW, path="x")
    return Document.parse(data, "yaml", path="x")


def keyring_at(folder: Path, **variables: str) -> Keyring:
    settings = Settings(str(folder), str(folder), variables)
    return load_keyring(settings, LocalFiles(), LocalPrograms())


def pipe_with(text: str) -> str:
    take, give = os.pipe()
    os.write(give, text.encode())
    os.close(give)
    return str(take)


@pytest.mark.parametrize("armored", [False, True])
def test_the_identities_open_with_the_passphrase(armored: bool) -> None:
    ask = Asked()
    (found,) = LockedFile("keys.txt", locked(armored=armored), ask).open()
    assert found.recipient == RECIPIENT


def test_the_passphrase_is_asked_for_once_however_often_it_is_needed() -> None:
    ask = Asked()
    file = LockedFile("keys.txt", locked(), ask)
    assert file.open() == file.open()
    assert ask.count == 1


def test_a_wrong_passphrase_is_an_error_once_and_asked_for_no_second_time() -> None:
    ask = Asked("wrong")
    file = LockedFile("keys.txt", locked(), ask)
    with pytest.raises(MasterKeyError, match="the passphrase is wrong"):
        file.open()
    assert file.open() == []
    assert ask.count == 1


def test_workers_that_need_it_ask_once_between_them(tmp_path: Path) -> None:
    asked = tmp_path / "asked"

    def ask(path: str) -> Secret:
        with asked.open("a") as stream:
            stream.write("x")
        return Secret(WORD.encode())

    file = LockedFile("keys.txt", locked(), ask)
    answers = LocalWorkers(2, worth_it=1).map(
        lambda _: tuple(one.recipient for one in file.open()), map(str, range(200))
    )
    assert set(answers) == {(RECIPIENT,)}
    assert asked.read_text() == "x"


def test_a_file_that_is_encrypted_to_recipients_is_named_as_that() -> None:
    from pyrage import encrypt as to_recipients

    data = bytes(to_recipients(TEXT, [IDENTITY.to_public()]))
    with pytest.raises(MasterKeyError, match="encrypted to recipients"):
        LockedFile("keys.txt", data, Asked()).open()


def test_nobody_is_asked_while_another_identity_opens_the_file(tmp_path: Path) -> None:
    path = tmp_path / "locked.txt"
    path.write_bytes(locked())
    take = pipe_with(WORD)
    keyring = keyring_at(
        tmp_path,
        SOPS_AGE_KEY_FILE=str(path),
        SOPS_AGE_KEY=str(IDENTITY),
        SOPSMITH_AGE_PASSPHRASE_FD=take,
    )
    assert sealed().unlock(keyring).objects() == [{"a": 1}]
    assert os.read(int(take), 100) == WORD.encode()


def test_the_passphrase_comes_from_a_descriptor_for_programs(tmp_path: Path) -> None:
    path = tmp_path / "locked.txt"
    path.write_bytes(locked(armored=True))
    keyring = keyring_at(
        tmp_path, SOPS_AGE_KEY_FILE=str(path), SOPSMITH_AGE_PASSPHRASE_FD=pipe_with(WORD + "\nrest")
    )
    assert sealed().unlock(keyring).objects() == [{"a": 1}]


def test_the_default_keys_file_may_be_locked_too(tmp_path: Path) -> None:
    path = tmp_path / "sops/age/keys.txt"
    path.parent.mkdir(parents=True)
    path.write_bytes(locked())
    keyring = keyring_at(tmp_path, SOPSMITH_AGE_PASSPHRASE_FD=pipe_with(WORD))
    assert sealed().unlock(keyring).objects() == [{"a": 1}]


def test_a_passphrase_that_does_not_fit_is_said_with_the_missing_identity(tmp_path: Path) -> None:
    path = tmp_path / "locked.txt"
    path.write_bytes(locked())
    keyring = keyring_at(
        tmp_path, SOPS_AGE_KEY_FILE=str(path), SOPSMITH_AGE_PASSPHRASE_FD=pipe_with("wrong")
    )
    with pytest.raises(NoIdentity) as caught:
        sealed().unlock(keyring)
    assert "the passphrase is wrong" in (caught.value.hint or "")


@pytest.mark.parametrize("number", ["77777", "none"])
def test_a_descriptor_that_is_not_open_is_said(number: str) -> None:
    with pytest.raises(OutsideError, match="not the number of an open file"):
        passphrase_source(number)("keys.txt")


def test_an_empty_passphrase_is_refused() -> None:
    with pytest.raises(MasterKeyError, match="empty"):
        passphrase_source(pipe_with(""))("keys.txt")


def test_a_descriptor_is_not_handed_on_to_other_programs(tmp_path: Path) -> None:
    take = int(pipe_with(WORD))
    os.set_inheritable(take, True)
    keyring_at(tmp_path, SOPSMITH_AGE_PASSPHRASE_FD=str(take))
    assert not os.get_inheritable(take)


@pytest.mark.parametrize(
    ("recipient", "kind"),
    [
        ("age1pq1qqqq", "not an age recipient"),
        ("age1yubikey1qwerty", "age plugin yubikey"),
        ("age1se1qwerty", "age plugin se"),
    ],
)
def test_a_recipient_of_a_kind_that_cannot_be_used_is_named(recipient: str, kind: str) -> None:
    with pytest.raises(MasterKeyError, match=kind):
        age.check_recipient(recipient)


def test_a_tagged_recipient_of_a_hardware_key_can_be_encrypted_to() -> None:
    tagged = "age1tag1qft4vw2c000xze4sptwspz9rkv2p9rj8vmxlp9dauxerzth7qc02yavpf4m"
    assert age.wrap(tagged, Secret(bytes(32))).startswith("-----BEGIN AGE ENCRYPTED FILE-----")


@pytest.mark.parametrize("form", [(), ("-m", "PEM")])
def test_an_ssh_key_with_a_passphrase_is_refused_with_the_way_out(
    tmp_path: Path, form: tuple[str, ...]
) -> None:
    path = tmp_path / "key"
    kind = ("-t", "rsa") if form else ("-t", "ed25519")
    made = LocalPrograms().run(["ssh-keygen", "-q", *kind, "-N", WORD, *form, "-f", str(path)])
    assert made.code == 0
    with pytest.raises(Error, match="has a passphrase") as caught:
        age.parse_identities(path.read_text(), "key")
    assert "ssh-keygen -p" in (caught.value.hint or "")
