"""Write Secrets that something else held until now into a scope's folder, encrypted.

What the three migrations share: each says which Secrets there are and what cannot follow, and
this plans their files, by the rules of `.sops.yaml` and through the writers of `generate`.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from sopsmith import age
from sopsmith.errors import Error, ManifestError, UsageError
from sopsmith.flows.generate import Doors, apply_generate
from sopsmith.flows.generate import Plan as Written
from sopsmith.kube.secret import SIZE_LIMIT, SecretManifest, check_data_key
from sopsmith.repo.assign import Desired
from sopsmith.repo.folders import LISTS, choose_scopes, read_folder
from sopsmith.repo.manifests import SUFFIX, secret_path
from sopsmith.repo.migration import (
    Migrated,
    RemoteKey,
    Run,
    add_run,
    dump_runs,
    parse_runs,
    record_path,
    sign_all,
)
from sopsmith.repo.names import NAME_LIMIT, NAMESPACE_LIMIT, fault
from sopsmith.repo.plan import CREATE, UPDATE, Change
from sopsmith.repo.plan_scope import Means, plan_scope, standing_names
from sopsmith.repo.root import read_settings
from sopsmith.repo.settings import RepoSettings, Scope
from sopsmith.secret import Secret
from sopsmith.sops.config import FILE_NAME, Config, CreationRule

LEFT, STANDS = "left", "stands"


class Found(NamedTuple):
    """A Secret that can follow.

    Attributes:
        object: What holds or makes it until now, for people.
        origin: Where its values come from, for people.
        remote: What a provider holds of it.
    """

    object: str
    origin: str
    manifest: SecretManifest
    remote: tuple[RemoteKey, ...] = ()


class Left(NamedTuple):
    """What cannot follow or must not, and why."""

    object: str
    reason: str


class Row(NamedTuple):
    """One line of a plan.

    Attributes:
        action: `create`, `update`, `keep`, `left` and so on.
        path: Where it goes; "" for what is left.
    """

    action: str
    object: str
    origin: str = ""
    path: str = ""
    reason: str = ""


class Plan(NamedTuple):
    """What would be done.

    Attributes:
        changes: Files, in the order in which they are written.
    """

    scope: str
    rows: tuple[Row, ...]
    changes: tuple[Change, ...]


def choose_scope(name: str, settings: RepoSettings) -> Scope:
    """Return the scope that Secrets go to: the one named, or the only environment.

    Raises:
        UsageError: There is no such scope, or several and none is named.
    """
    if name:
        return choose_scopes((name,), settings)[0]
    if len(settings.environments) == 1:
        return settings.environments[0]
    names = ", ".join(one.name for one in settings.scopes)
    raise UsageError("nothing says where the Secrets go", hint=f"--scope, one of {names}")


def plan_migration(
    root: str, scope_name: str, found: Sequence[Found], left: Sequence[Left], doors: Doors
) -> Plan:
    """Return the files that Secrets become, and the lists and the record that change with them.

    Raises:
        LayoutError, RuleError: The repository does not fit.
        MacMismatch, Tampered, NotEncrypted, FormatError: A file that stands is not sound.
    """
    settings = read_settings(doors.files, root)
    scope = choose_scope(scope_name, settings)
    path = os.path.join(root, FILE_NAME)
    config = Config.parse(doors.files.read(path), path)

    def rule_for(file: str) -> CreationRule:
        return config.rule_for(os.path.join(root, file))

    folders = {one.name: read_folder(doors.files, root, one, settings) for one in settings.scopes}
    placed, refused = _place(found, scope, folders, settings)
    means = Means(
        settings, rule_for, doors.keyring, doors.now, kinds=doors.kinds, workers=doors.workers
    )
    made = plan_scope(scope, [item for item, _ in placed], folders[scope.name], means)
    wanted = {item.path: one for item, one in placed}
    rows = [
        Row(change.action, wanted[change.path].object, wanted[change.path].origin, change.path,
            change.reason)
        for change in made if change.path in wanted
    ]  # fmt: skip
    rows += [*refused, *(Row(LEFT, one.object, reason=one.reason) for one in left)]
    lists = [one for one in made if one.path.rpartition("/")[2] in LISTS]
    files = [change for change in made if change.path in wanted and change.data is not None]
    record = _record(root, scope, made, wanted, means, doors)
    return Plan(scope.name, tuple(rows), (*files, *lists, *record))


def apply_migration(made: Plan, root: str, doors: Doors) -> None:
    """Write what a plan holds: Secrets, then the lists that name them, then the record.

    Raises:
        OutsideError: A file could not be written; those before it are, each whole.
    """
    apply_generate(Written(made.changes, (), ()), root, doors)


def check_manifest(manifest: SecretManifest) -> SecretManifest:
    """Return a Secret, if Kubernetes takes it.

    Raises:
        ManifestError: It does not; says why.
    """
    if not manifest.namespace:
        raise ManifestError(
            "nothing says its namespace",
            hint="--namespace NAME",
        )
    reason = fault(manifest.namespace, NAMESPACE_LIMIT)
    if reason:
        raise ManifestError(f"its namespace is none: {reason}")
    if len(manifest.name) > NAME_LIMIT or any(
        fault(part, NAME_LIMIT) for part in manifest.name.split(".")
    ):
        raise ManifestError("the Secret's name is none that Kubernetes takes")
    if not manifest.data:
        raise ManifestError("the Secret would hold nothing")
    for key in manifest.data:
        check_data_key(key)
    if manifest.size > SIZE_LIMIT:
        raise ManifestError(f"the Secret would hold {manifest.size} bytes, over {SIZE_LIMIT}")
    return manifest


def _place(
    found: Sequence[Found],
    scope: Scope,
    folders: dict[str, dict[str, bytes]],
    settings: RepoSettings,
) -> tuple[list[tuple[Desired, Found]], list[Row]]:
    """Give each Secret its file; what cannot have one becomes a row with the reason."""
    standing = {
        name: standing_names(settings.secrets_folder(name), files, set())
        for name, files in folders.items()
        if name == scope.name or settings.core.name in {name, scope.name}
    }
    named = Counter(one.manifest.name for one in found)
    placed: list[tuple[Desired, Found]] = []
    refused: list[Row] = []
    taken: set[tuple[str, str]] = set()
    for one in found:
        manifest = one.manifest
        identity = (manifest.namespace, manifest.name)
        try:
            check_manifest(manifest)
        except Error as error:
            reason = "; ".join(filter(None, (error.key, error.message, error.hint)))
            refused.append(Row(LEFT, one.object, reason=reason))
            continue
        own = standing[scope.name]
        others = [paths[identity] for name, paths in standing.items()
                  if name != scope.name and identity in paths]  # fmt: skip
        path = own.get(identity) or _new_path(manifest, named, own, scope, settings)
        if identity in taken:
            reason = "another object makes the same Secret"
            refused.append(Row(LEFT, one.object, reason=reason))
        elif others:
            refused.append(Row(STANDS, one.object, path=others[0], reason="stands there already"))
        else:
            placed.append((Desired(scope.name, path, manifest, ()), one))
        taken.add(identity)
    return sorted(placed, key=lambda pair: pair[0].path), refused


def _new_path(
    manifest: SecretManifest,
    named: Counter[str],
    standing: dict[tuple[str, str], str],
    scope: Scope,
    settings: RepoSettings,
) -> str:
    """Return a file's path; the namespace is part of the name where it has to be."""
    plain = secret_path(scope.name, manifest.name, settings)
    if named[manifest.name] == 1 and plain not in standing.values():
        return plain
    return secret_path(scope.name, f"{manifest.namespace}.{manifest.name}", settings)


