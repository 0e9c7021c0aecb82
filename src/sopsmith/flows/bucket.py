"""Make a bucket or folder ready for backups: there, closed, versioned and locked.

Each is a step of its own that reads back what stands; that a server accepted a request says
nothing. The steps run by `flows.steps`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sopsmith.flows.steps import BLOCKED, DONE, NEEDED, Looked
from sopsmith.ports import Bucket

if TYPE_CHECKING:
    from sopsmith.flows.steps import Step
    from sopsmith.ports import Place


def build_steps(place: Place, retention_days: int | None) -> list[Step]:
    """Return the steps for a place, in the order in which they build on each other.

    Args:
        retention_days: How long the store shall refuse to delete a backup; None for no lock.
    """
    steps: list[Step] = [Existence(place), Privacy(place)]
    if isinstance(place, Bucket):
        steps += [Versions(place), Expiry(place), Lock(place, retention_days)]
    return steps


class Existence(NamedTuple):
    """The place is there."""

    place: Place
    name: str = "store"
    title: str = "place for backups"

    def check(self) -> Looked:
        """See whether it is there."""
        if self.place.exists():
            return Looked(DONE, f"{self.place.address} is there")
        return Looked(NEEDED, f"{self.place.address} is not there")

    def apply(self) -> None:
        """Make it."""
        self.place.make()


class Privacy(NamedTuple):
    """Nobody else gets in."""

    place: Place
    name: str = "privacy"
    title: str = "no access for others"

    def check(self) -> Looked:
        """See who gets in."""
        if not self.place.exists():
            return _waits()
        found = self.place.open_to()
        if found:
            return Looked(NEEDED, f"open to {'; '.join(found)}")
        return Looked(DONE, "closed to others")

    def apply(self) -> None:
        """Close it."""
        self.place.close()


class Versions(NamedTuple):
    """What is replaced or deleted is kept."""

    bucket: Bucket
    name: str = "versioning"
    title: str = "versions of objects"

    def check(self) -> Looked:
        """See whether versioning is on."""
        if not self.bucket.exists():
            return _waits()
        if self.bucket.keeps_versions():
            return Looked(DONE, "every version is kept")
        return Looked(NEEDED, "versioning is off, so what is replaced or deleted is gone")

    def apply(self) -> None:
        """Turn it on."""
        self.bucket.keep_versions()


class Expiry(NamedTuple):
    """No rule of the bucket deletes backups by itself."""

    bucket: Bucket
    name: str = "expiry"
    title: str = "no expiry of objects"

    def check(self) -> Looked:
        """See whether there is such a rule; somebody wrote it, so it is not ours to change."""
        if not self.bucket.exists():
            return _waits()
        found = self.bucket.expiries()
        if not found:
            return Looked(DONE, "no lifecycle rule deletes backups")
        return Looked(
            BLOCKED,
            f"backups are deleted by the bucket's lifecycle: {', '.join(found)}",
            "limit the rule to other prefixes, or choose another bucket for backup.store",
        )

    def apply(self) -> None:
        """Do nothing: what `check` blocks is never applied."""


class Lock(NamedTuple):
    """A backup cannot be deleted for some days."""

    bucket: Bucket
    days: int | None
    name: str = "object-lock"
    title: str = "object lock"

    def check(self) -> Looked:
        """Compare the retention with what was asked for; a longer one is right too."""
        if self.days is None:
            return Looked(DONE, "none is asked for by backup.retention_days in sopsmith.yaml")
        if not self.bucket.exists():
            return _waits()
        found = self.bucket.retention()
        if found is None:
            return Looked(
                NEEDED, "the bucket has no object lock; some servers give it to new buckets alone"
            )
        if found.days < self.days:
            return Looked(NEEDED, f"objects are locked for {_days(found.days)}, not {self.days}")
        return Looked(DONE, f"objects are locked for {_days(found.days)}, mode {found.mode}")

    def apply(self) -> None:
        """Lock what is stored from now on."""
        assert self.days is not None
        self.bucket.retain(self.days)


def _days(count: int) -> str:
    return f"{count} day{'' if count == 1 else 's'}"


def _waits() -> Looked:
    return Looked(NEEDED, "there is nothing to look at yet")
