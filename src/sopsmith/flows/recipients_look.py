"""Say who can read what, and where files, rules and `sopsmith.yaml` disagree. Needs no identity."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from sopsmith.errors import Error, RuleError
from sopsmith.flows.rekey import find_metadata, plan_rekeying
from sopsmith.flows.rekey_wishes import FollowRules
from sopsmith.flows.rules import Rules
from sopsmith.flows.versions import name_of
from sopsmith.repo.coverage import decode, parse_text
from sopsmith.repo.recipients import NamedRecipient
from sopsmith.repo.root import read_settings
from sopsmith.sops.config import FILE_NAME

if TYPE_CHECKING:
    from sopsmith.flows.recipients import Doors
    from sopsmith.ports import Answer, Trees
    from sopsmith.repo.settings import RepoSettings

Key = tuple[str, str]
"""A master key: its kind and its name, for age the recipient."""


class Readers(NamedTuple):
    """Who opens a file, by its metadata.

    Attributes:
        groups: Master keys by key group.
        threshold: How many groups it takes.
        secrets: What it holds, as `namespace/name`, where its names are in clear.
    """

    path: str
    groups: tuple[tuple[Key, ...], ...]
    threshold: int
    secrets: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[Key, ...]:
        """Every key that has a part in opening it, each once."""
        return tuple(dict.fromkeys(key for group in self.groups for key in group))

    def opens_alone(self, key: Key) -> bool:
        """Tell whether a key opens the file without any other."""
        return sum(key in group for group in self.groups) >= self.threshold


class Finding(NamedTuple):
    """Something that disagrees.

    Attributes:
        key: Where in the file; may be empty.
        extra: Who is there and should not be.
        missing: Who should be there and is not.
    """

    path: str
    key: str
    message: str
    extra: tuple[Key, ...] = ()
    missing: tuple[Key, ...] = ()


class Looked(NamedTuple):
    """What was found in a tree: files with their readers, and files that cannot be read."""

    files: list[Readers]
    problems: list[Finding]


def look(paths: tuple[str, ...], doors: Doors) -> Looked:
    """Return who opens each SOPS file under some paths.

    Raises:
        OutsideError: A path is not there.
    """
    found = Looked([], [])
    trees = doors.means.trees
    for answer in doors.means.planners.map(_Look(trees), trees.walk(paths)):
        if answer is None:
            continue
        path, groups, threshold, secrets, problem = answer
        if problem:
            found.problems.append(Finding(str(path), "", str(problem)))
            continue
        assert isinstance(groups, tuple)
        assert isinstance(secrets, tuple)
        keys = tuple(tuple(_keys(group)) for group in groups)
        found.files.append(Readers(str(path), keys, int(str(threshold)), tuple(map(str, secrets))))
    return found


def check(paths: tuple[str, ...], doors: Doors) -> list[Finding]:
    """Return what disagrees: rules with `sopsmith.yaml`, and files with their rules.

    Raises:
        LayoutError: `sopsmith.yaml` is not what settings should be.
        OutsideError: A path is not there.
    """
    settings = read_settings(doors.files, doors.root)
    findings = list(_check_rules(settings, doors))
    wish = FollowRules(Rules(doors.files), None, rotate=False)
    plan = plan_rekeying(paths, wish, doors.means)
    for change, changed in plan.changes.items():
        extra, missing = (tuple(map(_split, part)) for part in (change.removed, change.added))
        groups = f"needs {change.threshold[0]}, its rule {change.threshold[-1]}" if (
            change.threshold
        ) else ""  # fmt: skip
        if extra or missing or groups:
            findings += [Finding(path, "", groups, extra, missing) for path in changed]
    findings += [Finding(one.path, one.key, one.message) for one in plan.problems]
    return sorted(findings)


def name_recipients(settings: RepoSettings) -> dict[str, NamedRecipient]:
    """Return everybody whom `sopsmith.yaml` names, by recipient; a name counts over none."""
    found: dict[str, NamedRecipient] = {}
    for one in (*(one for scope in settings.scopes for one in scope.named), *settings.recovery):
        if not found.get(one.recipient, NamedRecipient("")).name:
            found[one.recipient] = one
    return found


def _check_rules(settings: RepoSettings, doors: Doors) -> Iterator[Finding]:
    """Lay the rule of each scope beside what `sopsmith.yaml` says of it."""
    rules = Rules(doors.files)
    for scope in settings.scopes:
        folder = settings.secrets_folder(scope.name)
        path = os.path.normpath(os.path.join(doors.root, f"{folder}/any.secret.yaml"))
        try:
            config = rules.config_of(path)
            if config is None:
                raise RuleError("no rules stand above the files")
            rule = config.rule_for(path)
        except Error as error:
            yield Finding(
                os.path.normpath(os.path.join(doors.root, FILE_NAME)),
                error.key or "",
                f"has no rule for {scope.name} that can be used: {error.message}",
            )
            continue
        wanted = [("age", one) for one in settings.readers(scope.name)]
        found = [("age", one) for one in rule.recipients]
        extra = tuple(one for one in dict.fromkeys(found) if one not in wanted)
        missing = tuple(one for one in wanted if one not in found)
        if extra or missing:
            path, _, key = rule.place.rpartition(": ")
            yield Finding(path, key, f"the rule for {scope.name}", extra, missing)


class _Look:
    """Read who opens one file after the other; a fork of it works in each process."""

    def __init__(self, trees: Trees) -> None:
        self._trees = trees

    def __call__(self, path: str) -> Answer:
        try:
            found = find_metadata(self._trees, path)
        except Error as error:
            return path, None, 0, (), ": ".join(filter(None, (error.key, error.message)))
        if found is None:
            return None
        data, name, metadata = found
        groups = tuple(
            tuple((stanza.kind, stanza.name) for stanza in group) for group in metadata.groups
        )
        trees = parse_text(decode(data) or "", name) or ()
        names = (name_of(tree).shown("") for tree in trees)
        secrets = tuple(name for name in names if name)
        return path, groups, metadata.threshold or len(groups), secrets, None


def _keys(group: object) -> Iterator[Key]:
    assert isinstance(group, tuple)
    for kind, name in group:
        yield str(kind), str(name)


def _split(shown: str) -> Key:
    """Return the key that a plan shows as `age age1…`."""
    kind, _, name = shown.partition(" ")
    return kind, name
