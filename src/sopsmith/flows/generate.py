"""Turn a `.env` into the encrypted Secrets of a platform repository.

Everything is read, decided, encrypted and checked in memory; then each file is replaced
atomically: new and changed Secrets first, the lists that name them next, removals last. A
kill at any moment leaves every file old or new, and no list names a file that is missing.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from itertools import islice
from typing import NamedTuple

from sopsmith.errors import LayoutError
from sopsmith.flows.tracked import is_tracked
from sopsmith.formats import env_file
from sopsmith.ports import Files, Programs, Workers
from sopsmith.repo.assign import Assignment, Desired, assign
from sopsmith.repo.folders import LISTS, choose_scopes, read_folder
from sopsmith.repo.isolation import find_shared
from sopsmith.repo.manifests import secret_path
from sopsmith.repo.plan import REMOVE, Change
from sopsmith.repo.plan_scope import Means, plan_scope, standing_names
from sopsmith.repo.plan_secrets import plan_secrets
from sopsmith.repo.root import read_settings
from sopsmith.repo.settings import RepoSettings, Scope
from sopsmith.sops.config import FILE_NAME, Config, CreationRule
from sopsmith.sops.keyring import Keyring
from sopsmith.sops.wrapping import Kinds

STDIN = "-"
"""What the `.env` is called when it came by stdin."""


class Request(NamedTuple):
    """What the user asked for.

    Attributes:
        root: The repository's root, absolute.
        env_path: The `.env`, as errors call it.
        env: Its bytes.
        scopes: Names of the scopes to look at; empty for all.
        prune: Remove files whose variable is gone.
    """

    root: str
    env_path: str
    env: bytes
    scopes: tuple[str, ...] = ()
    prune: bool = False


class Doors(NamedTuple):
    """What the flow needs of the outside.

    Attributes:
        replace: Replaces files, each in one step and in the order given; all or none where
            the disk has no room.
        keyring: Loads the identities; called only if a file has to be opened.
        kinds: The kinds of master key besides age that can be reached.
        stage: Takes a file that `replace` will most likely be given, so that the disk has it by
            then; it takes its place no sooner. None where nothing is to be written.
        workers: Encrypt and compare on all cores; None does so one after the other.
    """

    files: Files
    replace: Callable[[list[tuple[str, bytes]]], None]
    programs: Programs
    keyring: Callable[[], Keyring]
    now: datetime
    kinds: Kinds | None = None
    workers: Workers | None = None
    stage: Callable[[str, bytes], None] | None = None


class Plan(NamedTuple):
    """What would be done, in the order in which it is done.

    Attributes:
        changes: One a file, Secrets and lists.
        warnings: Sentences that name variables and files, never values.
        ignored: Variables that settings leave out.
    """

    changes: tuple[Change, ...]
    warnings: tuple[str, ...]
    ignored: tuple[str, ...]


def plan_generate(request: Request, doors: Doors) -> Plan:
    """Return what `apply_generate` would do; reads, and replaces nothing.

    Raises:
        EnvFileError: The `.env` does not parse or cannot become Secrets; lists all problems.
        LayoutError, RuleError: The repository does not fit.
        MacMismatch, Tampered, NotEncrypted, FormatError: A file that stands is not sound.
    """
    settings = read_settings(doors.files, request.root)
    chosen = choose_scopes(request.scopes, settings)
    variables = env_file.parse(request.env, request.env_path)
    assignment = assign(variables, settings, request.env_path)
    folders = {
        scope.name: read_folder(doors.files, request.root, scope, settings)
        for scope in settings.scopes
    }
    means = Means(
        settings=settings,
        rule_for=_rules(request, doors),
        keyring=doors.keyring,
        now=doors.now,
        prune=request.prune,
        kinds=doors.kinds,
        workers=doors.workers,
    )
    stage = _stage_in(request.root, doors)
    changes = _plan_scopes(chosen, assignment.desired, folders, means, stage)
    _refuse_hiding(assignment, changes, folders, settings)
    warnings = [
        *_warn_shared(assignment, settings),
        *_warn_open(chosen, settings, means.rule_for),
        *warn_tracked(request.env_path, doors),
    ]
    ignored = tuple(variable.name for variable in assignment.ignored)
    return Plan(tuple(sorted(changes, key=turn)), tuple(warnings), ignored)


def apply_generate(made: Plan, root: str, doors: Doors) -> None:
    """Write what a plan holds.

    Raises:
        OutsideError: A file could not be written or removed; those before it are, each whole.
    """
    new = [
        (os.path.join(root, change.path), change.data)
        for change in made.changes
        if change.data is not None
    ]
    if new:
        doors.replace(new)
    for change in made.changes:
        if change.action == REMOVE:
            doors.files.remove(os.path.join(root, change.path))


def _plan_scopes(
    chosen: list[Scope],
    desired: list[Desired],
    folders: dict[str, dict[str, bytes]],
    means: Means,
    stage: Callable[[Change], Change],
) -> list[Change]:
    """Return the changes of scopes, one after the other; their Secrets are planned together."""
    wanted = {scope.name: [one for one in desired if one.scope == scope.name] for scope in chosen}
    pairs = [
        (item, folders[name].get(item.file)) for name, items in wanted.items() for item in items
    ]
    changes: list[Change] = []
    with closing(plan_secrets(pairs, means)) as made:
        for scope in chosen:
            own = wanted[scope.name]
            first = map(stage, islice(made, len(own)))
            changes += plan_scope(scope, own, folders[scope.name], means, first)
    return changes


def _stage_in(root: str, doors: Doors) -> Callable[[Change], Change]:
    """Return what stages a change's file, if that is wanted, while the next ones are planned."""

    def stage(change: Change) -> Change:
        if doors.stage is not None and change.data is not None:
            doors.stage(os.path.join(root, change.path), change.data)
        return change

    return stage


