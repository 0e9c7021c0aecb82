"""Make a recovery identity, which opens backups, and give it out exactly once.

It is made in memory, handed to whoever keeps it, and forgotten. Only when it is out does its
recipient enter the repository: a run that is cut short leaves at worst an identity that nobody
needs, and never backups that nobody opens.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from sopsmith.age import check_recipient, wrap
from sopsmith.errors import UsageError
from sopsmith.ports import Files
from sopsmith.repo.recipients import NamedRecipient
from sopsmith.repo.recovery_edit import add_recovery
from sopsmith.repo.settings import FILE, parse_settings
from sopsmith.repo.shares import split_identity
from sopsmith.secret import Secret


@dataclass(frozen=True)
class RecoveryRequest:
    """What is to be made.

    Attributes:
        root: The repository's root, absolute.
        name: Who keeps the identity, or "".
        needed: How many shares open backups; 0 for no shares.
        parts: How many shares there are.
        holders: The recipient of each share; empty for shares in clear.
    """

    root: str
    name: str = ""
    needed: int = 0
    parts: int = 0
    holders: tuple[str, ...] = ()


class Doors(NamedTuple):
    """What the flow needs of the outside.

    Attributes:
        new_identity: Makes an identity's text and its recipient.
        random: Gives that many random bytes.
        give: Hands out what the new identity, or each share of it, is to be kept as. Must have
            it in safety when it returns.
        remember: Takes its recipient as accepted on this machine, since it was made here.
    """

    files: Files
    new_identity: Callable[[], tuple[Secret, str]]
    random: Callable[[int], bytes]
    give: Callable[[list[Secret]], None]
    remember: Callable[[str], None]


def check_recovery(request: RecoveryRequest, files: Files) -> int:
    """Make sure that the request can be carried out; return how many have recovery already.

    Raises:
        UsageError: Numbers and holders of shares do not fit together.
        LayoutError: `sopsmith.yaml` cannot be edited.
        MasterKeyError: A holder is no recipient.
    """
    if request.holders and len(request.holders) != request.parts:
        raise UsageError(
            f"{request.parts} shares need as many holders, and {len(request.holders)} are named",
            hint="name --to once for each share",
        )
    if len({*map(check_recipient, request.holders)}) != len(request.holders):
        raise UsageError("a holder is named twice, who would then have two shares")
    data = files.read(os.path.join(request.root, FILE))
    return len(parse_settings(data, FILE).recovery)


def make_recovery(request: RecoveryRequest, doors: Doors) -> str:
    """Make a recovery identity, give it out, name its recipient in `sopsmith.yaml`; return that.

    Raises:
        UsageError, LayoutError, MasterKeyError: As `check_recovery`; nothing was given out.
        OutsideError: It could not be given out or the file not written.
    """
    check_recovery(request, doors.files)
    identity, recipient = doors.new_identity()
    path = os.path.join(request.root, FILE)
    edited = add_recovery(doors.files.read(path), NamedRecipient(recipient, request.name))
    doors.give(_pieces(request, identity, recipient, doors.random))
    # Before it is named: whoever is killed in between can still back up without being asked.
    doors.remember(recipient)
    doors.files.write(path, edited)
    return recipient


def _pieces(
    request: RecoveryRequest, identity: Secret, recipient: str, random: Callable[[int], bytes]
) -> list[Secret]:
    """Return what is given out: a file of one identity, shares in clear, or encrypted ones."""
    if not request.needed and not request.parts:
        head = f"# sopsmith recovery identity, opens backups\n# public key: {recipient}\n"
        return [Secret(head.encode() + identity.reveal() + b"\n")]
    shares = split_identity(identity, recipient, request.needed, request.parts, random)
    shares = [Secret(share.reveal() + b"\n") for share in shares]
    if not request.holders:
        return shares
    pairs = zip(request.holders, shares, strict=True)
    return [Secret(wrap(holder, share).encode()) for holder, share in pairs]
