"""Tell whether everybody who deploys an environment has the files of its new recipient."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from sopsmith.errors import Denied, NotThere
from sopsmith.flows.rotation_files import recipients_of
from sopsmith.flows.rotation_git import place_of
from sopsmith.kube.kinds import APPLICATION
from sopsmith.repo.layout import SOPS_CONFIG

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sopsmith.flows.rotation_git import Git
    from sopsmith.ports import Cluster, Object
    from sopsmith.repo.rotation import Rotation

_SHORT = 10  # digits of a commit
_COMMIT = re.compile(r"[0-9a-f]{40,64}")
_BY_HAND = "once all who deploy it have the moved files, say so: --synced"


class Deployed(NamedTuple):
    """What Argo CD says of an Application that deploys the environment.

    Attributes:
        state: `Synced`, `OutOfSync` or `Unknown`.
        revision: The commit that it compared with; "" before the first.
        repository: Where it is fetched from, as `place_of` writes it.
    """

    name: str
    state: str
    revision: str
    repository: str


def find_stale(files: Iterable[tuple[str, bytes]], rotation: Rotation) -> list[str]:
    """Return the SOPS files that name the old recipient and not yet the new one."""
    return [path for path, data in files if _is_stale(data, path, rotation)]


def find_uncommitted(
    git: Git, rotation: Rotation, folders: tuple[str, ...], *, synced: bool
) -> str:
    """Return why the moved files cannot be with anybody else yet, or "".

    Args:
        folders: Where the environment's files stand.
        synced: The user says that all have them; that is believed of what git cannot tell.
    """
    head = git.find("HEAD")
    if head is None:
        return "" if synced else f"git has no commit here that could tell; {_BY_HAND}"
    stale = find_stale(git.files_at(head, *folders), rotation)
    if stale:
        return f"{_files(stale)} in HEAD without the new recipient: commit and push"
    for path, data in git.files_at(head, SOPS_CONFIG, rotation.settings_path):
        # Whoever has the old configuration encrypts the next file for the old recipient.
        if rotation.new.encode() not in data:
            return f"{path} in HEAD does not name the new recipient: commit and push"
    upstream = git.find("@{upstream}")
    if upstream is not None and find_stale(git.files_at(upstream, *folders), rotation):
        return "the moved files are committed, and not pushed: git push"
    return ""


def find_unsynced(
    cluster: Cluster | None, git: Git, rotation: Rotation, folders: tuple[str, ...]
) -> str:
    """Return what Argo CD has not synced yet, or "" where all has.

    Args:
        folders: Where the environment's files stand, its overlay first.

    Raises:
        Unreachable: The cluster does not answer.
    """
    if cluster is None:
        return _BY_HAND
    overlay = folders[0]
    try:
        found = [*_deployed(cluster.list(APPLICATION), git.prefix() + overlay)]
    except (NotThere, Denied) as error:
        return f"Argo CD cannot be asked ({error}); {_BY_HAND}"
    if not found:
        return f"no Application of the cluster has the path {overlay}; {_BY_HAND}"
    # Another team's repository may have the same layout. Where none is known for ours, as by
    # a mirror's name, all count: that waits too long at worst.
    remotes = git.remotes()
    found = [one for one in found if one.repository in remotes] or found
    waiting = (_why(one, git, rotation, folders) for one in found)
    return next((why for why in waiting if why), "")


def _why(one: Deployed, git: Git, rotation: Rotation, folders: tuple[str, ...]) -> str:
    if one.state != "Synced":
        return f"Application {one.name} is {one.state}"
    commit = git.find(one.revision) if _COMMIT.fullmatch(one.revision) else None
    at = one.revision[:_SHORT] or "no commit"
    if commit is None:
        return f"Application {one.name} is at {at}, which this clone does not have: git fetch"
    stale = find_stale(git.files_at(commit, *folders), rotation)
    if stale:
        news = f"sopsmith refresh --environment {rotation.environment} has it look for newer ones"
        gap = f"{_files(stale)} there without the new recipient"
        return f"Application {one.name} is at {at}: {gap}; {news}"
    return ""


def _deployed(applications: list[Object], overlay: str) -> Iterator[Deployed]:
    """Yield the Applications that have a source in an overlay, once a source."""
    for one in applications:
        spec, sync = one.get("spec") or {}, (one.get("status") or {}).get("sync") or {}
        sources = spec.get("sources") or [spec.get("source") or {}]
        revisions = sync.get("revisions") or [sync.get("revision", "")] * len(sources)
        for source, revision in zip(sources, revisions, strict=False):
            path = str(source.get("path", "")).removeprefix("./").rstrip("/")
            if path == overlay or path.startswith(f"{overlay}/"):
                name = f"{one['metadata'].get('namespace', '')}/{one['metadata']['name']}"
                yield Deployed(name, str(sync.get("status", "Unknown")), str(revision),
                               place_of(str(source.get("repoURL", ""))))  # fmt: skip


def _is_stale(data: bytes, path: str, rotation: Rotation) -> bool:
    recipients = recipients_of(data, path)
    return rotation.old in recipients and rotation.new not in recipients


def _files(paths: list[str]) -> str:
    more = len(paths) - 1
    return f"{paths[0]} and {more} more stand" if more else f"{paths[0]} stands"
