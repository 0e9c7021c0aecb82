"""Say what a bootstrap is asked for, and what it needs of the outside."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from sopsmith.repo.contexts import find_environment
from sopsmith.repo.settings import FILE, parse_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from sopsmith.flows.backup_consent import Consent
    from sopsmith.flows.key_generate import Means
    from sopsmith.flows.steps import Step
    from sopsmith.formats.env_file import Variable
    from sopsmith.ports import Archive, Cluster, Files, Place, Trees
    from sopsmith.repo.key_file import Entry
    from sopsmith.repo.settings import RepoSettings, Scope
    from sopsmith.repo.vet import FolderOf


_parse = lru_cache(maxsize=2)(parse_settings)
"""Steps ask for the settings many times, and hardly ever change them."""


@dataclass(frozen=True)
class Request:
    """What the user asked for.

    Attributes:
        root: The repository's folder.
        keys_paths: Files of identities; a new identity goes into the first one.
        context: The kubeconfig context that was confirmed.
        patch_argocd: Change an Argo CD that runs; otherwise it is only looked at.
        wait: Seconds to wait for the Secrets.
        repositories: Where the repository is fetched from, each as host and path.
        shared: The cluster is another environment's, or repository's, as well.
    """

    root: str
    environment: str
    keys_paths: tuple[str, ...]
    context: str = ""
    patch_argocd: bool = False
    wait: float = 0.0
    repositories: tuple[str, ...] = ()
    shared: bool = False

    def scope(self, settings: RepoSettings) -> Scope:
        """Return the environment.

        Raises:
            UsageError: There is no such one.
        """
        return find_environment(settings, self.environment)

    @property
    def rbac_command(self) -> str:
        """The command that writes the rights that are needed."""
        return f"sopsmith bootstrap --environment {shlex.quote(self.environment)} --rbac USER"


@dataclass(frozen=True)
class Doors:
    """What the flow needs of the outside; what is a function is asked anew at each look.

    Attributes:
        files: The repository's files, by paths that begin with its root.
        inside: The same, by paths relative to the root; read only.
        folder_of: Returns a folder's true path relative to the root.
        held: The age identities at hand, with their texts.
        generating: Means to make an identity.
        archive: Where backups are; `place` is what holds it.
        variables: Of the `.env`.
        pause: Waits some seconds.
        say: Tells a person how far the wait is.
        consent: Raises unless a person has accepted here that identities leave for a backup.
        tools: Steps for programs, which come first.
    """

    cluster: Cluster
    files: Files
    trees: Trees
    inside: Files
    folder_of: FolderOf
    held: Callable[[], Sequence[Entry]]
    generating: Callable[[], Means]
    archive: Callable[[], Archive]
    place: Callable[[], Place]
    variables: Callable[[], Sequence[Variable]]
    now: Callable[[], datetime]
    pause: Callable[[float], None]
    say: Callable[[str], None]
    tool: str
    consent: Consent
    tools: tuple[Step, ...] = ()

    def settings(self, request: Request) -> RepoSettings:
        """Return what sopsmith.yaml says now: a step may have changed it."""
        return _parse(self.files.read(os.path.join(request.root, FILE)), FILE)
