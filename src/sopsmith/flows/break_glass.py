"""Use an identity that was brought from outside, once: open a file, or let a cluster open them.

The identity touches no disk. What does is the record of its use, and it is written before
anything comes of the use: whoever sees plaintext, or changes a cluster, has left a trace.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from sopsmith.errors import Error, MasterKeyError, NoIdentity, OutsideError, UsageError
from sopsmith.flows.crypt import DecryptOptions, decrypt_bytes
from sopsmith.flows.key_secret import add_identities, opens
from sopsmith.flows.reading import read_for_sops
from sopsmith.repo.root import read_settings
from sopsmith.repo.settings import CORE, RepoSettings
from sopsmith.repo.uses import PATH, Use, append_use
from sopsmith.sops.document import Document, format_of
from sopsmith.sops.keyring import Keyring
from sopsmith.sops.recognise import recognise

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sopsmith.age import Identity
    from sopsmith.flows.keys_apart import Lock
    from sopsmith.ports import Cluster, Files, Trees
    from sopsmith.secret import Secret

SOURCE = "standard input"
OPEN, INJECT = "open", "inject"


class Doors(NamedTuple):
    """What the flow needs of the outside.

    Attributes:
        lock: Holds the folder of the record against other processes.
        who: The account and the machine.
        git: What git calls the person, or "".
    """

    files: Files
    trees: Trees
    lock: Lock
    now: datetime
    who: str
    git: str


class Emergency(NamedTuple):
    """Why an identity is used.

    Attributes:
        root: The repository's root, where the use is recorded.
        recorded: False where the user wants no record.
    """

    root: str
    reason: str
    recorded: bool = True


class Injected(NamedTuple):
    """What a cluster holds after an injection.

    Attributes:
        opened: How many files of the environment and of core it opens.
        files: How many there are.
    """

    environment: str
    recipients: tuple[str, ...]
    opened: int
    files: int


def open_file(path: str, identities: Sequence[Identity], why: Emergency, doors: Doors) -> bytes:
    """Return a file's plaintext, once the use of the identity is recorded.

    Raises:
        NoIdentity: The identity does not open the file; nothing was recorded.
        OutsideError, FormatError: The use cannot be recorded, so there is no plaintext.
        Error: The file is none of SOPS', or its MAC does not hold.
    """
    data = doors.files.read(path)
    keyring = Keyring(list(identities), [SOURCE])
    plaintext = decrypt_bytes(data, path, keyring, DecryptOptions())
    metadata = Document.parse(data, format_of(path), path=path).metadata
    used = tuple(one for one in dict.fromkeys(metadata.recipients) if keyring.find(one))
    target = os.path.relpath(os.path.realpath(path), os.path.realpath(why.root))
    _record(OPEN, target, used, why, doors)
    return plaintext


def choose_environment(
    named: str, recipients: Sequence[str], settings: RepoSettings
) -> tuple[str, str]:
    """Return the environment whose cluster an identity is for, and its kubeconfig context.

    Args:
        named: By the user; "" for the one environment whose recipients these are.

    Raises:
        UsageError: There is no such environment, or not just one.
    """
    scopes = {scope.name: scope for scope in settings.environments}
    if named and named not in scopes:
        raise UsageError(f"{named!r} is no environment; known: {', '.join(scopes)}")
    fitting = [name for name, scope in scopes.items() if {*recipients} & {*scope.recipients}]
    if not named and len(fitting) != 1:
        found = ", ".join(fitting) if fitting else "none"
        raise UsageError(
            f"the identity says not which environment it is for: {found} of {', '.join(scopes)}",
            hint="--environment NAME",
        )
    name = named or fitting[0]
    return name, scopes[name].context


def inject(
    environment: str,
    new: Sequence[tuple[str, Secret]],
    cluster: Cluster,
    why: Emergency,
    doors: Doors,
) -> Injected:
    """Put identities beside those that a cluster holds, once that is recorded.

    A damaged file does not stop it: what it takes is that the cluster opens some file of the
    environment or of core then, where there is any.

    Args:
        new: Recipients and texts of the identities.

    Raises:
        NoIdentity: The cluster would open nothing; it was not changed.
        OutsideError, FormatError: The use cannot be recorded; the cluster was not changed.
        Denied, Unreachable, Conflict: As the cluster says.
    """
    if not new:
        raise MasterKeyError("holds no identity", path=SOURCE)
    files = _read_scopes(environment, why.root, doors)
    counts = [0]

    def prove(held: Sequence[Identity]) -> None:
        counts[0] = _count(files, held)
        if files and not counts[0]:
            raise NoIdentity(f"none of {len(files)} files of {environment} and core would open")

    recipients = tuple(recipient for recipient, _ in new)
    _record(INJECT, f"{environment}: {cluster.name}", recipients, why, doors)
    add_identities(cluster, [text for _, text in new], prove)
    return Injected(environment, recipients, counts[0], len(files))


def _record(
    action: str, target: str, recipients: tuple[str, ...], why: Emergency, doors: Doors
) -> None:
    if not why.recorded:
        return
    path = os.path.join(why.root, PATH)
    when = doors.now.strftime("%Y-%m-%dT%H:%M:%SZ")
    use = Use(when, doors.who, doors.git, action, target, why.reason, recipients)
    try:
        with doors.lock(os.path.dirname(path)):
            doors.files.write(path, append_use(doors.files.find(path), use))
    except OutsideError as error:
        raise OutsideError(
            f"the use cannot be recorded, so nothing was done: {error.message}",
            path=error.path,
            hint="--no-record does it without a record",
        ) from None


def _read_scopes(environment: str, root: str, doors: Doors) -> list[tuple[str, bytes]]:
    """Return the SOPS files of core and an environment."""
    settings = read_settings(doors.files, root)
    folders = [os.path.join(root, settings.overlay_folder(name)) for name in (CORE, environment)]
    stand = tuple(folder for folder in folders if doors.files.names(folder))
    read = ((path, read_for_sops(doors.trees, path)) for path in doors.trees.walk(stand))
    return [(path, data) for path, data in read if recognise(data, path)]


def _count(files: list[tuple[str, bytes]], held: Sequence[Identity]) -> int:
    """Return how many files some identities open; one that is damaged counts as closed."""
    keyring, count = Keyring(list(held), [SOURCE]), 0
    for path, data in files:
        with suppress(Error):
            count += opens(data, path, keyring)
    return count
