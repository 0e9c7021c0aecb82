"""List every secret of a repository: where, what for, for whom, how old, and what reads it.

Nothing is opened: names, keys, recipients and dates stand in clear. Each file is read once, in
whatever process; the past is gone through once for all of them.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from sopsmith.errors import Error
from sopsmith.flows.inventory_file import FileLook
from sopsmith.flows.recipients_look import name_recipients
from sopsmith.kube.consumers import Use
from sopsmith.repo.expiry import parse_expiry
from sopsmith.repo.manifests import mappings_of
from sopsmith.repo.root import read_settings
from sopsmith.repo.settings import CORE, RepoSettings

if TYPE_CHECKING:
    from sopsmith.flows.lint import Doors
    from sopsmith.history import Commit


class Reference(NamedTuple):
    """A use, where it stands and the scope that it is deployed in ("" for any)."""

    use: Use
    path: str
    scope: str


class Listed(NamedTuple):
    """One secret.

    Attributes:
        scope: `core`, an environment, or "" for what lies in none of them.
        name: The object's; the path where the file is no manifest.
        keys: Names of its values.
        wave: Of Argo CD's sync; None where it says none.
        recipients: Names where `sopsmith.yaml` has them.
        expires: UTC; None where it says none, or nothing that can be read.
        changed: The commit that made the file what it is; None where git knows of none.
    """

    scope: str
    namespace: str
    name: str
    path: str
    keys: tuple[str, ...]
    wave: int | None
    recipients: tuple[str, ...]
    expires: datetime | None
    used_by: str = ""
    changed: Commit | None = None
    consumers: tuple[Reference, ...] = ()

    @property
    def shown(self) -> str:
        """What people call it: `namespace/name`."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name

    def age_days(self, now: datetime) -> int | None:
        """Return how many days ago its file changed, or None where git knows of no change."""
        return None if self.changed is None else max((now - self.changed.time).days, 0)


class Inventory(NamedTuple):
    """What was found.

    Attributes:
        environments: Their names, in the order of `sopsmith.yaml`.
        missing: References to Secrets that nothing in the repository makes.
        problems: Path and reason of files that cannot be read.
    """

    environments: tuple[str, ...]
    secrets: tuple[Listed, ...]
    missing: tuple[Reference, ...]
    problems: tuple[tuple[str, str], ...]

    @property
    def unused(self) -> list[Listed]:
        """Secrets that no manifest reads and that `sopsmith.yaml` names no reader of."""
        return [one for one in self.secrets if not (one.consumers or one.used_by)]

    def matrix(self) -> dict[str, frozenset[str]]:
        """Return the scopes that each secret of core or an environment is in, by its name."""
        found: dict[str, set[str]] = {}
        for one in self.secrets:
            if one.scope:
                found.setdefault(one.shown, set()).add(one.scope)
        return {name: frozenset(scopes) for name, scopes in sorted(found.items())}

    def gaps(self) -> dict[str, frozenset[str]]:
        """Return the part of the matrix that is in some environments and missing in others."""
        every = {*self.environments}
        return {
            name: scopes
            for name, scopes in self.matrix().items()
            if CORE not in scopes and scopes != every
        }

    def only(self, environment: str) -> Inventory:
        """Return what one environment's cluster gets: its own secrets, and core's."""
        wanted = {environment, CORE}
        return self._replace(
            secrets=tuple(one for one in self.secrets if one.scope in wanted),
            missing=tuple(one for one in self.missing if one.scope in {*wanted, ""}),
        )


