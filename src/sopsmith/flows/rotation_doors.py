"""Say what a rotation is asked for, and what it needs of the outside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sopsmith.kube.key_secret import HOME, KeySecret
from sopsmith.repo.rotation import format_moment, rotation_name

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from datetime import datetime

    from sopsmith.flows.rekey import Means
    from sopsmith.ports import Cluster, Files, Programs
    from sopsmith.repo.settings import RepoSettings
    from sopsmith.secret import Secret


@dataclass(frozen=True)
class Request:
    """What the user asked for.

    Attributes:
        root: The repository's folder.
        keys_path: The file of identities.
        context: The kubeconfig context that leads to the cluster; "" for none.
        recipient: The one that goes, where the environment has several.
        synced: The user says that all who deploy the environment have the moved files.
        wait: Seconds to wait for Argo CD.
        without_backup: Go on where no backup can be made.
        again: Begin another rotation where one is done.
        tenant: Whose identity it is; "" for the platform's.
        keys_in: The Secret of the cluster that holds it.
        shared: The cluster is another environment's, or repository's, as well.
        post_quantum: The new identity is a post-quantum one; it is anyway if the old one is.
    """

    root: str
    environment: str
    keys_path: str
    context: str = ""
    recipient: str = ""
    synced: bool = False
    wait: float = 0.0
    without_backup: bool = False
    again: bool = False
    tenant: str = ""
    keys_in: KeySecret = HOME
    shared: bool = False
    post_quantum: bool = False

    @property
    def name(self) -> str:
        """Return what tells its rotation from the others of the repository."""
        return rotation_name(self.environment, self.tenant)


@dataclass(frozen=True)
class Doors:
    """What the flow needs of the outside.

    Attributes:
        files: The repository's files.
        keys: The same for identities: new files are 0600.
        lock: Keeps other processes away from what is named, while it is held.
        means: For changing files' keys; its keyring is loaded anew at each call.
        cluster: None for a rotation without a cluster.
        back_up: Makes sure that a backup holds the identities of all that some settings name,
            and returns where it is; None where the repository has no recovery recipients.
        now: The time, UTC.
        pause: Waits some seconds.
    """

    files: Files
    keys: Files
    lock: Callable[[str], AbstractContextManager[None]]
    means: Means
    programs: Programs
    new_identity: Callable[[], tuple[Secret, str]]
    cluster: Cluster | None
    back_up: Callable[[RepoSettings], str] | None
    now: Callable[[], datetime]
    pause: Callable[[float], None]

    def moment(self) -> str:
        """Return the time as it is noted."""
        return format_moment(self.now())
