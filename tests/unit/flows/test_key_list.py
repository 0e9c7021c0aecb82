"""`key list` says who opens what, where each identity is, and what hangs on it alone."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from tests.unit.flows.keys_at import DEV, HOME, OTHER, PROD, Place

from sopsmith import age
from sopsmith.flows.key_list import FILES_ONLY, RULES_ONLY, KeyList, Row, list_keys
from sopsmith.repo.backups import RECORD, Record, dump_record
from sopsmith.sops.keyring import Keyring


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def listed(place: Place) -> KeyList:
    return list_keys(str(place.root), place.doors)


def row(place: Place, recipient: str) -> Row:
    return next(row for row in listed(place).rows if row.key.name == recipient)


def test_files_are_counted_for_who_opens_them_and_for_whom_they_hang_on(place: Place) -> None:
    place.lock(f"{HOME}/dev/secrets/a.secret.yaml", DEV[1])
    place.lock(f"{HOME}/core/secrets/a.secret.yaml", DEV[1], PROD[1])
    counts = {one.key.name: (one.scopes, one.opens, one.alone) for one in listed(place).rows}
    assert counts == {DEV[1]: (("dev",), 2, 1), PROD[1]: (("prod",), 1, 0)}


def test_a_key_of_a_split_file_is_needed_where_too_few_groups_are_left(place: Place) -> None:
    groups = [[DEV[1]], [PROD[1]], [OTHER[1]]]
    place.lock_in_groups("two.yaml", groups, 2)
    place.lock_in_groups("three.yaml", groups, 3)
    assert {(one.opens, one.alone) for one in listed(place).rows} == {(2, 1)}


def test_an_identity_at_hand_is_named_by_its_place_and_its_label_s_age(place: Place) -> None:
    assert row(place, DEV[1]).held.source == str(place.keys)
    assert row(place, DEV[1]).age_days == 327
    assert row(place, PROD[1]).held == ("", None)
    assert row(place, PROD[1]).age_days is None


def test_an_age_without_a_label_is_unknown_and_never_too_old(place: Place) -> None:
    place.settings("keys: {max_age_days: 1}\n")
    assert row(place, DEV[1]).too_old
    place.keys.write_bytes(DEV[0].reveal() + b"\n")
    assert row(place, DEV[1]).age_days is None
    assert not row(place, DEV[1]).too_old


def test_keys_that_the_settings_do_not_name_are_said_to_stand_elsewhere(place: Place) -> None:
    place.put(".sops.yaml", f"creation_rules:\n  - age: {OTHER[1]}\n")
    third = age.generate()[1]
    place.lock("x.yaml", third)
    assert row(place, OTHER[1]).scopes == (RULES_ONLY,)
    assert row(place, third).scopes == (FILES_ONLY,)


def test_a_file_whose_metadata_is_broken_is_a_problem(place: Place) -> None:
    place.put("x.yaml", "a: ENC[x]\nsops:\n  lastmodified: x\n  age: 1\n")
    assert [path for path, _ in listed(place).problems] == [str(place.root / "x.yaml")]


def test_an_ssh_key_proves_itself_since_it_cannot_tell_its_recipient(tmp_path: Path) -> None:
    path = tmp_path / "key"
    argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)]
    subprocess.run(argv, check=True)
    recipient = (tmp_path / "key.pub").read_text().rpartition(" ")[0]
    late = age.parse_identities(path.read_text(), str(path))
    for keyring in (
        Keyring(late),
        Keyring([], late=lambda _: late),
        Keyring([], last=lambda: late),
    ):
        found = keyring.find(recipient)
        assert found is not None
        assert found.source == str(path)
    assert Keyring(late).find(OTHER[1]) is None


def test_the_list_knows_whose_identities_are_backed_up(place: Place) -> None:
    assert listed(place).backed_up == ()
    record = Record(1, "0" * 64, (DEV[1],), "2026-01-01T00:00:00Z", "s3://bucket/")
    place.put(RECORD, dump_record(record).decode())
    assert listed(place).backed_up == (DEV[1],)
