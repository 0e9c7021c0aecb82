"""Put identities into a backup's payload, and take them out of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sopsmith import age
from sopsmith.age import Identity
from sopsmith.errors import Error, MasterKeyError, NoIdentity, Tampered
from sopsmith.repo.backups import Backup
from sopsmith.repo.key_file import Entry, parse_key_file
from sopsmith.secret import Secret


class Content(NamedTuple):
    """What a backup holds.

    Attributes:
        entries: Its identities; their spans are of `lines`.
        lines: A `keys.txt`.
    """

    entries: list[Entry]
    lines: Secret

    def block(self, entry: Entry) -> bytes:
        """Return an identity's line with the label above it."""
        return join_blocks(self.lines.reveal(), [entry])


def join_blocks(data: bytes, entries: Iterable[Entry]) -> bytes:
    """Return the lines of some identities of a `keys.txt`, each with the label above it."""
    return b"".join(data[one.start : one.end].rstrip(b"\r\n") + b"\n" for one in entries)


def open_backup(backup: Backup, openers: list[Identity], place: str) -> Content:
    """Return what a backup holds.

    Args:
        openers: Recovery identities.
        place: What errors call the backup.

    Raises:
        NoIdentity: None of the recovery identities opens it.
        Tampered: The payload is damaged, or holds other identities than the backup says.
    """
    try:
        found = age.unwrap(backup.payload, openers)
    except MasterKeyError:
        raise Tampered("its payload is no sound age file", path=place) from None
    if found is None:
        raise NoIdentity(
            f"is encrypted to {', '.join(backup.recovery)}, and not to "
            f"{', '.join(one.recipient for one in openers)}",
            path=place,
        )
    try:
        entries = parse_key_file(found, place)
    except Error:
        raise Tampered("its payload holds something else than identities", path=place) from None
    if {one.recipient for one in entries} != {*backup.recipients}:
        raise Tampered("holds other identities than it says", path=place)
    return Content(entries, Secret(found))