def read_inventory(root: str, doors: Doors, changes: dict[str, Commit]) -> Inventory:
    """Return what a repository holds.

    Args:
        root: Its root, as paths shall begin.
        changes: The last commit of each file, by its path below the root.

    Raises:
        LayoutError: The settings cannot be read.
    """
    settings = read_settings(doors.files, root)
    names = {key: one.shown for key, one in name_recipients(settings).items()}
    secrets: list[Listed] = []
    uses: list[Reference] = []
    made: set[tuple[str, str]] = set()
    problems: list[tuple[str, str]] = []
    for answer in doors.workers.map(FileLook(doors.trees).one, doors.trees.walk((root,))):
        if answer is None:
            continue
        path, kind, parts = answer
        assert isinstance(parts, tuple)
        below = os.path.relpath(str(path), root)
        scope = scope_of_path(below, settings)
        if kind == "problem":
            problems.append((str(path), str(parts[0])))
        elif kind == "secret":
            found = (_listed(part, str(path), scope, names) for part in parts)
            secrets += [_known(one, settings, changes.get(below)) for one in found]
        for part in parts if kind == "manifest" else ():
            assert isinstance(part, tuple)
            if len(part) == 2:
                made.add((str(part[0]), str(part[1])))
            else:
                secret, namespace, consumer, how = map(str, part[:4])
                use = Use(secret, namespace, consumer, how, bool(part[4]))
                uses.append(Reference(use, str(path), scope))
    uses = list(dict.fromkeys(uses))
    environments = tuple(one.name for one in settings.environments)
    return Inventory(
        environments, tuple(_joined(secrets, uses)), tuple(_missing(uses, secrets, made)),
        tuple(problems),
    )  # fmt: skip


def scope_of_path(path: str, settings: RepoSettings) -> str:
    """Return the scope that a file lies in: its overlay, or else a folder named like one."""
    names = [one.name for one in settings.scopes]
    for name in names:
        if path.startswith(f"{settings.overlay_folder(name)}/"):
            return name
    folders = os.path.dirname(path).split("/")
    return next((one for one in reversed(folders) if one in names), "")


def _listed(part: object, path: str, scope: str, names: dict[str, str]) -> Listed:
    assert isinstance(part, tuple)
    namespace, name, wave, expires, keys, recipients = part
    assert isinstance(keys, tuple)
    assert isinstance(recipients, tuple)
    assert wave is None or isinstance(wave, int)
    try:
        moment = parse_expiry(str(expires)) if expires else None
    except Error:
        # `sopsmith status` says which dates cannot be read.
        moment = None
    shown = tuple(names.get(str(one), str(one)) for one in recipients)
    return Listed(
        scope, str(namespace), str(name) or path, path, tuple(map(str, keys)), wave, shown, moment
    )


def _known(one: Listed, settings: RepoSettings, changed: Commit | None) -> Listed:
    scope = next((s for s in settings.scopes if s.name == one.scope), None)
    mappings = mappings_of(scope, settings) if scope else []
    used_by = next((m.used_by for m in mappings if m.name == one.name), "")
    return one._replace(used_by=used_by, changed=changed)


def _joined(secrets: list[Listed], uses: list[Reference]) -> Iterator[Listed]:
    by_name: dict[str, list[Reference]] = {}
    for one in uses:
        by_name.setdefault(one.use.secret, []).append(one)
    for secret in sorted(secrets, key=lambda one: (one.scope, one.shown, one.path)):
        found = (u for u in by_name.get(secret.name, ()) if _reaches(u, secret))
        yield secret._replace(consumers=tuple(found))


def _reaches(one: Reference, secret: Listed) -> bool:
    """Tell whether a reference can mean a secret; what names no namespace can be in any."""
    apart = one.scope and secret.scope and CORE not in (one.scope, secret.scope)
    if apart and one.scope != secret.scope:
        return False
    return one.use.namespace in ("", secret.namespace) or not secret.namespace


def _missing(
    uses: Iterable[Reference], secrets: list[Listed], made: set[tuple[str, str]]
) -> Iterator[Reference]:
    by_name: dict[str, list[Listed]] = {}
    for secret in secrets:
        by_name.setdefault(secret.name, []).append(secret)
    others: dict[str, set[str]] = {}
    for namespace, name in made:
        others.setdefault(name, set()).add(namespace)
    for one in uses:
        here = any(_reaches(one, secret) for secret in by_name.get(one.use.secret, ()))
        namespaces = others.get(one.use.secret, set())
        there = namespaces and (not one.use.namespace or bool(namespaces & {"", one.use.namespace}))
        if not (here or there or one.use.optional):
            yield one
