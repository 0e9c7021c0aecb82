"""Open the doors of a backup and say what it did."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from sopsmith.adapters.files import LocalFiles
from sopsmith.cli.consent_words import foresee, open_consent
from sopsmith.cli.key_files import keys_files
from sopsmith.cli.store_doors import open_store
from sopsmith.cli.talk import note, put, put_json, warn
from sopsmith.errors import NoIdentity, NotThere
from sopsmith.flows.backup import (
    BackupPlan,
    BackupRequest,
    Doors,
    apply_backup,
    plan_backup,
    plan_sending,
)
from sopsmith.flows.backup_consent import Consent
from sopsmith.flows.tenant_backup import with_held_tenants
from sopsmith.repo.backups import RECORD, Backup, object_name
from sopsmith.repo.root import find_root, read_settings
from sopsmith.repo.settings import RepoSettings


def open_backup(
    repo: str, environments: tuple[str, ...] = (), *, force: bool = False, **accepted: Any
) -> tuple[BackupRequest, Doors]:
    """Return a request to back up, and the real doors.

    Args:
        accepted: What `consent_options` has.

    Raises:
        LayoutError: The folder lies in no repository.
        Error: Its store cannot be set up.
    """
    files = LocalFiles()
    root = os.path.realpath(find_root(files, repo))
    settings = read_settings(files, root)
    if not settings.backup.store:
        warn("the store is a folder of this machine, and lost with it: set backup.store")
    record = os.path.join(root, RECORD)
    paths = keys_files()
    settings = with_held_tenants(settings, root, files, paths)
    request = BackupRequest(root, settings, paths, record, environments, force)
    return request, open_doors(root, settings, open_consent(root, settings, accepted))


def open_doors(root: str, settings: RepoSettings, consent: Consent) -> Doors:
    """Return the real doors of a backup."""
    tool = f"sopsmith {version('sopsmith')}"
    archive = open_store(root, settings.backup)
    return Doors(LocalFiles(), archive, datetime.now(UTC), tool, consent)


def back_up(root: str, keys_path: str, settings: RepoSettings, consent: Consent) -> str:
    """Back up a repository's identities, unless a backup has them; return where it is.

    Args:
        settings: May name other recipients than the repository does yet.

    Raises:
        Error: As `plan_backup` and `apply_backup` do.
    """
    doors = open_doors(root, settings, consent)
    request = BackupRequest(root, settings, (keys_path,), os.path.join(root, RECORD))
    done = apply_backup(plan_backup(request, doors), request, doors)
    return doors.archive.place(object_name(done.number))


def foresee_consent(made: BackupPlan, request: BackupRequest) -> None:
    """Say what a person would be asked before the backup is stored."""
    question = "" if made.made else foresee(made.sending, request.root, request.settings)
    if question:
        note(question)


def ask_first(root: str, keys_path: str, settings: RepoSettings, consent: Consent) -> None:
    """Ask for consent to a backup that comes later, as far as it can be told already.

    Raises:
        UsageError: Nobody has accepted it, and nobody can be asked.
    """
    request = BackupRequest(root, settings, (keys_path,), os.path.join(root, RECORD))
    # Without an identity here nothing is known yet of what will leave.
    with suppress(NoIdentity, NotThere):
        consent(plan_sending(request, open_doors(root, settings, consent)))


def show(made: BackupPlan, backup: Backup, doors: Doors, *, as_json: bool, dry_run: bool) -> None:
    """Write where the backup is to stdout, and to stderr what a person should know besides."""
    place = doors.archive.place(object_name(backup.number))
    if as_json:
        put_json({
            "number": backup.number,
            "place": place,
            "stored": not dry_run and not made.made,
            "sha256": backup.sha256,
            "recipients": list(backup.recipients),
            "recovery": list(backup.recovery),
            "opened": made.opened,
            "left_out": list(made.left_out),
            "uncovered": {recipient: list(scopes) for recipient, scopes in made.uncovered},
            "damaged": list(made.damaged),
        })  # fmt: skip
    else:
        put(f"{place}\n".encode())
    for damaged in made.damaged:
        warn(f"{damaged} is damaged; what it held is stored again if it is at hand")
    if made.opened:
        warn("a recovery identity lies among the identities it shall bring back: keep it offline")
    for sentence in (*_facts(made), _outcome(made, backup, dry_run=dry_run)):
        note(sentence)


def _facts(made: BackupPlan) -> Iterator[str]:
    for recipient in made.left_out:
        yield f"left out {recipient}: no recipient of this repository"
    for recipient, scopes in made.uncovered:
        yield f"in no noted backup, and not here: {recipient} ({', '.join(scopes)})"


def _outcome(made: BackupPlan, backup: Backup, *, dry_run: bool) -> str:
    holds = f"{_count(len(backup.recipients), 'identity', 'identities')} for " + _count(
        len(backup.recovery), "recovery recipient", "recovery recipients"
    )
    if made.made:
        return f"nothing changed since backup {backup.number}, which stands; --force makes another"
    if dry_run:
        return f"would store {holds}; dry run: nothing was stored"
    tried = " and opened" if made.opened else ""
    return f"stored {holds}, read back{tried}; commit .sopsmith/backups.json"


def _count(number: int, one: str, more: str) -> str:
    return f"{number} {one if number == 1 else more}"
