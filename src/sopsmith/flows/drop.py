"""Seal a value for those who open a file, beside it; and move such values into their files.

Whoever has no identity can give a secret and never read one: sealing takes recipients alone. A
drop holds its value at the place of the file that it is for, and the file's own rule says what
of it is encrypted and for whom. Nobody signs a drop: as for any other change of the repository,
who brought it is for git and review to say. Git can be asked: `flows.drop_signed`.
"""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Callable
from datetime import datetime
from shlex import quote
from typing import NamedTuple

from sopsmith.errors import Conflict, FormatError, NotThere, RuleError, UsageError
from sopsmith.flows.places import parse_place
from sopsmith.flows.rules import Rules
from sopsmith.formats.drops import drop_path, is_drop, target_of
from sopsmith.formats.place import NothingThere, nest
from sopsmith.formats.tree import Address, show
from sopsmith.kube.write import write_document
from sopsmith.ports import Files, Trees
from sopsmith.repo.plan import read_clear
from sopsmith.secret import Secret
from sopsmith.sops.amend import set_at, value_at
from sopsmith.sops.document import Document, Unlocked, encrypt, format_of
from sopsmith.sops.keyring import Keyring
from sopsmith.sops.wrapping import Kinds


class Drop(NamedTuple):
    """A sealed value.

    Attributes:
        path: Where it is written.
        recipients: Who opens it, in the words of the rule.
        is_new: Its place does not stand in the file yet.
    """

    path: str
    data: bytes
    address: Address
    recipients: tuple[str, ...]
    is_new: bool


class Doors(NamedTuple):
    """What folding needs of the outside.

    Attributes:
        replace: Replaces files, each in one step; all or none where the disk has no room.
        keyring: Loads the identities; called only if there is a drop.
        signer_of: Returns who signed what brought a drop, by its path and bytes, and refuses
            others; None where that is not asked for.
    """

    files: Files
    trees: Trees
    replace: Callable[[list[tuple[str, bytes]]], None]
    keyring: Callable[[], Keyring]
    now: datetime
    signer_of: Callable[[str, bytes], str] | None = None


class Folded(NamedTuple):
    """One drop of a plan, and where its value goes.

    Attributes:
        signer: Who signed the commit that brought it; "" where that was not asked.
    """

    drop: str
    target: str
    address: Address
    signer: str = ""


class FoldPlan(NamedTuple):
    """What folding would do: the drops, and the new bytes of their files."""

    folded: tuple[Folded, ...]
    files: tuple[tuple[str, bytes], ...]


def seal_drop(
    target: str, key: str, value: Secret, files: Files, now: datetime, kinds: Kinds | None = None
) -> Drop:
    """Return a drop for a file, sealed to the recipients of its rule.

    Args:
        key: A data key of a Secret, or a place as sops writes it: `["a"]["b"]`.

    Raises:
        NotThere: There is no such file.
        UsageError: There is no value.
        NotEncrypted, FormatError: The file is no SOPS file.
        RuleError: No rule holds for the file, or it would leave the value in clear.
    """
    text = value.reveal()
    if not text:
        raise UsageError("the value on standard input is empty")
    data = files.find(target)
    if data is None or is_drop(target):
        raise NotThere("there is no such file to drop a value for", path=target)
    # A value can only be moved into a file that is encrypted already.
    Document.parse(data, format_of(target), path=target)
    rule = Rules(files).rule_of(target)
    if rule is None:
        raise RuleError(
            "no creation rule holds for it, so there is nobody to seal for", path=target
        )
    address, plain, is_new = _place(target, data, key, text)
    made = drop_path(target, os.urandom(4).hex())
    clear = nest(address, plain)
    assert isinstance(clear, dict)
    # The value is all that there is, so a rule that covers nothing of it is refused here.
    sealed = encrypt(write_document(clear).encode(), "yaml", rule, now=now, path=made, kinds=kinds)
    return Drop(made, sealed, address, rule.recipients, is_new)


