"""What was accepted is accepted again nowhere else, for nobody else and for no other identity."""

from __future__ import annotations

import pytest

from sopsmith.errors import FormatError
from sopsmith.repo.recovery_pins import (
    Leaving,
    Pin,
    Sending,
    accept,
    accept_store,
    dump_pins,
    find_unaccepted,
    parse_pins,
    store_of,
)

HERE, SAFE, THEIRS, MINE, NEW = "/home/me/platform", "age1safe", "age1theirs", "age1mine", "age1new"
STORE = "s3://mine/"


def sending(
    *identities: str, folder: str = HERE, made_for: str = "", recovery: str = SAFE, store: str = ""
) -> Sending:
    leaving = tuple(Leaving(one, made_for) for one in identities or (MINE,))
    return Sending(folder, leaving, (recovery,), store)


PINS = accept((), sending(store=STORE))


def test_at_first_everything_is_to_be_accepted_and_then_nothing() -> None:
    first = find_unaccepted((), sending(store=STORE))
    assert (first.recovery, first.identities, first.store) == ((SAFE,), (MINE,), STORE)
    assert not find_unaccepted(PINS, sending(store=STORE))


def test_another_clone_of_the_same_repository_asks_nothing() -> None:
    assert not find_unaccepted(PINS, sending(folder="/elsewhere", store=STORE))


def test_another_recovery_recipient_is_asked_for_and_the_one_of_before_is_named() -> None:
    found = find_unaccepted(PINS, sending(recovery=THEIRS, store=STORE))
    assert found.recovery == (THEIRS,)
    assert found.earlier == (SAFE,)


def test_one_beside_the_known_one_is_asked_for_alone() -> None:
    both = sending(store=STORE)._replace(recovery=(SAFE, THEIRS))
    assert find_unaccepted(PINS, both).recovery == (THEIRS,)


def test_another_store_is_asked_for_alone() -> None:
    found = find_unaccepted(PINS, sending(store="s3://theirs/"))
    assert (found.recovery, found.store) == ((), "s3://theirs/")


def test_the_first_store_of_a_recovery_identity_that_was_made_here_is_taken() -> None:
    assert not find_unaccepted((Pin(SAFE, (MINE,), (HERE,)),), sending(store="s3://first/"))


def test_an_identity_that_was_made_for_the_repository_follows_the_others() -> None:
    for folder in (HERE, f"{HERE}/tenants/blue"):
        assert not find_unaccepted(PINS, sending(MINE, NEW, made_for=folder))


@pytest.mark.parametrize("made_for", ["", "/home/me/private", f"{HERE}-2"])
def test_an_identity_of_elsewhere_that_a_repository_names_is_asked_for(made_for: str) -> None:
    found = find_unaccepted(PINS, sending(NEW, made_for=made_for))
    assert (found.recovery, found.identities) == ((SAFE,), (NEW,))


def test_the_command_line_accepts_what_it_names_and_nothing_else() -> None:
    missing = find_unaccepted((), sending(recovery=THEIRS, store=STORE))
    assert not missing.without((THEIRS,), (STORE,))
    assert missing.without((SAFE,), (STORE,)).recovery == (THEIRS,)
    assert missing.without((THEIRS,), ()).store == STORE


def test_a_store_that_was_made_ready_counts_for_the_repository_alone() -> None:
    pins = accept_store(PINS, HERE, "s3://next/")
    assert not find_unaccepted(pins, sending(store="s3://next/"))
    assert accept_store(PINS, "/elsewhere", "s3://next/") == PINS


def test_a_bucket_of_the_same_name_at_another_service_is_another_store() -> None:
    assert store_of("s3://a", "", "s3://a/") == "s3://a/"
    assert store_of("s3://a", "https://x.example/", "s3://a/") == "https://x.example/a/"
    assert store_of("", "", "/home/me/.local/share/sopsmith/backups/") == ""


def test_it_is_read_as_it_was_written() -> None:
    assert parse_pins(dump_pins(PINS), "f") == PINS


@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b'{"version": 2, "recovery": {}}', b'{"version": 1, "recovery": []}',
     b'{"version": 1, "recovery": {"age1x": {"identities": "a", "folders": [], "stores": []}}}'],
)  # fmt: skip
def test_what_is_damaged_counts_for_nothing(data: bytes) -> None:
    with pytest.raises(FormatError, match="nothing in it counts as accepted"):
        parse_pins(data, "f")


@pytest.mark.parametrize("written", ["file:///mnt/backup", "/mnt/backup", "/mnt/backup/"])
def test_a_folder_is_accepted_as_sopsmith_yaml_writes_it_too(written: str) -> None:
    missing = find_unaccepted((), sending(store="/mnt/backup/"))
    assert not missing.without((SAFE,), (written,))
    assert missing.without((SAFE,), ("/mnt/backup2", "/mnt", "")).store == "/mnt/backup/"
