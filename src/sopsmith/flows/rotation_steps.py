"""Do the steps of a rotation, each of which can be done again after a kill at any moment."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from sopsmith.errors import Denied, LayoutError, MasterKeyError, NoIdentity
from sopsmith.flows.key_secret import (
    ClusterKeys,
    Owner,
    add_identities,
    prove_kept,
    prove_opens,
    read_cluster_keys,
    retire_identity,
)  # fmt: skip
from sopsmith.flows.rotation_doors import Doors, Request
from sopsmith.flows.rotation_files import Tree, recipients_of
from sopsmith.flows.rotation_git import Git
from sopsmith.flows.rotation_sync import find_uncommitted, find_unsynced
from sopsmith.flows.rotation_tenant import TenantTree
from sopsmith.kube.key_readers import find_stuck_pods
from sopsmith.kube.key_secret import NAMESPACE
from sopsmith.kube.kinds import POD
from sopsmith.kube.tenants import environment_of
from sopsmith.repo.contexts import find_environment
from sopsmith.repo.key_file import NewIdentity, append_identity, parse_key_file
from sopsmith.repo.recipients import NamedRecipient
from sopsmith.repo.retired import mark_retired
from sopsmith.repo.rotation import (
    BACKUP,
    INJECT,
    MOVE,
    RENEW,
    RETIRE,
    SYNC,
    Rotation,
    parse_moment,
    rotation_path,
)  # fmt: skip
from sopsmith.repo.settings import FILE
from sopsmith.repo.tenant import folder_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sopsmith.age import Identity
    from sopsmith.ports import Cluster
    from sopsmith.repo.settings import RepoSettings
    from sopsmith.secret import Secret

SETTLE = 120.0
"""Seconds that a kubelet may take to bring a changed Secret into a running pod: its sync period
of a minute, and the age of its cache."""
_RESTART = f"kubectl -n {NAMESPACE} rollout restart deployment argocd-repo-server"
_PUT_IN_AGAIN = "somebody took the new identity out of the cluster; the next run puts it in again"
POLL = 5.0
"""Seconds between two looks at Argo CD."""


class Done(NamedTuple):
    """What became of a step.

    Attributes:
        rotation: With what was learned; the step itself is noted by the caller.
        waiting: Why the step is not done yet, or "".
    """

    rotation: Rotation
    waiting: str = ""


class Steps:
    """The steps behind the first one, which makes the rotation.

    Raises:
        Error: By each; nothing is half done then that the next run would not finish.
    """

    def __init__(self, request: Request, doors: Doors) -> None:
        self._request = request
        self._doors = doors
        self._backed_up_now = False
        self._by_name = {
            BACKUP: self._back_up, INJECT: self._inject, MOVE: self._move, SYNC: self._sync,
            RETIRE: self._retire, RENEW: self._renew,
        }  # fmt: skip

    def apply(self, step: str, rotation: Rotation) -> Done:
        """Do a step."""
        return self._by_name[step](rotation)

    def tree(self, rotation: Rotation) -> Tree:
        """Return the repository as a rotation sees it."""
        kind = TenantTree if rotation.tenant else Tree
        return kind(self._request.root, rotation, self._doors.files, self._doors.means)

    def append(self, identity: Secret, recipient: str) -> None:
        """Put a new identity into the file of identities."""
        request, doors = self._request, self._doors
        home = folder_of(request.tenant) if request.tenant else ""
        folder = os.path.realpath(os.path.join(request.root, home))
        new = NewIdentity((request.environment,), identity, recipient)
        with doors.lock(request.keys_path):
            before = doors.keys.find(request.keys_path) or b""
            after = append_identity(before, request.keys_path, new, folder, doors.now())
            doors.keys.write(request.keys_path, after, mode=0o600)

    def label_retired(self, recipient: str) -> None:
        """Label an identity of the file as retired; one that is not there is no loss."""
        path, doors = self._request.keys_path, self._doors
        with doors.lock(path):
            before = doors.keys.find(path) or b""
            after = mark_retired(before, path, recipient, doors.now())
            if after != before:
                doors.keys.write(path, after, mode=0o600)

    def demand_in_cluster(self, rotation: Rotation) -> None:
        """Make sure that the cluster is the one that holds the old identity.

        Raises:
            MasterKeyError: It is not: another cluster, or one that cannot decrypt today.
        """
        if self._doors.cluster is None:
            return
        if rotation.old not in self._held(self._doors.cluster).recipients:
            raise MasterKeyError(
                f"does not hold the identity of {rotation.old}, so this cluster cannot decrypt "
                f"{rotation.name} today",
                path=f"{self._doors.cluster.name}: {self._request.keys_in.place}",
                hint="name its context: --context NAME, or rotate without one: --no-cluster",
            )

    def take_from_cluster(self, rotation: Rotation, gone: str, stays: str) -> None:
        """Take a recipient's identity out of the cluster, if the rest opens all that it must.

        That is every file of the recipient that stays, and all that is opened today.

        Raises:
            NoIdentity: A file would be lost.
        """
        if self._doors.cluster is None:
            return
        before = self._held(self._doors.cluster).identities
        files = [*self._deployed(rotation)]
        needed = [(path, data) for path, data in files if stays in recipients_of(data, path)]

        def prove(left: Sequence[Identity]) -> None:
            prove_opens(needed, left)
            _prove_kept(files, before, left)

        retire_identity(self._doors.cluster, gone, prove, self._request.keys_in)

    def _back_up(self, rotation: Rotation) -> Done:
        self._identity(rotation)
        return self._backed_up(rotation, with_recipient(self.tree(rotation).settings(), rotation))

    def _renew(self, rotation: Rotation) -> Done:
        return self._backed_up(rotation, self.tree(rotation).settings())

    def _backed_up(self, rotation: Rotation, settings: RepoSettings) -> Done:
        if self._doors.back_up is None or not can_back_up(self._request, self._doors):
            return Done(rotation)
        made = self._doors.back_up(settings)
        self._backed_up_now = True
        return Done(replace(rotation, backup=made))

    def _inject(self, rotation: Rotation) -> Done:
        assert self._doors.cluster is not None
        self.demand_in_cluster(rotation)
        files = [*self.tree(rotation).own_files()]
        add_identities(
            self._doors.cluster,
            [self._identity(rotation)],
            lambda identities: _demand_open(files, identities),
            self._request.keys_in,
            self._owner(rotation),
        )
        return Done(rotation)

    def _owner(self, rotation: Rotation) -> Owner:
        settings = self.tree(rotation).settings()
        scope = find_environment(settings, rotation.environment)
        repositories = tuple(sorted(self._git.remotes()))
        return Owner(
            settings, scope, repositories, self._request.shared, (rotation.old, rotation.new)
        )

    def _move(self, rotation: Rotation) -> Done:
        if self._is_taken_out(rotation):
            return Done(rotation.before(INJECT), _PUT_IN_AGAIN)
        if self._doors.cluster is not None:
            stuck = self._let_settle(rotation, self._doors.cluster)
            if stuck:
                return Done(rotation, stuck)
        tree, new = self.tree(rotation), self._demand_new(rotation)
        if not self._backed_up_now:
            # That one was made is noted in Git alone, where somebody else may have written it.
            rotation = self._back_up(rotation).rotation
        tree.move_configuration()
        tree.move_files()
        prove_opens(tree.moved_files(), new)
        return Done(rotation)

    def _demand_new(self, rotation: Rotation) -> list[Identity]:
        """Return the new identity, before anything is encrypted to its recipient.

        What is noted of a rotation stands in Git, where somebody can have written a recipient of
        theirs into it.

        Raises:
            NoIdentity: It is not at hand.
        """
        new = [one for one in self._at_hand() if one.recipient == rotation.new]
        if not new:
            raise _not_held(rotation.new, self._request.keys_path)
        return new

    def _is_taken_out(self, rotation: Rotation) -> bool:
        """Tell whether somebody has taken the new identity out of the cluster since."""
        cluster = self._doors.cluster
        return cluster is not None and rotation.new not in self._held(cluster).recipients

    def _held(self, cluster: Cluster) -> ClusterKeys:
        return read_cluster_keys(cluster, self._request.keys_in)

    def _let_settle(self, rotation: Rotation, cluster: Cluster) -> str:
        """Wait until the pods of Argo CD have what stands in the Secret.

        Returns:
            Why that will not come by waiting, or "".
        """
        since = parse_moment(rotation.done[INJECT])
        self._inject(rotation)
        try:
            stuck = find_stuck_pods(cluster.list(POD, NAMESPACE), since, self._request.keys_in.name)
        except Denied:
            # The wait alone serves every pod that mounts the Secret as documented.
            stuck = []
        if stuck:
            return f"pod {stuck[0]} reads the key only when it starts: {_RESTART}"
        left = SETTLE - (self._doors.now() - since).total_seconds()
        if left > 0:
            self._doors.pause(min(left, SETTLE))
        return ""

    def _sync(self, rotation: Rotation) -> Done:
        tree = self.tree(rotation)
        if tree.plan().changes:
            self._demand_new(rotation)
        came = tree.move_files()
        if came:
            word = "file" if came == 1 else "files"
            return Done(rotation, f"{came} {word} more had the old recipient: commit and push")
        until = self._doors.now().timestamp() + self._request.wait
        while waiting := self._find_unsynced(rotation, tree.folders()):
            if self._doors.now().timestamp() >= until:
                return Done(rotation, waiting)
            self._doors.pause(POLL)
        return Done(rotation)

    def _find_unsynced(self, rotation: Rotation, folders: tuple[str, ...]) -> str:
        git, synced = self._git, self._request.synced
        waiting = find_uncommitted(git, rotation, folders, synced=synced)
        if waiting or synced:
            return waiting
        return find_unsynced(self._doors.cluster, git, rotation, folders)

    def _retire(self, rotation: Rotation) -> Done:
        folders = self.tree(rotation).folders()
        # A merge since the sync may have brought in a file that only the old one opens.
        waiting = find_uncommitted(self._git, rotation, folders, synced=True)
        if waiting:
            return Done(rotation.before(SYNC), waiting)
        if self._is_taken_out(rotation):
            return Done(rotation.before(INJECT), _PUT_IN_AGAIN)
        self.take_from_cluster(rotation, rotation.old, rotation.new)
        self.label_retired(rotation.old)
        return Done(rotation)

    def _identity(self, rotation: Rotation) -> Secret:
        """Return the new identity, as it stands on disk.

        Raises:
            NoIdentity: It does not.
            MasterKeyError: It is labelled for other environments: somebody may have noted its
                recipient to have this environment's files opened by it.
        """
        path = self._request.keys_path
        for entry in parse_key_file(self._doors.keys.find(path) or b"", path):
            if entry.recipient != rotation.new:
                continue
            others = entry.environments
            if others and rotation.environment not in others:
                raise MasterKeyError(
                    f"moves {rotation.name} to {rotation.new}, whose identity is labelled for "
                    f"{', '.join(others)}",
                    path=rotation_path(rotation.name),
                    hint=f"who noted that: git log -p -- {rotation_path(rotation.name)}",
                )
            return entry.line
        raise _not_held(rotation.new, path)

    def _at_hand(self) -> list[Identity]:
        return self._doors.means.keyring().identities

    def _deployed(self, rotation: Rotation) -> Iterator[tuple[str, bytes]]:
        """Yield every file that the cluster may deploy: of the branch's head, where git is used.

        Left out are environments that are tied to another cluster.
        """
        settings = self.tree(rotation).settings()
        elsewhere = [
            scope.name
            for scope in settings.environments
            if scope.context not in ("", rotation.context)
        ]
        folders = tuple(f"{settings.overlay_folder(name)}/" for name in elsewhere)
        head = self._git.find("HEAD")
        files = self.tree(rotation).all_files() if head is None else self._git.files_at(head)
        for path, data in files:
            inside = os.path.relpath(path, self._request.root) if head is None else path
            if not inside.startswith(folders) and environment_of(inside) not in elsewhere:
                yield inside, data

    @property
    def _git(self) -> Git:
        return Git(self._doors.programs, self._request.root)


def _not_held(recipient: str, path: str) -> NoIdentity:
    return NoIdentity(
        f"does not hold the new identity, of {recipient}",
        path=path,
        hint="the rotation was begun on another machine; go on there, or bring it here: "
        "sopsmith key restore; if nobody of yours began it: git log -p -- .sopsmith/rotations",
    )


def _prove_kept(
    files: list[tuple[str, bytes]], before: Sequence[Identity], left: Sequence[Identity]
) -> None:
    try:
        prove_kept(files, before, left)
    except NoIdentity as error:
        error.hint = (
            "move that file too; if this cluster does not deploy it, say which one does: "
            "environments.NAME.context in sopsmith.yaml"
        )
        raise


def _demand_open(files: list[tuple[str, bytes]], identities: Sequence[Identity]) -> None:
    prove_opens(files, identities)


def can_back_up(request: Request, doors: Doors) -> bool:
    """Tell whether there is anybody to back up for.

    Raises:
        LayoutError: There is not, and the user has not accepted that.
    """
    if doors.back_up is None and not request.without_backup:
        raise LayoutError(
            "names no recovery recipient, so the new identity cannot be backed up",
            path=FILE,
            key="recovery.recipients",
            hint="name one there; or accept that who loses keys.txt loses all: --without-backup",
        )
    return doors.back_up is not None


def with_recipient(settings: RepoSettings, rotation: Rotation) -> RepoSettings:
    """Return the settings as if the environment had the new recipient besides the old one."""
    new = NamedRecipient(rotation.new)
    return replace(
        settings,
        environments=tuple(
            replace(one, named=(*one.named, new))
            if one.name == rotation.environment and rotation.new not in one.recipients
            else one
            for one in settings.environments
        ),
    )
