"""A commit object says who made it, when, and whether it is signed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sopsmith.history import parse_commit

COMMIT = (
    b"tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n"
    b"author Ann \xc3\x96 > B <ann@example.org> 1700000000 +0100\n"
    b"committer Bob <bob@example.org> 1700000060 -0500\n"
)


def test_a_commit_is_its_author_s_and_of_its_committer_s_time() -> None:
    made = parse_commit("ab", COMMIT + b"\nsubject\n\nauthor Eve <e> 1 +0000\n")
    assert made.author == "Ann Ö > B <ann@example.org>"
    assert made.time == datetime(2023, 11, 14, 22, 14, 20, tzinfo=UTC)


@pytest.mark.parametrize("name", [b"gpgsig", b"gpgsig-sha256"])
def test_a_signature_is_a_header_of_its_own(name: bytes) -> None:
    signature = name + b" -----BEGIN SSH SIGNATURE-----\n abc\n"
    assert parse_commit("ab", COMMIT + signature + b"\nsubject\n").signed
    assert not parse_commit("ab", COMMIT + b"\nsubject\n\n" + signature).signed


def test_a_commit_of_no_known_time_is_taken_all_the_same() -> None:
    odd = COMMIT.replace(b"1700000060", b"9" * 30)
    assert parse_commit("ab", odd + b"\nx").time == datetime(1970, 1, 1, tzinfo=UTC)
