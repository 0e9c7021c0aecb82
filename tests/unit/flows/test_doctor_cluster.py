"""Each fault of the cluster's identities and clock is found by its name."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.unit.flows.cluster_at import A, Delivered, identity, put_keys
from tests.unit.flows.keys_at import DEV, OTHER, PROD

from sopsmith.flows.doctor import diagnose, repair
from sopsmith.flows.doctor_cluster import CHECKS, REPAIRS
from sopsmith.kube.key_secret import NAME
from sopsmith.kube.kinds import SECRET
from sopsmith.repo.diagnosis import ERROR, OK, UNKNOWN, WARNING
from sopsmith.repo.layout import SOPS_CONFIG

CLOCK, KEY = CHECKS[:1], CHECKS[1:]
FOREIGN = [("key-secret-foreign", ERROR), ("key-secret-lacks", ERROR)]


@pytest.fixture
def at(tmp_path: Path) -> Delivered:
    return Delivered(tmp_path)


def look(at: Delivered) -> list[tuple[str, str]]:
    return [(one.code, one.level) for one in at.found(KEY)]


def test_nothing_is_wrong_with_the_right_identity(at: Delivered) -> None:
    assert look(at) == []


def test_a_missing_key_secret_is_found(at: Delivered) -> None:
    at.cluster.delete(SECRET, NAME, "argocd")
    assert look(at) == [("key-secret-missing", ERROR)]


@pytest.mark.parametrize("text", [b"", b"\n", b"# a remark\n"], ids=["none", "blank", "remark"])
def test_an_empty_key_secret_is_found(at: Delivered, text: bytes) -> None:
    put_keys(at.cluster, text)
    assert look(at) == [("key-secret-empty", ERROR)]


def test_a_line_that_is_no_identity_is_found_and_not_quoted(at: Delivered) -> None:
    put_keys(at.cluster, identity(DEV) + b"canary-value\n")
    (one,) = at.found(KEY)
    assert (one.code, one.message) == (
        "key-secret-malformed", "keys.txt: line 2: not an age identity"
    )  # fmt: skip


def test_data_that_is_no_base64_is_found(at: Delivered) -> None:
    at.cluster.objects[(SECRET, "argocd", NAME)]["data"] = {"keys.txt": "*"}
    assert look(at) == [("key-secret-malformed", ERROR)]


def test_an_identity_of_another_recipient_is_found_with_the_files_it_lacks(at: Delivered) -> None:
    put_keys(at.cluster, identity(OTHER))
    found = at.found(KEY)
    assert [(one.code, one.level) for one in found] == FOREIGN
    assert OTHER[1] in found[0].message
    assert found[1].subject.endswith(A)


def test_another_environments_identity_is_not_named_for_this_one(at: Delivered) -> None:
    put_keys(at.cluster, identity(DEV) + identity(PROD))
    (one,) = at.found(KEY)
    assert (one.code, one.level) == ("key-secret-unnamed", WARNING)
    assert PROD[1] in one.message
    assert one.message.endswith("which .sops.yaml does not name for dev: it is that of prod")


def test_where_no_rule_names_an_age_recipient_none_is_foreign(at: Delivered) -> None:
    at.place.put(SOPS_CONFIG, "creation_rules: [{pgp: 85D77543B3D624B63CEA9E6DBC17301B491B3F21}]")
    assert look(at) == []


def test_a_file_for_others_is_found_though_the_identity_is_the_right_one(at: Delivered) -> None:
    at.place.lock(A, OTHER[1])
    assert look(at) == [("key-secret-lacks", ERROR)]


def test_crlf_is_found_and_mended_with_the_same_identities(at: Delivered) -> None:
    lines = identity(DEV).replace(b"\n", b"\r\n")
    put_keys(at.cluster, b"# made up\r\n" + lines)
    results = list(diagnose(at.context(), KEY))
    assert [one.code for one in results[0].findings] == ["key-secret-crlf"]
    (done,) = repair(at.context(), results, REPAIRS)
    assert done.level == OK
    assert at.cluster.values(NAME, "argocd")["keys.txt"] == b"# made up\n" + identity(DEV)
    assert look(at) == []


def test_rights_that_lack_are_named_and_no_absence_is_claimed(at: Delivered) -> None:
    at.cluster.deny("get", SECRET, "argocd")
    (one,) = at.found(KEY)
    assert (one.code, one.level) == ("key-secret-missing", UNKNOWN)
    assert "get secrets in namespace argocd" in one.message


@pytest.mark.parametrize(("hours", "word"), [(2, "ahead of"), (-2, "behind")])
def test_a_clock_that_is_wrong_is_found(at: Delivered, hours: int, word: str) -> None:
    at.cluster.ahead = at.context().now - datetime.now(UTC) + timedelta(hours=hours)
    (one,) = at.found(CLOCK)
    assert (one.code, one.level) == ("cluster-clock", WARNING)
    assert word in one.message


def test_a_clock_that_is_right_is_well(at: Delivered) -> None:
    at.cluster.ahead = at.context().now - datetime.now(UTC)
    assert at.found(CLOCK) == []


def test_no_identity_shows_in_what_is_found(at: Delivered) -> None:
    put_keys(at.cluster, identity(OTHER) + identity(PROD).replace(b"\n", b"\r\n"))
    said = repr(at.found(CHECKS))
    for secret in (OTHER, PROD):
        text = secret[0].reveal().decode()
        assert text not in said
        assert base64.b64encode(text.encode()).decode() not in said
