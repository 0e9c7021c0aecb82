"""Hold what a change of master keys would do to many files, and what came of it.

Files that change alike share one `Change`, so a plan grows by no more than a path a file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from sopsmith.errors import Error
    from sopsmith.ports import Answer
    from sopsmith.sops.config import CreationRule
    from sopsmith.sops.masterkeys import MasterKey
    from sopsmith.sops.metadata import Metadata
    from sopsmith.sops.rekey import RekeyPlan


class Change(NamedTuple):
    """What happens to a file's keys.

    Attributes:
        added: Who gains access, as `age age1…`.
        removed: Who loses it.
        threshold: Before and after, as `2 of 3 groups`; () where it stays.
        selector: Before and after, as `encrypted_regex ^data$`; () where it stays.
        rotates: The file gets a new data key, so that who is removed reads nothing new.
    """

    added: tuple[str, ...]
    removed: tuple[str, ...]
    threshold: tuple[str, ...]
    selector: tuple[str, ...]
    rotates: bool


class Problem(NamedTuple):
    """Why a file could not be dealt with; `key` and `hint` may be empty."""

    path: str
    key: str
    message: str
    hint: str

    @classmethod
    def of(cls, path: str, error: Error) -> Problem:
        """Return an error as a problem of a file."""
        return cls(path, error.key or "", error.message, error.hint or "")

    def __str__(self) -> str:
        return ": ".join(part for part in (self.path, self.key, self.message) if part)


@dataclass
class Plan:
    """What would be done.

    Attributes:
        changes: Paths by change, in the order in which changes were met.
        unchanged: How many files are as they should be.
        problems: Files that cannot be planned for.
        absent: For each key to remove, the number of files that do not have it.
    """

    changes: dict[Change, list[str]] = field(default_factory=dict)
    unchanged: int = 0
    problems: list[Problem] = field(default_factory=list)
    absent: dict[str, int] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many files change."""
        return sum(map(len, self.changes.values()))

    @property
    def paths(self) -> list[str]:
        """The files that change, in path order."""
        return sorted(path for paths in self.changes.values() for path in paths)


class Outcome(NamedTuple):
    """What came of a plan: how many files were written, and which were not."""

    written: int
    problems: list[Problem]


def build_change(
    metadata: Metadata, rule: CreationRule, plan: RekeyPlan, *, rotates: bool
) -> Change | None:
    """Return a file's change in words, or None where nothing changes."""
    if plan.empty and not rotates:
        return None
    threshold: tuple[str, ...] = ()
    selector: tuple[str, ...] = ()
    if plan.regrouped:
        before = _groups(metadata.threshold, len(metadata.groups))
        threshold = (before, _groups(rule.threshold, len(rule.key_groups)))
    if plan.reselected:
        before = _selector(metadata, mac_only=metadata.mac_only_encrypted)
        selector = (before, _selector(rule, mac_only=rule.mac_only))
    return Change(names(plan.added), names(plan.removed), threshold, selector, rotates)


def names(keys: tuple[MasterKey, ...]) -> tuple[str, ...]:
    """Return master keys as people name them: `age age1…`."""
    return tuple(f"{key.kind} {key.name}" for key in keys)


def change_of(answer: Answer) -> Change:
    """Return the change that a worker handed back."""
    assert answer is not None
    added, removed, threshold, selector = (_texts(part) for part in answer[:4])
    return Change(added, removed, threshold, selector, bool(answer[4]))


def _texts(part: object) -> tuple[str, ...]:
    assert isinstance(part, tuple)
    return tuple(map(str, part))


def _groups(threshold: int, groups: int) -> str:
    if groups == 1:
        return "1 group"
    return f"{threshold or groups} of {groups} groups"


def _selector(of: Metadata | CreationRule, *, mac_only: bool) -> str:
    words = f"{of.selector.kind} {of.selector.pattern}"
    return f"{words}, mac_only_encrypted" if mac_only else words
