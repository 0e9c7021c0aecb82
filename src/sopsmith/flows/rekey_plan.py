"""Hold what a change of master keys would do to many files, and what came of it.

Files that change alike share one `Change`, so a plan grows by no more than a path a file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from sopsmith.errors import Error, MasterKeyError

if TYPE_CHECKING:
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
    """Why a file could not be dealt with; `key` and `hint` may be empty.

    Attributes:
        code: The exit code of a command that is about this file alone, sops' where it has one.
    """

    path: str
    key: str
    message: str
    hint: str
    code: int

    def error(self) -> Error:
        """Return the error that it is for a command about this file alone."""
        error = Error(self.message, path=self.path, key=self.key or None, hint=self.hint or None)
        error.exit_code = self.code
        return error

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


def refuse_absent(plan: Plan) -> None:
    """Refuse to remove a key that none of the files has; sops says nothing and goes on.

    Raises:
        MasterKeyError: Names it.
    """
    for name, files in plan.absent.items():
        if files and files == plan.count + plan.unchanged:
            what = "the file" if files == 1 else f"any of the {files:,} files"
            raise MasterKeyError(f"{name} is no master key of {what}, so it cannot be removed")


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
