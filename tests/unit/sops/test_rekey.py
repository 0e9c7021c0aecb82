"""Master keys, data keys and selectors change, and nothing else does."""

from __future__ import annotations

import pytest
from hypothesis import given
from tests.documents import MODELS, Model, same, to_yaml
from tests.unit.sops.world import ALL, KEYRING, LATER, NOW, RECIPIENT, SECRETS, lock, unlock

from sopsmith import age
from sopsmith.errors import NoIdentity, RuleError
from sopsmith.sops.config import CreationRule
from sopsmith.sops.document import Document, encrypt
from sopsmith.sops.keyring import Keyring
from sopsmith.sops.masterkeys import MasterKey
from sopsmith.sops.rekey import plan_rekey, rotate, update_keys
from sopsmith.sops.selectors import Selector

TEXT = """\
# top
kind: Secret
stringData:
    # note
    a: one   # inline
    l:
        - x
        # mid
        - x
"""


def person() -> tuple[str, Keyring]:
    identity, recipient = age.generate()
    return recipient, Keyring(age.parse_identities(identity.reveal().decode(), "person"))


def opened(data: bytes, keyring: Keyring) -> object:
    return Document.parse(data, "yaml", path="x").unlock(keyring).objects()


def body(text: str) -> str:
    return text.split("\nsops:\n", maxsplit=1)[0]


def test_a_document_that_is_as_the_rule_wants_it_keeps_its_bytes() -> None:
    sealed = lock(TEXT, SECRETS)
    assert update_keys(unlock(sealed), CreationRule((RECIPIENT,), SECRETS), {}, now=LATER) == (
        sealed.encode()
    )


def test_an_added_recipient_opens_the_file_and_the_others_keep_their_stanzas() -> None:
    recipient, keyring = person()
    sealed = lock(TEXT, SECRETS)
    rule = CreationRule((RECIPIENT, recipient), SECRETS)
    found = update_keys(unlock(sealed), rule, {}, now=LATER).decode()
    assert opened(found.encode(), keyring) == opened(sealed.encode(), KEYRING)
    added = [line for line in found.splitlines() if line not in sealed.splitlines()]
    assert f"          recipient: {recipient}" in added
    assert all(line in found.splitlines() for line in sealed.splitlines())


def test_a_removed_recipient_does_not_open_what_is_rotated() -> None:
    recipient, keyring = person()
    both = CreationRule((RECIPIENT, recipient), SECRETS)
    sealed = encrypt(TEXT.encode(), "yaml", both, now=NOW, path="x").decode()
    one = unlock(sealed)
    plan = plan_rekey(one.metadata, CreationRule((RECIPIENT,), SECRETS))
    assert [key.name for key in plan.removed] == [recipient]
    rotated = rotate(one, CreationRule((RECIPIENT,), SECRETS), {}, now=LATER)
    with pytest.raises(NoIdentity):
        opened(rotated, keyring)
    assert opened(rotated, KEYRING) == opened(sealed.encode(), KEYRING)


@given(model=MODELS)
def test_a_rotated_document_has_the_same_values_and_plaintext(model: Model) -> None:
    sealed = lock(to_yaml(model), Selector("unencrypted_suffix", "_never"))
    rotated = rotate(unlock(sealed), None, {}, now=LATER).decode()
    [found] = unlock(rotated).objects()
    assert same(found, model)
    assert unlock(rotated).plaintext() == unlock(sealed).plaintext()


def test_rotation_changes_every_token_and_no_other_line() -> None:
    sealed = lock(TEXT, SECRETS)
    rotated = rotate(unlock(sealed), None, {}, now=LATER).decode()
    for old, new in zip(body(sealed).splitlines(), body(rotated).splitlines(), strict=True):
        assert (old == new) is ("ENC[" not in old)
    assert rotated.count("ENC[") == sealed.count("ENC[")


def test_unknown_metadata_and_the_version_survive_a_rotation() -> None:
    sealed = lock("a: x\n").replace("version: 3.13.3", "note: [1, {a: b}]\n    version: 3.7.0")
    rotated = rotate(unlock(sealed), None, {}, now=LATER).decode()
    assert unlock(rotated).metadata.version == "3.7.0"
    assert "note:\n        - 1\n        - a: b\n" in rotated


def test_another_selector_encrypts_what_was_in_clear() -> None:
    sealed = lock("kind: k\ndata: d\n", SECRETS)
    found = update_keys(unlock(sealed), CreationRule((RECIPIENT,), ALL), {}, now=LATER).decode()
    assert "kind: ENC[" in found
    assert "encrypted_regex" not in found
    assert "unencrypted_suffix: _unencrypted" in found
    assert opened(found.encode(), KEYRING) == [{"kind": "k", "data": "d"}]
    assert next(iter(found.splitlines()[1:])) == next(iter(sealed.splitlines()[1:]))


def test_a_rule_without_recipients_locks_nobody_out() -> None:
    with pytest.raises(RuleError, match="no recipient"):
        update_keys(unlock(lock(TEXT)), CreationRule(()), {}, now=LATER)


def test_one_group_becomes_several_and_needs_enough_of_them() -> None:
    people = [person() for _ in range(3)]
    groups = tuple((MasterKey.of_age(recipient),) for recipient, _ in people)
    rule = CreationRule((), SECRETS, groups=groups, threshold=2)
    split = update_keys(unlock(lock(TEXT, SECRETS)), rule, {}, now=LATER)
    assert plan_rekey(Document.parse(split, "yaml", path="x").metadata, rule).empty
    two = Keyring([*people[0][1].identities, *people[2][1].identities])
    assert opened(split, two) == opened(lock(TEXT, SECRETS).encode(), KEYRING)
    with pytest.raises(NoIdentity, match="1 of 2 key groups"):
        opened(split, people[1][1])


def test_another_threshold_is_a_change() -> None:
    groups = tuple((MasterKey.of_age(person()[0]),) for _ in range(3))
    two = CreationRule((), SECRETS, groups=groups, threshold=2)
    sealed = encrypt(TEXT.encode(), "yaml", two, now=NOW, path="x")
    three = CreationRule((), SECRETS, groups=groups, threshold=3)
    assert plan_rekey(Document.parse(sealed, "yaml", path="x").metadata, three).regrouped


def test_the_stanza_of_a_foreign_kind_survives_an_update() -> None:
    foreign = (
        '    kms:\n        - arn: arn:aws:kms:x\n          enc: AQIC\n          aws_profile: ""\n'
    )
    sealed = lock("a: x\n").replace("    lastmodified:", foreign + "    lastmodified:")
    one = unlock(sealed)
    kms = next(stanza.key for stanza in one.metadata.stanzas if stanza.kind == "kms")
    recipient, keyring = person()
    keys = ((MasterKey.of_age(RECIPIENT), MasterKey.of_age(recipient), kms),)
    found = update_keys(one, CreationRule((), ALL, groups=keys), {}, now=LATER)
    assert b"          enc: AQIC\n" in found
    assert opened(found, keyring) == [{"a": "x"}]
