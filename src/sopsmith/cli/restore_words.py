"""Understand the words of `sopsmith key restore`, open its doors, and say what it did."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

from sopsmith import age
from sopsmith.adapters.environment import read_settings as read_environment
from sopsmith.adapters.files import LocalFiles
from sopsmith.adapters.key_lock import lock_keys
from sopsmith.adapters.keys import load_ssh_identities
from sopsmith.adapters.passphrase import VARIABLE, passphrase_source
from sopsmith.adapters.private import PrivateFiles, is_open_to_others
from sopsmith.adapters.programs import LocalPrograms
from sopsmith.adapters.trees import LocalTrees
from sopsmith.age import Identity
from sopsmith.cli.consent_words import named_store, remember_recovery
from sopsmith.cli.key_files import keys_file
from sopsmith.cli.share_options import find_repositories
from sopsmith.cli.sops_verbs import keyring_of_environment
from sopsmith.cli.store_doors import open_store
from sopsmith.cli.talk import note, put, put_json, warn
from sopsmith.errors import MasterKeyError, NoIdentity, UsageError
from sopsmith.flows.restore import Doors, RestorePlan, RestoreRequest, apply_restore
from sopsmith.flows.tenant_backup import with_tenants
from sopsmith.repo.backups import RECORD
from sopsmith.repo.contexts import choose_context, find_environment
from sopsmith.repo.root import find_root, read_settings
from sopsmith.repo.shares import find_shares, join_shares

NEWEST, STDIN = "newest", "-"


class Target(NamedTuple):
    """Where restored identities go.

    Attributes:
        name: For people.
    """

    name: str
    write: Callable[[RestorePlan], object]


def open_restore(options: dict[str, Any]) -> tuple[RestoreRequest, Doors]:
    """Return the request that the options make, and the real doors.

    Raises:
        UsageError: The backup's number is none, or the options do not fit together.
        LayoutError: The folder lies in no repository.
    """
    word = options["number"]
    if options["to_cluster"] and options["keys_file"]:
        raise UsageError("--to-cluster and --keys-file name two places to restore to")
    if options["context"] and not options["to_cluster"]:
        raise UsageError("--context goes with --to-cluster")
    if word != NEWEST and not (word.isascii() and word.isdigit() and int(word)):
        raise UsageError(
            "a backup is named by its number, or as newest", hint="sopsmith key restore 7"
        )
    files = LocalFiles()
    root = os.path.realpath(find_root(files, options["repo"]))
    settings = read_settings(files, root)
    number = 0 if word == NEWEST else int(word)
    record = os.path.join(root, RECORD)
    keys_path = "" if options["to_cluster"] else keys_file(options["keys_file"])
    if not options["to_cluster"]:
        # The cluster's Secret is the platform's alone; a file holds tenants' identities too.
        settings = with_tenants(settings, root, files)
    request = RestoreRequest(root, settings, keys_path, record, number)
    archive = open_store(root, settings.backup)
    trees = LocalTrees(LocalPrograms())
    return request, Doors(files, trees, PrivateFiles(), archive, lock_keys)


def open_target(options: dict[str, Any], request: RestoreRequest, doors: Doors) -> Target:
    """Return where the identities go: the file of the request, or an environment's cluster.

    Raises:
        UsageError: There is no such environment, nothing says which cluster is its own, or
            the context is another's.
        OutsideError: The cluster cannot be set up.
    """
    from sopsmith.flows.key_secret import Owner

    environment, context = options["to_cluster"], options["context"]
    if not environment:
        return Target(request.keys_path, lambda made: apply_restore(made, request, doors))
    scope = find_environment(request.settings, environment)
    context = choose_context(scope, context or "")
    repositories = find_repositories(request.root)
    owner = Owner(request.settings, scope, repositories, options["share_cluster"])
    from sopsmith.adapters.cluster import open_cluster
    from sopsmith.flows.restore_cluster import restore_to_cluster

    cluster = open_cluster(context, read_environment())
    return Target(
        cluster.name,
        lambda made: restore_to_cluster(made, request, owner, cluster, doors),
    )


def read_openers(options: dict[str, Any]) -> list[Identity]:
    """Return the recovery identity, from a file, from shares, or from standard input.

    Raises:
        UsageError: Both a file and shares are named, or nothing comes from standard input.
        MasterKeyError: What came is no identity, or the shares do not fit together.
        NoIdentity: A share is encrypted to nobody here.
    """
    path, shares = options["identity_file"], options["shares"]
    if path and shares:
        raise UsageError("--identity-file and --share name the same thing twice")
    if path:
        return _read_identities(path)
    if shares:
        return _from_shares([pair for one in shares for pair in _read_share(one)])
    if sys.stdin.isatty():
        raise UsageError(
            "the recovery identity is missing",
            hint="--identity-file FILE, or --share FILE as often as needed",
        )
    text = sys.stdin.buffer.read().decode("utf-8", "replace")
    found = [("standard input", line) for line in find_shares(text)]
    if found:
        return _from_shares(found)
    try:
        return _parse(text, "standard input")
    except MasterKeyError as error:
        error.hint = error.hint or "name the recovery identity: --identity-file FILE, or --share"
        raise


def remember(
    made: RestorePlan, openers: list[Identity], request: RestoreRequest, doors: Doors
) -> None:
    """Remember that what was restored may be backed up for the recovery identity that was shown."""
    store = named_store(request.settings, doors.archive.place(""))
    remember_recovery(
        request.root,
        request.settings,
        [one.recipient for one in openers],
        [one.recipient for one in made.identities],
        store,
    )


def show(made: RestorePlan, target: str, *, as_json: bool, dry_run: bool) -> None:
    """Write the recipients to stdout, and to stderr what a person should know besides."""
    if as_json:
        put_json({
            "identities": [
                {
                    "recipient": one.recipient,
                    "backup": one.backup,
                    "scopes": list(one.scopes),
                    "stands": one.stands,
                }
                for one in made.identities
            ],
            "opened": {
                one.scope: {"opened": one.opened, "files": one.files} for one in made.opened
            },
            "target": target,
            "written": not dry_run,
            "remarks": list(made.remarks),
        })  # fmt: skip
    else:
        put("".join(f"{one.recipient}\n" for one in made.identities).encode())
    for remark in made.remarks:
        warn(remark)
    for one in made.opened:
        say_opened = warn if one.opened < one.files else note
        say_opened(f"{one.scope}: {one.opened} of {one.files} encrypted files open")
    for identity in made.identities:
        if identity.stands:
            note(f"stands in the file of identities already: {identity.recipient}")
    numbers = ", ".join(map(str, sorted({one.backup for one in made.identities})))
    if dry_run:
        note(f"would restore backup {numbers} to {target}; dry run: nothing was written")
    else:
        note(f"restored backup {numbers} to {target}")
        if is_open_to_others(target):
            warn(f"others can read {target}: chmod 600 {target}")


def _read_identities(path: str) -> list[Identity]:
    data = LocalFiles().read(path)
    if age.is_locked(data):
        ask = passphrase_source(read_environment().get(VARIABLE))
        return age.unlock_identities(data, ask(path), path)
    return _parse(data.decode("utf-8", "replace"), path)


def _parse(text: str, source: str) -> list[Identity]:
    found = age.parse_identities(text, source)
    if not found:
        raise MasterKeyError("holds no identity", path=source)
    return found


def _read_share(path: str) -> list[tuple[str, str]]:
    """Return the shares of a file, each with the file's name; a locked file is opened first."""
    data = sys.stdin.buffer.read() if path == STDIN else LocalFiles().read(path)
    if age.is_locked(data):
        data = _unlock_share(data, path)
    lines = find_shares(data.decode("utf-8", "replace"))
    if not lines:
        raise MasterKeyError("holds no share", path=path)
    return [(path, line) for line in lines]


def _unlock_share(data: bytes, path: str) -> bytes:
    text, programs = data.decode("utf-8", "replace"), LocalPrograms()
    try:
        found = age.unwrap(text, keyring_of_environment().identities)
        if found is None:
            ssh = load_ssh_identities(read_environment(), LocalFiles(), programs)
            found = age.unwrap(text, ssh)
    except MasterKeyError:
        raise MasterKeyError("is no sound age file", path=path) from None
    if found is None:
        raise NoIdentity(
            "the share is encrypted to none of the identities here",
            path=path,
            hint=f"its holder opens it: age --decrypt -i KEY {shlex.quote(path)}, and pipes it in",
        )
    return found


def _from_shares(pairs: list[tuple[str, str]]) -> list[Identity]:
    return _parse(join_shares(pairs).reveal().decode(), "shares")
