"""Say who changed what of the secrets, and when, from Git's history alone.

It runs newest first and yields as it goes, each version is read once, and what is remembered is
a digest of each of the last versions: time goes with the history, memory does not.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import islice
from posixpath import basename
from typing import TYPE_CHECKING, NamedTuple

from sopsmith.flows.audit_digest import (
    ADDED,
    CHANGED,
    NOTHING,
    REMOVED,
    Digest,
    Event,
    compare,
    digest,
    is_rotated,
    tells_values,
)
from sopsmith.history import Commit, parse_commit
from sopsmith.repo.cleartext import RULES
from sopsmith.repo.lint_rules import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sopsmith.flows.versions import Opener
    from sopsmith.history import History, Step
    from sopsmith.repo.cleartext import Clear
    from sopsmith.repo.lint_settings import Ignored
    from sopsmith.secret import Secret

_AT_ONCE = 64  # commits that are read together
_KEPT = 20_000
"""Digests that are remembered; an older version that is needed again is read again."""


class Readers(NamedTuple):
    """Who came and who went, as `age age1…`; the same for some files of a commit."""

    added: tuple[str, ...]
    removed: tuple[str, ...]


class Seen(NamedTuple):
    """What one commit did to secrets.

    Attributes:
        readers: How many files, rules among them, each change of readers is of.
        rotated: How many files got a new data key.
        unknown: How many of those no identity at hand opens, so that nothing is known of
            their values.
    """

    commit: Commit
    events: tuple[Event, ...]
    readers: dict[Readers, int]
    rotated: int
    unknown: int


@dataclass
class InClear:
    """Something that was committed in clear.

    Attributes:
        first: The oldest commit that has it.
        still: It stands so in HEAD.
    """

    path: str
    what: Clear
    first: Commit
    versions: set[str]
    still: bool = False


class Audit:
    """Look through a history.

    Args:
        key: Of signs by value; None for signs of ciphertexts.
        tick: Called for each commit.

    Attributes:
        commits: How many commits were seen; whole when `run` has ended, as are all of these.
        unsigned: How many of them carry no signature.
        broken: Paths of versions that look like SOPS files and cannot be read.
        left_out: How many things in clear `sopsmith.yaml` leaves out.
    """

    def __init__(
        self, history: History, opener: Opener, key: Secret | None, tick: Callable[[], None]
    ) -> None:
        self._history = history
        self._opener = opener
        self._key = key
        self._tick = tick
        # By the file's name too, which says how its bytes are read.
        self._known: dict[tuple[str, str], Digest] = {}
        self._clear: dict[tuple[str, Clear], InClear] = {}
        self.commits = 0
        self.unsigned = 0
        self.broken: set[str] = set()
        self.left_out = 0

    def run(self, since: str = "") -> Iterator[Seen]:
        """Yield each commit that did something to secrets, newest first.

        Raises:
            OutsideError: Git does not answer, or has not the whole past.
            UsageError: `since` is neither a revision nor a date.
        """
        steps = self._history.steps(since)
        while batch := list(islice(steps, _AT_ONCE)):
            self._read(batch)
            made = self._history.read([step.commit for step in batch])
            for step, (name, data) in zip(batch, made, strict=True):
                self._tick()
                commit = parse_commit(name, data or b"")
                self.commits += 1
                self.unsigned += not commit.signed
                seen = self._look(step, commit)
                if seen is not None:
                    yield seen

    def in_clear(self, ignored: tuple[Ignored, ...] = (), root: str = "") -> list[InClear]:
        """Return what was committed in clear, by path; call it when `run` has ended.

        Args:
            ignored: What `sopsmith.yaml` leaves out of `lint`.
            root: Where it stands below the top of git's working tree, as `deploy/`.
        """
        now = self._history.files()
        found = []
        for one in self._clear.values():
            one.still = now.get(one.path) in one.versions
            finding = Finding(RULES[one.what.kind], one.path, "")
            inside = one.path.startswith(root)
            if not (inside and any(i.covers(finding, one.path[len(root) :]) for i in ignored)):
                found.append(one)
        self.left_out = len(self._clear) - len(found)
        return sorted(found, key=lambda one: (one.path, one.what))

    def _read(self, batch: list[Step]) -> None:
        """Digest the versions of some commits that are not known yet."""
        if len(self._known) > _KEPT:
            for name in list(islice(self._known, _KEPT // 2)):
                del self._known[name]
        wanted: dict[tuple[str, str], str] = {}
        for change in (change for step in batch for change in step.changes):
            for place in (
                _version(change.before, change.path),
                _version(change.after, change.path),
            ):
                if place[0] and place not in self._known:
                    wanted[place] = change.path
        objects = self._history.read([name for name, _ in wanted])
        for (place, path), (_, data) in zip(wanted.items(), objects, strict=True):
            self._known[place] = digest(data, path, self._opener, self._key)

    def _look(self, step: Step, commit: Commit) -> Seen | None:
        events: list[Event] = []
        readers: Counter[Readers] = Counter()
        rotated = unknown = 0
        for change in step.changes:
            before = self._digest(change.before, change.path)
            after = self._digest(change.after, change.path)
            self._note_clear(change.path, change.after, after, commit)
            if before is NOTHING and after is NOTHING:
                continue
            if before.recipients and after.recipients and before.recipients != after.recipients:
                readers[_readers(before, after)] += 1
            new_key = is_rotated(before, after)
            rotated += new_key
            found = compare(change.path, before, after)
            if new_key and not (tells_values(before) and tells_values(after)):
                # Every token is new, so which of the values are cannot be told.
                unknown += 1
                found = [one for one in found if one.kind != CHANGED]
            events += found
        kept = tuple(_without_moves(events))
        if not (kept or readers or rotated):
            return None
        return Seen(commit, kept, dict(readers), rotated, unknown)

    def _digest(self, name: str, path: str) -> Digest:
        return self._known[_version(name, path)] if name else NOTHING

    def _note_clear(self, path: str, version: str, of: Digest, commit: Commit) -> None:
        if of.broken:
            self.broken.add(path)
        for what in of.clear:
            one = self._clear.setdefault((path, what), InClear(path, what, commit, set()))
            # Newest first, so the last one to come is the oldest.
            one.first = commit
            one.versions.add(version)


def _version(name: str, path: str) -> tuple[str, str]:
    return name, basename(path)


def _readers(before: Digest, after: Digest) -> Readers:
    added = sorted(after.recipients - before.recipients)
    return Readers(tuple(added), tuple(sorted(before.recipients - after.recipients)))


def _without_moves(events: list[Event]) -> Iterator[Event]:
    """Leave out what a commit only moved to another file: the same value went and came."""
    gone = Counter(_place(one, one.before) for one in events if one.kind == REMOVED)
    came = Counter(_place(one, one.after) for one in events if one.kind == ADDED)
    moved = gone & came
    left = {ADDED: moved.copy(), REMOVED: moved.copy()}
    for one in events:
        place = _place(one, one.before or one.after)
        if left.get(one.kind, Counter())[place] > 0:
            left[one.kind][place] -= 1
        else:
            yield one


def _place(one: Event, sign: str) -> tuple[str, str, str]:
    # What has no name of its own is called by its file, which is just what changed.
    return ("" if one.secret == one.path else one.secret), one.key, sign
