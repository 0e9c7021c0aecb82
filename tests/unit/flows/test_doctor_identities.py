"""Each fault of this machine's identities is found by its name, and the safe ones are mended."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.flows.examined import codes_of, found, open_context
from tests.unit.flows.keys_at import DEV, OTHER, Place

from sopsmith.errors import MasterKeyError
from sopsmith.flows.doctor import Context, diagnose, repair
from sopsmith.flows.doctor_identities import CHECKS, REPAIRS
from sopsmith.repo.diagnosis import OK
from sopsmith.sops.keyring import Keyring


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def mend(context: Context) -> list[str]:
    return [one.message for one in repair(context, list(diagnose(context, CHECKS)), REPAIRS)]


def test_a_file_that_is_kept_well_is_well(place: Place) -> None:
    assert codes_of(place, CHECKS) == []


def test_lines_of_windows_are_found_and_mended(place: Place) -> None:
    unix = place.keys.read_bytes()
    place.keys.write_bytes(unix.replace(b"\n", b"\r\n"))
    assert codes_of(place, CHECKS) == ["identity-crlf"]
    assert mend(open_context(place)) == ["its lines end in a line feed now"]
    assert place.keys.read_bytes() == unix
    assert place.keys.stat().st_mode & 0o777 == 0o600
    assert mend(open_context(place)) == []


def test_a_file_that_others_can_read_is_found_and_mended(place: Place) -> None:
    place.keys.chmod(0o644)
    assert codes_of(place, CHECKS) == ["identity-open"]
    mend(open_context(place))
    assert place.keys.stat().st_mode & 0o777 == 0o600
    assert codes_of(place, CHECKS) == []


def test_a_file_without_identities_is_found(place: Place) -> None:
    place.keys.write_bytes(b"# nothing\n")
    empty = replace(open_context(place), load_keyring=lambda: Keyring([]))
    found_here = [one.code for one in found(place, CHECKS, context=empty)]
    assert found_here == ["identity-empty", "identity-missing"]


def test_a_line_that_is_no_identity_is_found_and_not_quoted(place: Place) -> None:
    context = replace(open_context(place), load_keyring=lambda: Keyring([]))
    place.keys.write_bytes(place.keys.read_bytes() + b"AGE-SECRET-KEY-1CANARY\n")
    (one,) = found(place, CHECKS, "identity-malformed", context=context)
    assert "line 5" in one.message
    assert "CANARY" not in str(one)


def test_an_identity_of_another_repository_is_found(place: Place) -> None:
    place.keys.write_bytes(OTHER[0].reveal() + b"\n")
    (one,) = found(place, CHECKS)
    assert (one.code, one.subject) == ("identity-foreign", str(place.keys))


def test_an_identity_of_another_environment_is_found(place: Place) -> None:
    context = replace(open_context(place), environment="prod")
    (one,) = found(place, CHECKS, context=context)
    assert one.code == "identity-foreign"
    assert one.message == "1 at hand, and none is of core, prod"


def test_a_file_inside_the_repository_is_found(place: Place) -> None:
    inside = place.put("keys.txt", place.keys.read_bytes())
    inside.chmod(0o600)
    context = open_context(place)
    context = replace(context, machine=context.machine._replace(key_files=(str(inside),)))
    assert [one.code for one in found(place, CHECKS, context=context)] == ["identity-in-repository"]


def test_the_same_identity_twice_is_found(place: Place) -> None:
    place.keys.write_bytes(place.keys.read_bytes() * 2)
    assert codes_of(place, CHECKS) == ["identity-twice"]


def test_a_recovery_identity_on_this_machine_is_found(place: Place) -> None:
    place.settings(f"recovery: {{recipients: [{DEV[1]}]}}\n")
    assert codes_of(place, CHECKS) == ["identity-recovery"]


def test_a_variable_that_cannot_be_read_is_found(place: Place) -> None:
    failures = [MasterKeyError("is no identity", path="SOPS_AGE_KEY")]
    keyring = Keyring(place.keyring.identities, failures=list(failures))
    context = replace(open_context(place), load_keyring=lambda: keyring)
    (one,) = found(place, CHECKS, context=context)
    assert (one.code, one.subject) == ("identity-unread", "SOPS_AGE_KEY")


def test_a_repair_whose_file_is_gone_says_so(place: Place) -> None:
    place.keys.write_bytes(place.keys.read_bytes().replace(b"\n", b"\r\n"))
    context = open_context(place)
    results = list(diagnose(context, CHECKS))
    place.keys.unlink()
    (one,) = repair(context, results, REPAIRS)
    assert one.level != OK
