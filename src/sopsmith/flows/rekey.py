"""Change the master keys of files and trees: plan, then apply.

The plan needs no identity. Applying checks each file's MAC before anything of it is written
and replaces each file in one step, a few files at a time, so that a kill leaves every file
old or new; the next run plans again and finds what is left. What cannot be done to one file
is no reason to leave the others, so it is reported at the end.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from sopsmith.errors import Error, FormatError, NotEncrypted
from sopsmith.flows.reading import read_for_sops
from sopsmith.flows.rekey_plan import Outcome, Plan, Problem, build_change, change_of, names
from sopsmith.formats import narrow
from sopsmith.sops.document import Document, format_of
from sopsmith.sops.metadata import parse_metadata
from sopsmith.sops.quick import parse_quick, read_quick
from sopsmith.sops.recognise import is_marked, recognise
from sopsmith.sops.rekey import plan_rekey, rotate, update_keys
from sopsmith.sops.unseal import take_metadata

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sopsmith.flows.rekey_wishes import Wish
    from sopsmith.ports import Answer, Trees, Workers
    from sopsmith.sops.config import CreationRule
    from sopsmith.sops.keyring import Keyring
    from sopsmith.sops.metadata import Metadata

BATCH = 32
"""Files that are replaced together, so that the disk is waited for once."""
_SEPARATOR = "\0"
_PROBLEM, _SAME, _CHANGE, _WRITTEN = "problem", "same", "change", "written"


class Means(NamedTuple):
    """What the flow needs of the outside.

    Attributes:
        planners: Take a file at a time.
        writers: Take some files at a time.
        replace: Replaces files, each in one step.
        keyring: Loads the identities; called only to apply.
        progress: Told how many of how many files are done.
        input_type: The format of every file; "" to take it from each name.
    """

    trees: Trees
    planners: Workers
    writers: Workers
    replace: Callable[[list[tuple[str, bytes]]], None]
    keyring: Callable[[], Keyring]
    now: datetime
    progress: Callable[[int, int], None] = lambda _done, _all: None
    input_type: str = ""
    ignore_mac: bool = False


def plan_rekeying(paths: tuple[str, ...], wish: Wish, means: Means) -> Plan:
    """Return what a wish would change of some files and of every SOPS file in some folders.

    Raises:
        OutsideError: A path is not there.
    """
    plan = Plan()
    planner = _Planner(wish, means, frozenset(map(os.path.normpath, paths)))
    for answer in means.planners.map(planner, means.trees.walk(paths)):
        if answer is None:
            continue
        kind, path, said, absent = answer
        if kind == _PROBLEM:
            plan.problems.append(_problem(str(path), said))
        elif kind == _SAME:
            plan.unchanged += 1
        else:
            plan.changes.setdefault(change_of(_tuple(said)), []).append(str(path))
        for name in map(str, _tuple(absent)):
            plan.absent[name] = plan.absent.get(name, 0) + 1
    return plan


def apply_rekeying(plan: Plan, wish: Wish, means: Means) -> Outcome:
    """Do what a plan says, and return what came of it."""
    writer = _Writer(wish, means, means.keyring())
    paths = plan.paths
    batches = (_SEPARATOR.join(paths[n : n + BATCH]) for n in range(0, len(paths), BATCH))
    written = done = 0
    problems = list(plan.problems)
    means.progress(0, len(paths))
    for answers in means.writers.map(writer, batches):
        for path, said in map(_tuple, _tuple(answers)):
            done += 1
            written += said == _WRITTEN
            if isinstance(said, tuple):
                problems.append(_problem(str(path), said))
        means.progress(done, len(paths))
    return Outcome(written, sorted(problems))


def rekey(data: bytes, path: str, wish: Wish, means: Means, keyring: Keyring) -> bytes:
    """Return one file's bytes as a wish wants them; the same bytes where nothing changes.

    Raises:
        Error: The file does not open, its MAC does not hold, or a key cannot be used.
    """
    name = means.input_type or _format(data, path)
    quick = parse_quick(data, path) if name == "yaml" else None
    document = quick or Document.parse(data, name, path=path)
    try:
        rule = wish.rule(path, document.metadata)
        plan = plan_rekey(document.metadata, rule)
        rotates = wish.rotates(plan)
        if plan.empty and not rotates:
            return data
        if quick and plan.reselected:
            document = Document.parse(data, name, path=path)
        unlocked = document.unlock(keyring, ignore_mac=means.ignore_mac)
        change = rotate if rotates else update_keys
        return change(unlocked, rule, keyring.kinds, now=means.now)
    except Error as error:
        raise error.at(path) from None


class _Planner:
    """Plan for one file; runs in a worker."""

    def __init__(self, wish: Wish, means: Means, named: frozenset[str]) -> None:
        self._wish = wish
        self._means = means
        self._named = named
        self._last: tuple[str, CreationRule, tuple[str, Answer, Answer]] | None = None

    def __call__(self, path: str) -> Answer:
        try:
            metadata = self._metadata(path)
            if metadata is None:
                return None
            rule = self._wish.rule(path, metadata)
            kind, said, absent = self._decide(metadata, rule)
        except Error as error:
            return _PROBLEM, path, _parts(error), None
        return kind, path, said, absent

    def _decide(self, metadata: Metadata, rule: CreationRule) -> tuple[str, Answer, Answer]:
        """Say what a rule changes of a file; the same for all files of one frame."""
        last = self._last
        if last is not None and metadata.frame and last[0] == metadata.frame and last[1] is rule:
            return last[2]
        plan = plan_rekey(metadata, rule)
        change = build_change(metadata, rule, plan, rotates=self._wish.rotates(plan))
        said: Answer = tuple(change) if change is not None else None
        absent: Answer = names(self._wish.absent(metadata))
        decided = (_CHANGE if said else _SAME), said, absent
        self._last = metadata.frame, rule, decided
        return decided

    def _metadata(self, path: str) -> Metadata | None:
        """Return a file's metadata, or None where it is no SOPS file and was not named itself."""
        trees, named = self._means.trees, path in self._named
        data = trees.read(path) if named else read_for_sops(trees, path)
        name = recognise(data, path)
        if named:
            name = self._means.input_type or name or format_of(path)
        if name is None:
            return None
        try:
            return read_metadata(data, name, path)
        except (NotEncrypted, FormatError) as error:
            if named or (isinstance(error, FormatError) and is_marked(data, name)):
                raise
            return None


