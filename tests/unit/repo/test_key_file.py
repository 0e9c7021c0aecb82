"""A file of identities is read with its labels, and extended without touching what stands."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sopsmith import age
from sopsmith.errors import MasterKeyError
from sopsmith.repo.key_file import NewIdentity, append_identity, parse_key_file

PATH = "keys.txt"
NOW = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)


def new(*environments: str) -> NewIdentity:
    return NewIdentity(environments, *age.generate())


def test_what_is_appended_is_read_again() -> None:
    first, second = new("dev", "staging"), new("prod")
    data = append_identity(b"", PATH, first, "my platform of 2026", NOW)
    data = append_identity(data, PATH, second, "other", NOW)
    one, two = parse_key_file(data, PATH)
    assert (one.recipient, one.environments, one.folder, one.created, one.line) == (
        first.recipient, ("dev", "staging"), "my platform of 2026", NOW, first.identity,
    )  # fmt: skip
    assert (two.recipient, two.environments, two.folder) == (second.recipient, ("prod",), "other")


def test_what_stands_is_kept_and_gets_the_line_break_that_it_lacks() -> None:
    standing = b"# mine\n" + age.generate()[0].reveal()
    data = append_identity(standing, PATH, new("dev"), "platform", NOW)
    assert data.startswith(standing + b"\n# sopsmith: dev of platform\n")
    assert len(age.parse_identities(data.decode(), PATH)) == 2


def test_an_entry_s_span_takes_its_label_along_and_leaves_other_comments() -> None:
    other = b"# the laptop's\n" + age.generate()[0].reveal() + b"\n\n# note\n"
    data = append_identity(other, PATH, new("dev"), "platform", NOW)
    entry = parse_key_file(data, PATH)[1]
    assert data[: entry.start] + data[entry.end :] == other


def test_a_file_of_age_keygen_and_of_windows_is_read() -> None:
    identity, recipient = age.generate()
    text = f"# created: 2026-01-02T03:04:05+02:00\r\n# public key: {recipient}\r\n".encode()
    (entry,) = parse_key_file(text + identity.reveal() + b"\r\n", PATH)
    assert (entry.recipient, entry.environments, entry.line) == (recipient, (), identity)
    assert entry.created == datetime(2026, 1, 2, 1, 4, 5, tzinfo=UTC)
    assert (entry.start, entry.end) == (0, len(text) + 76)


@pytest.mark.parametrize(
    "label",
    ["", "# created: yesterday\n", "# created: 2026-13-01\n\n",
     "# created: 0001-01-01T00:00:00+01:00\n", "# created: 9999-12-31T23:59:59-01:00\n"],
)  # fmt: skip
def test_an_age_that_cannot_be_told_is_unknown(label: str) -> None:
    (entry,) = parse_key_file(label.encode() + age.generate()[0].reveal(), PATH)
    assert entry.created is None


def test_the_recipient_is_the_identity_s_own_whatever_the_label_claims() -> None:
    identity, recipient = age.generate()
    text = f"# public key: {age.generate()[1]}\n".encode() + identity.reveal()
    assert parse_key_file(text, PATH)[0].recipient == recipient


def test_a_line_that_is_no_identity_is_named_by_its_number_alone() -> None:
    with pytest.raises(MasterKeyError, match=r"^keys\.txt: line 2: not an age identity$"):
        parse_key_file(b"# x\nhunter2\n", PATH)


@pytest.mark.parametrize(
    "data", [b"-----BEGIN AGE ENCRYPTED FILE-----\n", b"age-encryption.org/v1\n", b"\xff\0x"]
)
def test_a_file_that_is_no_list_is_neither_read_nor_extended(data: bytes) -> None:
    with pytest.raises(MasterKeyError):
        parse_key_file(data, PATH)
    with pytest.raises(MasterKeyError):
        append_identity(data, PATH, new("dev"), "platform", NOW)
