"""Bring an environment's identity to this machine, into its cluster and into a backup.

What must never happen: a second identity where one was only not found, a cluster with what
opens another environment, and an identity that only one machine has.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from sopsmith.errors import LayoutError, NoIdentity, NotThere, OutsideError
from sopsmith.flows import backup
from sopsmith.flows.backup_checks import is_x25519, readers_of
from sopsmith.flows.backup_store import (
    check_history,
    find_coverage,
    is_noted,
    read_backup,
    read_record,
)
from sopsmith.flows.bootstrap_rights import Right, access
from sopsmith.flows.key_generate import GenerateRequest, apply_key, plan_key
from sopsmith.flows.key_secret import (
    Owner,
    add_identities,
    prove_opens,
    read_cluster_keys,
    refuse_foreign,
)
from sopsmith.flows.reading import read_for_sops
from sopsmith.flows.steps import BLOCKED, DONE, NEEDED, Looked
from sopsmith.kube.key_secret import NAME, PLACE
from sopsmith.kube.key_secret import NAMESPACE as HOME
from sopsmith.kube.kinds import SECRET
from sopsmith.repo.argocd_settings import SECRETS_PROJECT
from sopsmith.repo.backups import RECORD, object_name
from sopsmith.repo.settings import CORE, FILE
from sopsmith.sops.recognise import recognise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sopsmith.age import Identity as Opener
    from sopsmith.flows.bootstrap_doors import Doors, Request
    from sopsmith.repo.key_file import Entry
    from sopsmith.repo.settings import RepoSettings, Scope


class Identity:
    """The environment's identity is at hand; one is made only where there never was any."""

    name = "identity"
    title = "age identity"

    def __init__(self, request: Request, doors: Doors) -> None:
        self._request = request
        self._doors = doors

    def check(self) -> Looked:
        """Find it here, else in a backup, else see whether one may be made."""
        scope = self._request.scope(self._doors.settings(self._request))
        here = find_own(scope, self._doors.held())
        if here:
            return Looked(DONE, f"at hand: {_recipients(here)}")
        recipients = [one for one in scope.recipients if is_x25519(one)]
        return self._look_in_backups(recipients) if recipients else self._may_make()

    def apply(self) -> None:
        """Make an identity, once it is proven that none was ever backed up."""
        self._prove_absence()
        means = self._doors.generating()
        apply_key(plan_key(self._asked(), means), means)

    def _look_in_backups(self, recipients: list[str]) -> Looked:
        archive = self._doors.archive()
        try:
            coverage = find_coverage(archive, backup.find_backups(archive), recipients)
        except NotThere as error:
            return _elsewhere(recipients, str(error))
        for one in coverage.newest_of.values():
            why = f"not at hand, but in {archive.place(object_name(one.number))}"
            return Looked(BLOCKED, why, f"sopsmith key restore {one.number}")
        if coverage.damaged:
            return _elsewhere(recipients, f"a backup is damaged: {coverage.damaged[0]}")
        return _elsewhere(recipients, f"no backup in {archive.place('')} holds it")

    def _may_make(self) -> Looked:
        # Raises where files or rules name a recipient that sopsmith.yaml does not.
        plan = plan_key(self._asked(), self._doors.generating())
        environment = self._request.environment
        # The place is made by the step before; `apply` asks for the proof again.
        with suppress(NotThere):
            self._prove_absence()
        if plan.resumed:
            return Looked(NEEDED, f"an identity of {environment} was made, and is named nowhere")
        return Looked(NEEDED, f"{environment} has no recipient, and no backup holds one: make it")

    def _prove_absence(self) -> None:
        """Return only where no backup can hold an identity that was the environment's.

        Where other environments are backed up, that takes the store that the repository notes,
        with nothing in it that the repository does not know.

        Raises:
            OutsideError: One may; `Denied`, `Unreachable` and `NotThere` where nothing is known.
            Tampered: A backup is damaged, or another one than was noted.
        """
        archive = self._doors.archive()
        record = read_record(self._doors.files, os.path.join(self._request.root, RECORD))
        if record is None or record.store != archive.place(""):
            backup.prove_absence(archive, record)
            return
        known = backup.find_backups(archive)
        check_history(archive, known, record)
        backups = [read_backup(archive, number) for number in known.numbers]
        named = readers_of(self._doors.settings(self._request), ())
        strange = {one for found in backups for one in found.recipients if one not in named}
        if strange:
            name = self._request.environment
            raise OutsideError(
                f"holds the identity of {', '.join(sorted(strange))}, which nothing names: it may "
                f"be that of {name}, so none is made",
                path=archive.place(""),
                hint=f"sopsmith key restore; or, if {name} never had one: "
                f"sopsmith key generate --environment {name}",
            )

    def _asked(self) -> GenerateRequest:
        request = self._request
        return GenerateRequest(request.root, request.keys_paths[0], request.environment)


