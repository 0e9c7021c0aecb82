"""Plan one scope: its Secrets, what is left over, and the two lists that name them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from fnmatch import fnmatchcase
from typing import NamedTuple

from sopsmith.errors import Error
from sopsmith.ports import Workers
from sopsmith.repo import listing
from sopsmith.repo.assign import Desired
from sopsmith.repo.folders import KUSTOMIZATIONS, kustomization_of
from sopsmith.repo.layout_argocd import GENERATOR, build_argocd_files
from sopsmith.repo.manifests import SUFFIX
from sopsmith.repo.origin import is_generated
from sopsmith.repo.plan import (
    CREATE,
    MISSING,
    REMOVE,
    STALE,
    UNLISTED,
    UPDATE,
    Change,
    read_clear,
)
from sopsmith.repo.plan_secrets import plan_secrets
from sopsmith.repo.settings import RepoSettings, Scope
from sopsmith.sops.config import CreationRule
from sopsmith.sops.keyring import Keyring
from sopsmith.sops.wrapping import Kinds


class Means(NamedTuple):
    """What planning takes besides the scope itself.

    Attributes:
        rule_for: Finds the creation rule of a path relative to the root.
        keyring: Loads the identities; called only if a file has to be opened.
        prune: Remove what is left over, instead of only saying so.
        kinds: The kinds of master key besides age that can be reached.
        workers: Encrypt and compare on all cores; None does so one after the other.
        inside: What the generator writes before a file's name: `secrets/` where the lists stand
            in the folder above the Secrets.
        build: Returns the text of a list that does not stand yet, by its path.
    """

    settings: RepoSettings
    rule_for: Callable[[str], CreationRule]
    keyring: Callable[[], Keyring]
    now: datetime
    prune: bool = False
    kinds: Kinds | None = None
    workers: Workers | None = None
    inside: str = ""
    build: Callable[[RepoSettings], dict[str, str]] = build_argocd_files

    def lists_folder(self, scope: Scope) -> str:
        """Return the folder of a scope's lists, relative to the repository."""
        return self.settings.secrets_folder(scope.name).removesuffix(f"/{self.inside[:-1]}")


def plan_scope(
    scope: Scope,
    desired: list[Desired],
    folder: dict[str, bytes],
    means: Means,
    made: Iterator[Change] | None = None,
) -> list[Change]:
    """Return the changes of one scope, its Secrets first and its lists last.

    Args:
        folder: The scope's Secrets and lists, by name.
        made: The changes of the Secrets, where the caller has several scopes planned together.
    """
    if made is None:
        made = plan_secrets([(item, folder.get(item.file)) for item in desired], means)
    changes = list(made)
    left = _left_over(scope, {item.file for item in desired}, folder, means)
    lists = _plan_lists(scope, desired, left, folder, means)
    # What prune takes out of a list shows as a change of the list.
    said = [change for change in left if change.action != MISSING or not means.prune]
    return changes + said + lists


def standing_names(
    home: str, folder: dict[str, bytes], skip: set[str]
) -> dict[tuple[str, str], str]:
    """Return the path of each Secret that a folder holds, by namespace and name.

    Args:
        home: The folder's own path, which the paths begin with.
        skip: Paths to leave out.
    """
    found: dict[tuple[str, str], str] = {}
    for file, data in folder.items():
        path = f"{home}/{file}"
        if file.endswith(SUFFIX) and path not in skip:
            content = _clear(data)
            metadata = content.get("metadata") if isinstance(content, dict) else None
            if isinstance(metadata, dict):
                found[str(metadata.get("namespace")), str(metadata.get("name"))] = path
    return found


def _left_over(
    scope: Scope, wanted: set[str], folder: dict[str, bytes], means: Means
) -> list[Change]:
    """Return what nothing generates any more, and is of a shape that generate makes."""
    home = means.settings.secrets_folder(scope.name)
    named = _listed(f"{means.lists_folder(scope)}/{GENERATOR}", folder.get(GENERATOR))
    listed = [entry.removeprefix(means.inside) for entry in named]
    globs = [entry for entry in listed if not {*entry}.isdisjoint("*?[")]
    plain = {*listed}.difference(globs)
    left = []
    for file, data in sorted(folder.items()):
        if not file.endswith(SUFFIX) or file in wanted:
            continue
        if is_generated(_clear(data), scope, means.settings):
            is_named = file in plain or any(fnmatchcase(file, entry) for entry in globs)
            action = (REMOVE if means.prune else STALE) if is_named else UNLISTED
            left.append(Change(action, scope.name, f"{home}/{file}"))
    missing = (entry for entry in listed if _is_missing(entry, wanted, folder))
    return left + [Change(MISSING, scope.name, f"{home}/{entry}") for entry in missing]


def _is_missing(entry: str, wanted: set[str], folder: dict[str, bytes]) -> bool:
    # Entries of other forms (globs, other folders) were written by hand.
    plain = entry.endswith(SUFFIX) and not {*entry} & {*"/*?["}
    return plain and entry not in wanted and entry not in folder


def _plan_lists(
    scope: Scope,
    desired: list[Desired],
    left: list[Change],
    folder: dict[str, bytes],
    means: Means,
) -> list[Change]:
    taken_out = {REMOVE, MISSING} if means.prune else set()
    names = [change.path.rpartition("/")[2] for change in left if change.action in taken_out]
    gone = [f"{means.inside}{name}" for name in names]
    if not desired and not gone:
        return []
    home = means.lists_folder(scope)
    kustomization_name = kustomization_of(folder)

    def fresh(name: str) -> bytes:
        standard = KUSTOMIZATIONS[0] if name == kustomization_name else name
        return means.build(means.settings)[f"{home}/{standard}"].encode()

    def edit(name: str, change: Callable[[bytes], bytes]) -> Change | None:
        path = f"{home}/{name}"
        try:
            data = change(folder.get(name) or fresh(name))
        except Error as error:
            raise error.at(path) from None
        action = UPDATE if name in folder else CREATE
        return None if data == folder.get(name) else Change(action, scope.name, path, data=data)

    files = [f"{means.inside}{item.file}" for item in desired]
    generator = edit(GENERATOR, lambda data: listing.update_generator(data, files, remove=gone))
    final = (generator.data if generator else None) or folder.get(GENERATOR, b"")
    idle = listing.is_idle(final)
    kustomization = edit(
        kustomization_name, listing.drop_generator if idle else listing.update_kustomization
    )
    # The kustomization must not name a generator that makes nothing, at no moment: KSOPS fails
    # on one.
    order = (kustomization, generator) if idle else (generator, kustomization)
    return [change for change in order if change is not None]


def _listed(path: str, generator: bytes | None) -> list[str]:
    try:
        return listing.listed_files(generator) if generator else []
    except Error as error:
        raise error.at(path) from None


def _clear(data: bytes) -> object:
    try:
        return read_clear(data)
    except Error:
        # What is not a sound encrypted file was not made here; audit speaks of it.
        return None