def _record(
    root: str,
    scope: Scope,
    made: list[Change],
    wanted: dict[str, Found],
    means: Means,
    doors: Doors,
) -> list[Change]:
    path = record_path(scope.name)
    present = doors.files.find(os.path.join(root, path))
    runs = parse_runs(present, path) if present else []
    known = {(one.namespace, one.name) for run in runs for one in run.secrets}
    new = [
        (change.path, wanted[change.path])
        for change in made
        if change.path in wanted
        and (change.action in {CREATE, UPDATE} or _identity(wanted[change.path]) not in known)
    ]
    if not new:
        return []
    key = Secret(os.urandom(32))
    recipients = sorted({
        one for file, _ in new if len(means.rule_for(file).key_groups) == 1
        for one in means.rule_for(file).recipients
    })  # fmt: skip
    wrapped = age.wrap_for(recipients, key) if recipients else ""
    secrets = tuple(_migrated(file, one, key if recipients else None) for file, one in new)
    run = Run(doors.now.strftime("%Y-%m-%dT%H:%M:%SZ"), wrapped, secrets)
    action = UPDATE if present else CREATE
    return [Change(action, scope.name, path, data=dump_runs(add_run(runs, run)))]


def _identity(one: Found) -> tuple[str, str]:
    return one.manifest.namespace, one.manifest.name


def _migrated(path: str, one: Found, key: Secret | None) -> Migrated:
    namespace, name = _identity(one)
    data = {field: value.reveal() for field, value in one.manifest.data.items()}
    signs = sign_all(key, namespace, name, data) if key else {}
    return Migrated(namespace, name, one.object, path, tuple(signs.items()), one.remote)


__all__ = ["SUFFIX", "Doors", "Found", "Left", "Plan", "Row", "apply_migration", "plan_migration"]
