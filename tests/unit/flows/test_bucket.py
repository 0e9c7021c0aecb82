"""Each step of the bootstrap of a bucket reads back what it did."""

from __future__ import annotations

import pytest

from sopsmith.flows.bucket import build_steps
from sopsmith.flows.steps import BLOCKED, DONE, NEEDED, Step, apply_steps, check_steps
from sopsmith.ports import Retention


class FakeBucket:
    """`ports.Bucket` in memory; `deaf` are the changes that it accepts and does not make."""

    address = "s3://backups"

    def __init__(self, *, there: bool = False, deaf: tuple[str, ...] = ()) -> None:
        self.there = there
        self.deaf = deaf
        self.versions = False
        self.public = ["everybody, by its ACL: READ"]
        self.locked: Retention | None = None
        self.rules: list[str] = []
        self.changes: list[str] = []

    def exists(self) -> bool:
        """Tell whether it is there."""
        return self.there

    def make(self) -> None:
        """Make it."""
        if self._change("make"):
            self.there, self.locked = True, Retention(0)

    def open_to(self) -> list[str]:
        """Return who gets in."""
        return self.public

    def close(self) -> None:
        """Let nobody in."""
        if self._change("close"):
            self.public = []

    def keeps_versions(self) -> bool:
        """Tell whether versioning is on."""
        return self.versions

    def keep_versions(self) -> None:
        """Turn it on."""
        self.versions = self._change("keep_versions")

    def expiries(self) -> list[str]:
        """Return rules."""
        return self.rules

    def retention(self) -> Retention | None:
        """Return the lock."""
        return self.locked

    def retain(self, days: int) -> None:
        """Lock."""
        if self._change("retain"):
            self.locked = Retention(days, "GOVERNANCE")

    def _change(self, name: str) -> bool:
        self.changes.append(name)
        return name not in self.deaf


def ignore(step: Step) -> None:
    """Be told of a step."""


def states(bucket: FakeBucket, days: int | None = 30) -> list[str]:
    """Return how the steps stand."""
    return [result.state for result in check_steps(build_steps(bucket, days))]


def test_a_check_changes_nothing_and_sees_what_is_missing() -> None:
    bucket = FakeBucket()
    assert states(bucket) == [NEEDED] * 5
    assert bucket.changes == []


def test_after_a_run_everything_is_done_and_a_second_run_changes_nothing() -> None:
    bucket = FakeBucket()
    first = [*apply_steps(build_steps(bucket, 30), ignore)]
    assert [result.state for result in first] == [DONE] * 5
    assert bucket.changes == ["make", "close", "keep_versions", "retain"]
    second = [*apply_steps(build_steps(bucket, 30), ignore)]
    assert [result.after for result in second] == [None] * 5
    assert bucket.changes == ["make", "close", "keep_versions", "retain"]


@pytest.mark.parametrize("deaf", ["make", "close", "keep_versions", "retain"])
def test_what_a_server_accepts_and_does_not_do_is_seen(deaf: str) -> None:
    results = [*apply_steps(build_steps(FakeBucket(deaf=(deaf,)), 30), ignore)]
    assert results[-1].state == NEEDED
    assert [result.state for result in results[:-1]] == [DONE] * (len(results) - 1)


@pytest.mark.parametrize(
    ("found", "days", "state", "words"),
    [
        (None, None, DONE, "none is asked for"),
        (None, 30, NEEDED, "no object lock"),
        (Retention(0), 30, NEEDED, "locked for 0 days, not 30"),
        (Retention(29, "GOVERNANCE"), 30, NEEDED, "locked for 29 days, not 30"),
        (Retention(30, "GOVERNANCE"), 30, DONE, "30 days, mode GOVERNANCE"),
        (Retention(365, "COMPLIANCE"), 30, DONE, "365 days, mode COMPLIANCE"),
    ],
)
def test_a_retention_is_compared_and_never_shortened(
    found: Retention | None, days: int | None, state: str, words: str
) -> None:
    bucket = FakeBucket(there=True)
    bucket.locked = found
    seen = build_steps(bucket, days)[-1].check()
    assert seen.state == state
    assert words in seen.why


def test_a_rule_that_deletes_backups_is_somebody_elses_to_change() -> None:
    bucket = FakeBucket(there=True)
    bucket.rules = ["rule tidy"]
    results = [*apply_steps(build_steps(bucket, 30), ignore)]
    assert results[-1].state == BLOCKED
    assert "rule tidy" in results[-1].before.why
    assert "retain" not in bucket.changes


def test_a_blocked_step_says_why_and_stops_the_run() -> None:
    from sopsmith.errors import Denied

    class Refusing(FakeBucket):
        def make(self) -> None:
            raise Denied("S3 refuses these credentials: AccessDenied", path="s3://backups")

    results = [*apply_steps(build_steps(Refusing(), 30), ignore)]
    assert [result.state for result in results] == [BLOCKED]
    assert results[0].after is not None
    assert "AccessDenied" in results[0].after.why