class Injection:
    """The cluster's key Secret opens the environment's files and core's."""

    name = "inject"
    title = "age identity in the cluster"

    def __init__(self, request: Request, doors: Doors) -> None:
        self._request = request
        self._doors = doors

    def rights(self) -> list[Right]:
        """Return those to the one Secret."""
        return access(("get", "create", "update"), SECRET, HOME, [NAME])

    def check(self) -> Looked:
        """Open the repository's files with what is in the cluster."""
        settings = self._doors.settings(self._request)
        scope = self._request.scope(settings)
        _refuse_elsewhere(settings)
        keys = read_cluster_keys(self._doors.cluster)
        refuse_foreign(self._doors.cluster, keys, self._owner(settings))
        if not {*keys.recipients} & {*scope.recipients}:
            missing = f"holds no identity of {scope.name}" if keys.found else "is missing"
            return self._needed(f"{PLACE} {missing}", scope)
        try:
            opened = prove_opens(self._files(settings), keys.identities)
        except NoIdentity as error:
            return self._needed(f"{PLACE} does not open all: {error}", scope)
        proof = f"opens {opened} of {opened} files" if opened else "no file is there to prove it by"
        return Looked(DONE, f"{PLACE}: {proof}")

    def apply(self) -> None:
        """Put the identity beside those that stand, over the API alone."""
        settings = self._doors.settings(self._request)
        scope, files = self._request.scope(settings), self._files(settings)
        own = find_own(scope, self._doors.held())
        if not own:
            raise _not_at_hand(scope)
        try:
            add_identities(
                self._doors.cluster,
                [entry.line for entry in own],
                lambda identities: _demand_open(files, identities),
                owner=self._owner(settings),
            )
        except NoIdentity as error:
            folders = " ".join(self._folders(settings))
            error.hint = f"whoever opens it: sopsmith updatekeys {folders}; then run this again"
            raise

    def _owner(self, settings: RepoSettings) -> Owner:
        request = self._request
        return Owner(settings, request.scope(settings), request.repositories, request.shared)

    def _needed(self, why: str, scope: Scope) -> Looked:
        """Return that it is needed, if the identities at hand would do."""
        if not scope.recipients:
            return Looked(NEEDED, f"{why}, and {scope.name} has no identity yet")
        own = find_own(scope, self._doors.held())
        if own:
            return Looked(NEEDED, f"{why}: put in that of {_recipients(own)}")
        error = _not_at_hand(scope)
        return Looked(BLOCKED, f"{why}; {error}", error.hint or "")

    def _files(self, settings: RepoSettings) -> list[tuple[str, bytes]]:
        """Return the SOPS files that the cluster must open."""
        trees = self._doors.trees
        read = ((path, read_for_sops(trees, path)) for path in trees.walk(self._folders(settings)))
        return [(path, data) for path, data in read if recognise(data, path)]

    def _folders(self, settings: RepoSettings) -> tuple[str, ...]:
        root = self._request.root
        names = (CORE, self._request.environment)
        folders = [os.path.join(root, settings.overlay_folder(name)) for name in names]
        return tuple(
            os.path.normpath(folder) for folder in folders if self._doors.files.names(folder)
        )