def plan_fold(path: str, doors: Doors) -> FoldPlan:
    """Return what `apply_fold` would do with the drops under a path; writes nothing.

    Args:
        path: A folder, a drop, or the file that drops are for.

    Raises:
        Conflict: Two drops are for one place.
        NoIdentity, MacMismatch, Tampered: A drop or its file does not open, or is not sound.
        FormatError: A drop is not one value of its file that is encrypted there.
        OutsideError: Signatures are asked for, and a drop has none that is trusted.
    """
    groups: dict[str, list[str]] = {}
    for one in _find(path, doors):
        groups.setdefault(target_of(one), []).append(one)
    folded: list[Folded] = []
    files: list[tuple[str, bytes]] = []
    for target, drops in groups.items():
        data = doors.files.find(target)
        if data is None:
            raise NotThere("is for a file that is not there", path=drops[0])
        new, moved = _fold(target, data, drops, doors)
        folded += moved
        if new != data:
            files.append((target, new))
    return FoldPlan(tuple(folded), tuple(files))


def apply_fold(made: FoldPlan, doors: Doors) -> None:
    """Write the files, and then remove the drops.

    A run that is killed between leaves drops whose values are in place; the next removes them.
    """
    if made.files:
        doors.replace(list(made.files))
    for one in made.folded:
        doors.files.remove(one.drop)


def _find(path: str, doors: Doors) -> list[str]:
    if is_drop(path):
        return [path]
    if _is_file(path, doors):
        folder = os.path.dirname(path)
        names = (os.path.join(folder, name) for name in doors.files.names(folder or "."))
        return [one for one in names if is_drop(one) and target_of(one) == path]
    return [one for one in doors.trees.walk((path,)) if is_drop(one)]


def _is_file(path: str, doors: Doors) -> bool:
    return list(doors.trees.walk((path,))) == [path]


def _place(target: str, data: bytes, key: str, text: bytes) -> tuple[Address, str, bool]:
    """Return where a value goes, the value as it stands there, and whether the place is new."""
    try:
        plain = text.decode()
    except UnicodeDecodeError:
        raise UsageError("the value on standard input is not UTF-8 text") from None
    if key.startswith("["):
        return parse_place(key), plain, False
    content = read_clear(data) if format_of(target) == "yaml" else None
    if not isinstance(content, dict) or content.get("kind") != "Secret":
        return (key,), plain, False
    sides = {side: content.get(side) for side in ("stringData", "data")}
    known = [side for side, keys in sides.items() if isinstance(keys, dict) and key in keys]
    if known == ["data"]:
        return ("data", key), b64encode(text).decode(), False
    return ("stringData", key), plain, not known


def _fold(target: str, data: bytes, drops: list[str], doors: Doors) -> tuple[bytes, list[Folded]]:
    taken: dict[Address, Folded] = {}
    for path in drops:
        sealed = doors.files.read(path)
        signer = doors.signer_of(path, sealed) if doors.signer_of else ""
        address, value = _open(path, sealed, doors)
        if address in taken:
            other = taken[address].drop
            raise Conflict(
                f"and {os.path.basename(other)} are both for {show(address)}",
                path=path,
                hint=f"remove one of them: git rm {quote(other)}",
            )
        taken[address] = Folded(path, target, address, signer)
        one = _unlock(target, data, doors)
        steps = tuple(part for part in address if isinstance(part, str))
        selector = one.metadata.selector
        if not selector.by_comment and not selector.selects(steps):
            raise FormatError(f"is for {show(address)}, which {target} has in clear", path=path)
        if _value(one, address) != value:
            data = set_at(one, address, value, now=doors.now)
    return data, list(taken.values())


def _open(path: str, sealed: bytes, doors: Doors) -> tuple[Address, str]:
    values = _unlock(path, sealed, doors).values()
    if len(values) != 1 or not isinstance(values[0][1], str):
        raise FormatError("is no drop: it holds something else than one text", path=path)
    return values[0][0], values[0][1]


def _unlock(path: str, data: bytes, doors: Doors) -> Unlocked:
    return Document.parse(data, format_of(path), path=path).unlock(doors.keyring())


def _value(one: Unlocked, address: Address) -> object:
    try:
        return value_at(one, address)
    except NothingThere:
        return None
