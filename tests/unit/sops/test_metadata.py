"""Metadata that are not SOPS's are refused with their place."""

from __future__ import annotations

import pytest
from tests.unit.sops.world import IDENTITY_TEXT, KEYRING, RECIPIENT, lock

from sopsmith import age
from sopsmith.errors import Error, FormatError, MacMismatch, NoIdentity, RuleError, Tampered
from sopsmith.secret import Secret
from sopsmith.sops.document import Document
from sopsmith.sops.keyring import Keyring

TIME = "lastmodified: 2026-01-02T03:04:05Z"


def parse(metadata: str) -> Document:
    return Document.parse(f"a: 1\nsops: {metadata}\n".encode(), "yaml", path="x.yaml")


@pytest.mark.parametrize(
    ("metadata", "place", "message"),
    [
        ("x", "sops", "not a mapping"),
        (f"{{version: 1, {TIME}, shamir_threshold: two}}", "sops", "not a number"),
        ("{version: 1}", "sops", "no time of the last change"),
        (f"{{{TIME}}}", "sops", "names no version"),
        (f"{{version: 1, {TIME}, mac: [x]}}", "sops.mac", "must be a single value"),
        (f"{{version: 1, {TIME}, key_groups: [x]}}", "sops.key_groups", "not a mapping"),
        (f"{{version: 1, {TIME}, age: [x]}}", "sops.age", "not a mapping"),
    ],
)
def test_metadata_of_another_form_is_refused(metadata: str, place: str, message: str) -> None:
    with pytest.raises(FormatError, match=message) as caught:
        parse(metadata)
    assert caught.value.key == place


def test_two_selectors_are_refused() -> None:
    with pytest.raises(RuleError, match="only one selector") as caught:
        parse(f"{{version: 1, {TIME}, encrypted_regex: a, encrypted_suffix: b}}")
    assert caught.value.key == "sops"


def test_a_file_without_master_keys_does_not_open() -> None:
    with pytest.raises(Tampered, match="names no master keys"):
        parse(f"{{version: 1, {TIME}}}").unlock(KEYRING)


def test_a_time_that_is_none_is_refused() -> None:
    text = lock("a: 1\n").replace("2026-01-02T03:04:05Z", "yesterday")
    with pytest.raises(MacMismatch, match="metadata was changed"):
        Document.parse(text.encode(), "yaml", path="x.yaml").unlock(KEYRING)


def test_a_data_key_of_another_length_is_refused() -> None:
    enc = age.wrap(RECIPIENT, Secret(b"short")).replace("\n", "\\n")
    stanza = f'age: [{{recipient: {RECIPIENT}, enc: "{enc}"}}]'
    with pytest.raises(Tampered, match="5 bytes, not 32"):
        parse(f"{{version: 1, {TIME}, {stanza}}}").unlock(KEYRING)


def test_a_stanza_for_somebody_else_under_ones_own_name_is_damaged() -> None:
    _, other = age.generate()
    enc = age.wrap(other, Secret(b"k" * 32)).replace("\n", "\\n")
    stanza = f'age: [{{recipient: {RECIPIENT}, enc: "{enc}"}}]'
    with pytest.raises(Tampered, match="not for its recipient") as caught:
        parse(f"{{version: 1, {TIME}, {stanza}}}").unlock(KEYRING)
    assert caught.value.key == "sops.age"


@pytest.mark.parametrize("metadata", ["x", f"{{version: 1, {TIME}}}"])
def test_no_identity_shows_in_an_error(metadata: str) -> None:
    with pytest.raises(Error) as caught:
        parse(metadata).unlock(KEYRING)
    assert IDENTITY_TEXT[20:40] not in f"{caught.value} {caught.value.hint}"


def test_without_identities_every_place_that_was_looked_at_is_named() -> None:
    document = Document.parse(lock("a: 1\n").encode(), "yaml", path="x.yaml")
    with pytest.raises(NoIdentity, match=RECIPIENT) as caught:
        document.unlock(Keyring([], ["keys.txt", "SOPS_AGE_KEY"]))
    assert caught.value.hint == "nothing found in keys.txt, SOPS_AGE_KEY"