class _Writer:
    """Rekey a batch of files; runs in a worker."""

    def __init__(self, wish: Wish, means: Means, keyring: Keyring) -> None:
        self._wish = wish
        self._means = means
        self._keyring = keyring

    def __call__(self, batch: str) -> Answer:
        new: list[tuple[str, bytes]] = []
        answers: dict[str, Answer | str] = {}
        for path in batch.split(_SEPARATOR):
            try:
                data = self._means.trees.read(path)
                found = rekey(data, path, self._wish, self._means, self._keyring)
            except Error as error:
                answers[path] = _parts(error)
                continue
            answers[path] = _WRITTEN if found != data else _SAME
            if found != data:
                new.append((path, found))
        answers |= self._replace(new)
        return tuple(answers.items())

    def _replace(self, new: list[tuple[str, bytes]]) -> dict[str, Answer]:
        """Replace files together or, where that fails, one by one to learn which fails."""
        failed: dict[str, Answer] = {}
        if not new:
            return failed
        try:
            self._means.replace(new)
        except Error:
            for one in new:
                try:
                    self._means.replace([one])
                except Error as error:
                    failed[one[0]] = _parts(error)
        return failed


def find_metadata(trees: Trees, path: str) -> tuple[bytes, str, Metadata] | None:
    """Return a file's bytes, format and metadata, or None where it is no SOPS file.

    Raises:
        OutsideError: It cannot be read.
        FormatError, RuleError: It is marked as a SOPS file and cannot be read as one.
    """
    data = read_for_sops(trees, path)
    name = recognise(data, path)
    if name is None:
        return None
    try:
        return data, name, read_metadata(data, name, path)
    except NotEncrypted:
        return None
    except FormatError:
        if is_marked(data, name):
            raise
        return None


def read_metadata(data: bytes, name: str, path: str) -> Metadata:
    """Return a file's metadata, by the narrow reader where it knows the file.

    Raises:
        NotEncrypted: It has none.
        FormatError, RuleError: It is not of the format, or its selectors cannot be used.
    """
    found = read_quick(data) if name == "yaml" else None
    if found is not None:
        return found
    if name == "yaml" and data.isascii():
        trees = narrow.parse(data.decode())
        node = take_metadata(trees) if trees else None
        if node is not None:
            return parse_metadata(node)
    return Document.parse(data, name, path=path).metadata


def _format(data: bytes, path: str) -> str:
    """Return a file's format by its name, or by its bytes where the name says none."""
    return recognise(data, path) or format_of(path)


def _parts(error: Error) -> Answer:
    code = error.exit_code if error.sops_exit_code is None else error.sops_exit_code
    return error.key or "", error.message, error.hint or "", code


def _problem(path: str, said: object) -> Problem:
    *texts, code = _tuple(said)
    key, message, hint = map(str, texts)
    return Problem(path, key, message, hint, int(str(code)))


def _tuple(said: object) -> tuple[Answer | str | int, ...]:
    """Return what a worker handed back as the tuple that it is."""
    return said if isinstance(said, tuple) else ()
