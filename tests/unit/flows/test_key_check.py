"""`key check` opens everything by scope, and finds identities that are kept badly."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.unit.flows.keys_at import DEV, HOME, OTHER, PROD, Place

from sopsmith.adapters.private import is_open_to_others
from sopsmith.adapters.programs import LocalPrograms
from sopsmith.errors import UsageError
from sopsmith.flows.key_check import Keeping, KeyCheck, check_keys


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path)
    made.lock(f"{HOME}/dev/secrets/a.secret.yaml", DEV[1])
    made.lock(f"{HOME}/core/secrets/a.secret.yaml", DEV[1], PROD[1])
    return made


def check(place: Place, *environments: str, paths: tuple[Path, ...] = ()) -> KeyCheck:
    keeping = Keeping(tuple(map(str, paths or (place.keys,))), is_open_to_others, LocalPrograms())
    return check_keys(str(place.root), environments, place.doors, keeping)


def counts(found: KeyCheck) -> dict[str, tuple[int, int]]:
    return {one.scope: (one.opened, one.files) for one in found.scopes}


def reasons(found: KeyCheck) -> list[str]:
    return [one.reason for one in found.findings]


def test_each_scope_is_counted(place: Place) -> None:
    found = check(place)
    assert counts(found) == {"core": (1, 1), "dev": (1, 1), "prod": (0, 0)}
    assert found.is_sound


def test_what_does_not_open_is_named_under_its_scope(place: Place) -> None:
    path = place.lock(f"{HOME}/prod/secrets/a.secret.yaml", PROD[1])
    place.lock("other.yaml", OTHER[1])
    found = check(place)
    assert counts(found) == {"core": (1, 1), "dev": (1, 1), "prod": (0, 1), "elsewhere": (0, 1)}
    assert [one.path for one in found.scopes[2].problems] == [str(path)]
    assert not found.is_sound
    assert counts(check(place, "dev")) == {"dev": (1, 1)}
    assert check(place, "dev").is_sound


def test_a_metadata_entry_is_no_proof(place: Place) -> None:
    path = f"{HOME}/dev/secrets/a.secret.yaml"
    text = place.lock(path, OTHER[1]).read_text()
    place.put(path, text.replace(OTHER[1], DEV[1]))
    assert counts(check(place))["dev"] == (0, 1)


def test_an_unknown_environment_is_refused(place: Place) -> None:
    with pytest.raises(UsageError, match="there are core, dev, prod"):
        check(place, "pr")


def test_a_file_that_others_can_read_is_found(place: Place) -> None:
    place.keys.chmod(0o640)
    (finding,) = check(place).findings
    assert finding.hint == f"chmod 600 {place.keys}"


def test_windows_lines_and_twins_are_found(place: Place) -> None:
    place.keys.write_bytes(place.keys.read_bytes() * 2)
    assert reasons(check(place)) == [f"holds the identity of {DEV[1]} twice"]
    place.keys.write_bytes(DEV[0].reveal() + b"\r\n")
    assert len(reasons(check(place))) == 1


def test_a_line_that_is_no_identity_is_named_and_not_quoted(place: Place) -> None:
    other = place.keys.parent / "other.txt"
    other.touch(mode=0o600)
    other.write_bytes(place.keys.read_bytes() + b"hunter2\n")
    assert reasons(check(place, paths=(other,))) == ["line 5: not an age identity"]


def test_identities_inside_the_repository_are_found_tracked_or_not(place: Place) -> None:
    keys = place.put("keys.txt", DEV[0].reveal() + b"\n")
    keys.chmod(0o600)
    programs = LocalPrograms()
    git = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    programs.run(["git", "init", "-q"], cwd=str(place.root), env=git)
    assert reasons(check(place, paths=(keys,)))[0].startswith("lies inside the repository")
    programs.run(["git", "add", "-f", "keys.txt"], cwd=str(place.root), env=git)
    assert reasons(check(place, paths=(keys,)))[0].startswith("git tracks it")


def test_a_file_that_is_not_there_is_no_finding(place: Place) -> None:
    assert reasons(check(place, paths=(place.root / "none",))) == []


def test_a_recovery_identity_on_this_machine_is_found(place: Place) -> None:
    place.settings(f"recovery: {{recipients: [{OTHER[1]}, {{recipient: {DEV[1]}, name: safe}}]}}\n")
    assert reasons(check(place)) == ["holds the recovery identity safe, which belongs offline"]
