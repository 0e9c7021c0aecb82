"""Of many identities the right one opens, whatever the comments above them say."""

from __future__ import annotations

import pytest

from sopsmith import age
from sopsmith.errors import NoIdentity
from sopsmith.secret import Secret
from sopsmith.sops.keyring import Keyring
from sopsmith.sops.masterkeys import MasterKey, wrap_key
from sopsmith.sops.metadata import Metadata

DATA_KEY = Secret(bytes(range(32)))
MADE = [age.generate() for _ in range(3)]
NAMES = [recipient for _, recipient in MADE]


def file(told: list[str]) -> str:
    """Return a file of identities under comments."""
    lines = [
        (f"# public key: {name}", one.reveal().decode())
        for name, (one, _) in zip(told, MADE, strict=True)
    ]
    return "\n".join(line for pair in lines for line in pair) + "\n"


def metadata_for(*recipients: str) -> Metadata:
    metadata = Metadata({})
    keys = [MasterKey.of_age(recipient) for recipient in recipients]
    metadata.groups = [[wrap_key(key, DATA_KEY, {}, now="") for key in keys]]
    return metadata


@pytest.mark.parametrize("told", [NAMES, NAMES[::-1], ["", "", ""]], ids=["true", "false", "none"])
def test_every_identity_opens_what_is_for_it(told: list[str]) -> None:
    keyring = Keyring(age.parse_identities(file(told), "keys.txt"))
    for name in NAMES:
        assert keyring.unlock_data_key(metadata_for(name)) == DATA_KEY
        assert keyring.unlock_data_key(metadata_for(age.generate()[1], name)) == DATA_KEY


def test_a_comment_alone_opens_nothing_and_is_not_what_messages_say() -> None:
    stranger = age.generate()[1]
    keyring = Keyring(age.parse_identities(file([stranger] * 3), "keys.txt"))
    with pytest.raises(NoIdentity) as caught:
        keyring.unlock_data_key(metadata_for(stranger))
    _, _, tried = caught.value.message.partition("tried ")
    assert all(name in tried for name in NAMES)
    assert stranger not in tried


def test_an_identity_that_opens_is_the_only_one_that_is_worked_out() -> None:
    identities = age.parse_identities(file(NAMES), "keys.txt")
    keyring = Keyring(identities)
    assert keyring.unlock_data_key(metadata_for(age.generate()[1], NAMES[2])) == DATA_KEY
    ready = [one._key is not None and one._key._recipient != "" for one in identities]
    assert ready == [False, False, True]
