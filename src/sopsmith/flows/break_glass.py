"""Use an identity that was brought from outside, once: open a file, or let a cluster open them.

The identity touches no disk. What does is the record of its use, and it is written before
anything comes of the use: whoever sees plaintext, or changes a cluster, has left a trace.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from sopsmith.errors import Error, MasterKeyError, NoIdentity, OutsideError, UsageError
from sopsmith.flows.crypt import DecryptOptions, decrypt_bytes
from sopsmith.flows.key_secret import Owner, add_identities, opens
from sopsmith.flows.opening import read_scopes
from sopsmith.repo.contexts import choose_context, find_environment
from sopsmith.repo.root import read_settings
from sopsmith.repo.settings import RepoSettings
from sopsmith.repo.uses import PATH, Use, append_use
from sopsmith.secret import Secret
from sopsmith.sops.document import Document, format_of
from sopsmith.sops.keyring import Keyring

if TYPE_CHECKING:
    from datetime import datetime

    from sopsmith.age import Identity
    from sopsmith.flows.keys_apart import Lock
    from sopsmith.ports import Cluster, Files, Trees

SOURCE = "standard input"
OPEN, INJECT = "open", "inject"
Given = Sequence[tuple[str, Secret]]
"""Recipients and texts of identities."""


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


class Target(NamedTuple):
    """Where identities go.

    Attributes:
        context: Of the kubeconfig.
        given: Those that go there: recipients and texts.
        repositories, shared: As `Owner` has them.
    """

    environment: str
    context: str
    given: Given
    repositories: tuple[str, ...] = ()
    shared: bool = False


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


def choose_target(named: str, context: str, given: Given, settings: RepoSettings) -> Target:
    """Return the environment that identities are for, its cluster, and which of them it gets.

    A cluster never gets what opens another environment: of a whole `keys.txt` it gets its own.

    Args:
        named: The environment by the user; "" for the one whose recipients these are.
        context: The kubeconfig context by the user; "" for that of sopsmith.yaml.

    Raises:
        UsageError: Nothing says which environment or cluster, or the words contradict what
            sopsmith.yaml says.
        MasterKeyError: The identities are those of other environments.
    """
    scopes = {scope.name: scope for scope in settings.environments}
    recipients = {recipient for recipient, _ in given}
    fitting = [name for name, scope in scopes.items() if recipients & {*scope.recipients}]
    if not named and len(fitting) != 1:
        found = ", ".join(fitting) if fitting else "none"
        raise UsageError(
            f"the identity does not say for which environment it is: {found} of "
            f"{', '.join(scopes)}",
            hint="--environment NAME",
        )
    scope = find_environment(settings, named or fitting[0])
    known = {one for other in settings.environments for one in other.recipients}
    own = [pair for pair in given if pair[0] in scope.recipients]
    own = own or [pair for pair in given if pair[0] not in known]
    if not own:
        raise MasterKeyError(
            f"holds no identity of {scope.name}, but those of {', '.join(fitting)}", path=SOURCE
        )
    return Target(scope.name, choose_context(scope, context), tuple(own))


def inject(target: Target, cluster: Cluster, why: Emergency, doors: Doors) -> Injected:
    """Put identities beside those that a cluster holds, once that is recorded.

    A damaged file does not stop it: what it takes is that the cluster opens some file of the
    environment or of core then, where there is any.

    Raises:
        NoIdentity: The cluster would open nothing; it was not changed.
        MasterKeyError: It is another environment's; it was not changed.
        OutsideError, FormatError: The use cannot be recorded; the cluster was not changed.
        Denied, Unreachable, Conflict: As the cluster says.
    """
    environment = target.environment
    settings = read_settings(doors.files, why.root)
    files = read_scopes(why.root, environment, settings, doors.files, doors.trees)
    counts = [0]

    def prove(held: Sequence[Identity]) -> None:
        counts[0] = _count(files, held)
        if files and not counts[0]:
            raise NoIdentity(f"none of {len(files)} files of {environment} and core would open")

    recipients = tuple(recipient for recipient, _ in target.given)
    _record(INJECT, f"{environment}: {cluster.name}", recipients, why, doors)
    scope = find_environment(settings, environment)
    owner = Owner(settings, scope, target.repositories, target.shared)
    add_identities(cluster, [text for _, text in target.given], prove, owner=owner)
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


def _count(files: list[tuple[str, bytes]], held: Sequence[Identity]) -> int:
    """Return how many files some identities open; one that is damaged counts as closed."""
    keyring, count = Keyring(list(held), [SOURCE]), 0
    for path, data in files:
        with suppress(Error):
            count += opens(data, path, keyring)
    return count