class Backed:
    """A backup that the repository notes holds the environment's identity."""

    name = "backup"
    title = "backup of the identity"

    def __init__(self, request: Request, doors: Doors) -> None:
        self._request = request
        self._doors = doors

    def check(self) -> Looked:
        """Look for a backup that holds it."""
        scope = self._request.scope(self._doors.settings(self._request))
        if not scope.recipients:
            return Looked(NEEDED, f"{scope.name} has no identity yet")
        try:
            plan = self._plan()
        except (NoIdentity, NotThere):
            # Who has it in a variable, as in CI, relies on the backup of whoever has the file.
            found = self._find_noted(scope)
            if found:
                return Looked(DONE, f"{found} holds it; no file here does")
            raise
        if plan.made:
            place = self._doors.archive().place(object_name(plan.backup.number))
            return Looked(DONE, f"{place} holds it")
        return Looked(NEEDED, f"no backup that {RECORD} notes holds it")

    def apply(self) -> None:
        """Make a backup, read it back and note it."""
        backup.apply_backup(self._plan(), self._asked(), self._means())

    def _find_noted(self, scope: Scope) -> str:
        """Return a backup that the repository notes and that holds all; "" where none does."""
        archive, asked = self._doors.archive(), self._asked()
        record = read_record(self._doors.files, asked.record_path)
        wanted = {one for one in scope.recipients if is_x25519(one)}
        found = find_coverage(archive, backup.find_backups(archive), wanted).newest_of
        noted = [found[one] for one in wanted & {*found} if is_noted(archive, found[one], record)]
        if not wanted or len(noted) < len(wanted):
            return ""
        return archive.place(object_name(max(one.number for one in noted)))

    def _plan(self) -> backup.BackupPlan:
        try:
            return backup.plan_backup(self._asked(), self._means())
        except LayoutError as error:
            # Who has no recovery recipient cannot be backed up for; that is a choice to make.
            error.hint = f"{error.hint}; or without any backup: --skip {self.name}"
            raise

    def _asked(self) -> backup.BackupRequest:
        request = self._request
        return backup.BackupRequest(
            request.root,
            self._doors.settings(request),
            request.keys_paths,
            os.path.join(request.root, RECORD),
            (request.environment,),
        )

    def _means(self) -> backup.Doors:
        doors = self._doors
        return backup.Doors(doors.files, doors.archive(), doors.now(), doors.tool, doors.consent)


def find_own(scope: Scope, held: Sequence[Entry]) -> list[Entry]:
    """Return the identities at hand that are an environment's own, for its cluster to have.

    They are labelled so, several of them in a rotation. Without a label it is the identity of
    the only recipient: where there are more, it may be a person's, and stays with the person.
    One that is labelled for others alone is not taken: whoever may change sopsmith.yaml could
    name prod's recipient for the cluster of dev.
    """
    here = {one.recipient: one for one in held if one.recipient in scope.recipients}
    labelled = [one for one in here.values() if scope.name in one.environments]
    plain = [one for one in here.values() if not one.environments]
    return labelled or (plain if len(scope.recipients) == 1 else [])


def _not_at_hand(scope: Scope) -> NoIdentity:
    return NoIdentity(
        f"no identity is at hand that is the only one of {scope.name}, or labelled as its own",
        hint=f"sopsmith key restore --to-cluster {scope.name}",
    )


def _recipients(entries: list[Entry]) -> str:
    return ", ".join(one.recipient for one in entries)


def _elsewhere(recipients: list[str], why: str) -> Looked:
    found = ", ".join(recipients)
    return Looked(
        BLOCKED,
        f"the identity of {found} is not at hand, and {why}; another one would not take its place",
        "bring it from the machine that has it: sopsmith key list shows where it is looked for",
    )


def _refuse_elsewhere(settings: RepoSettings) -> None:
    """Refuse settings by which Argo CD would look for identities in another place."""
    argocd = settings.argocd
    found = f"{argocd.namespace}/{argocd.projects.get(SECRETS_PROJECT, '(none)')}"
    if found != f"{HOME}/{NAME}":
        raise LayoutError(
            f"Argo CD would read identities from Secret {found}, and they are put into {PLACE}",
            path=FILE,
            key="argocd",
            hint=f"leave namespace at {HOME}, and {SECRETS_PROJECT}: {NAME} under projects",
        )


def _demand_open(files: list[tuple[str, bytes]], identities: Sequence[Opener]) -> None:
    prove_opens(files, identities)