def _rules(request: Request, doors: Doors) -> Callable[[str], CreationRule]:
    path = os.path.join(request.root, FILE_NAME)
    config = Config.parse(doors.files.read(path), path)
    return lambda file: config.rule_for(os.path.join(request.root, file))


def turn(change: Change) -> int:
    """Say when a change is applied: no list may name a file that is not there yet, or any more.

    The two lists of a folder stay in the order in which they were planned.
    """
    if change.action == REMOVE:
        return 2
    return 1 if change.path.rpartition("/")[2] in LISTS else 0


def _refuse_hiding(
    assignment: Assignment,
    changes: list[Change],
    folders: dict[str, dict[str, bytes]],
    settings: RepoSettings,
) -> None:
    """Refuse a Secret that core and an environment would both have, counting what stands.

    Raises:
        LayoutError: Names both files.
    """
    skip = {item.path for item in assignment.desired}
    skip |= {change.path for change in changes if change.action == REMOVE}
    core = settings.core.name
    standing = {
        name: standing_names(settings.secrets_folder(name), files, skip)
        for name, files in folders.items()
    }
    for item in assignment.desired:
        names = [name for name in standing if (name == core) != (item.scope == core)]
        for name in names:
            other = standing[name].get((item.manifest.namespace, item.manifest.name))
            if other is not None:
                raise LayoutError(
                    f"stands for {item.manifest.namespace}/{item.manifest.name}, which "
                    f"{', '.join(item.variables)} would make in {item.scope} too: one would "
                    "hide the other",
                    path=other,
                )


def _warn_shared(assignment: Assignment, settings: RepoSettings) -> list[str]:
    return [
        f"{' and '.join(names)} hold one value: these environments are not isolated"
        for names in find_shared(assignment.scoped, settings)
    ]


def _warn_open(
    chosen: list[Scope], settings: RepoSettings, rule_for: Callable[[str], CreationRule]
) -> list[str]:
    """Warn of a rule that encrypts one environment's files for another's recipient."""
    warnings = []
    for scope in chosen:
        if scope == settings.core or not scope.recipients:
            continue
        rule = rule_for(secret_path(scope.name, "any", settings))
        for other in settings.environments:
            if not {*other.recipients}.isdisjoint({*rule.recipients} - {*scope.recipients}):
                warnings.append(
                    f"{rule.place} encrypts {scope.name} for {other.name} too: "
                    "these environments are not isolated"
                )
    return warnings


def warn_tracked(path: str, doors: Doors) -> list[str]:
    """Return a warning where git tracks a `.env`."""
    if path == STDIN or not is_tracked(path, doors.files, doors.programs):
        return []
    return [f"{path} is tracked by git, with every value in it: git rm --cached {path}"]
