"""Resolve a conflict in an encrypted file: take sides, join them, or edit both in clear.

The two sides come from the file itself, where the merge driver left them under one data key,
or else from git's index, where the three versions of a conflicted file are kept.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING

from sopsmith.errors import Error, FormatError, MacMismatch, NoIdentity, ProblemsFound
from sopsmith.flows.git_merge import (
    Doors,
    describe,
    format_name,
    merge_versions,
)
from sopsmith.formats import is_binary
from sopsmith.formats.tree import Address, show
from sopsmith.sops.document import Document, Unlocked
from sopsmith.sops.merge import Merged
from sopsmith.sops.merging import markers
from sopsmith.sops.merging.settle import settle
from sopsmith.sops.merging.values import OURS, THEIRS

if TYPE_CHECKING:
    from collections.abc import Callable

    from sopsmith.ports import Programs


_TAKE = "sopsmith git resolve {} --ours, or --theirs"


@dataclass(frozen=True)
class Wish:
    """How a conflict is to be resolved.

    Attributes:
        side: `ours`, `theirs` or `union` for every place that `at` does not name; "" for none.
        at: (place, side): a key path as messages show it, and what is below it.
    """

    side: str = ""
    at: tuple[tuple[str, str], ...] = ()

    def choose(self, address: Address) -> str | None:
        """Return the side that is wished for at an address that begins with the document."""
        place = show(address[1:])
        for name, side in self.at:
            if place == name or place.startswith((f"{name}.", f"{name}[")):
                return side
        return self.side or None


@dataclass(frozen=True)
class Person:
    """Somebody at an editor.

    Attributes:
        edit: Shows a text under a file's name, and returns what they saved.
        ask_again: Tells them what is wrong, and whether their text is to come up again.
    """

    edit: Callable[[str, bytes], bytes]
    ask_again: Callable[[Error], bool]


def resolve(path: str, wish: Wish, person: Callable[[], Person], doors: Doors) -> str:
    """Resolve the conflict in a file and write it back encrypted; return what was done.

    Args:
        person: Asked for only where no side is wished for.

    Raises:
        ProblemsFound: Some places are still open.
        FormatError: The file is in no conflict, or what the editor left cannot be read.
        Error: A side does not open.
    """
    merged = _from_markers(doors.files.read(path)) or _from_index(path, doors)
    if merged.ours == merged.theirs:
        doors.files.write(path, merged.ours)
        return "merged without a conflict"
    if wish.side in (OURS, THEIRS) and not wish.at:
        taken = merged.ours if wish.side == OURS else merged.theirs
        _verify(path, taken, doors)
        doors.files.write(path, taken)
        return f"took {wish.side}"
    doors.files.write(path, _resolve(path, merged, wish, person, doors))
    return "resolved"


def _verify(path: str, data: bytes, doors: Doors) -> None:
    """Check a side's MAC, where there is an identity to do it with."""
    document = Document.parse(data, format_name(path, data) or "yaml", path=path)
    try:
        document.unlock(doors.keyring())
    except NoIdentity:
        return
    except MacMismatch as error:
        error.hint = f"to have the conflict back as it was: git checkout --merge -- {quote(path)}"
        raise


def _resolve(
    path: str, merged: Merged, wish: Wish, person: Callable[[], Person], doors: Doors
) -> bytes:
    form = format_name(path, merged.ours) or "yaml"
    keyring = doors.keyring()
    ours, theirs = (
        Document.parse(data, form, path=path).unlock(keyring)
        for data in (merged.ours, merged.theirs)
    )
    if wish.side or wish.at:
        text = _settled(path, ours, theirs, wish)
        return ours.reencrypt(ours.encode(text), now=doors.now, others=(theirs,))
    return _edited(path, ours, theirs, person(), doors)


def _settled(path: str, ours: Unlocked, theirs: Unlocked, wish: Wish) -> str:
    if is_binary(ours.form):
        raise ProblemsFound(
            "the file is one value, so it is taken whole", path=path, hint=_TAKE.format(path)
        )
    settled = settle(ours.clear_text(), theirs.clear_text(), ours.form, wish.choose)
    if settled.open:
        raise ProblemsFound(
            "still in conflict: " + "; ".join(map(describe, settled.open)),
            path=path,
            hint=f"sopsmith git resolve {quote(path)} --at PLACE=ours|theirs|union, "
            "or without options",
        )
    if settled.text is None:
        raise ProblemsFound(
            "the two sides are laid out so differently that they cannot be joined",
            path=path,
            hint=f"sopsmith git resolve {quote(path)}",
        )
    return settled.text


def _edited(path: str, ours: Unlocked, theirs: Unlocked, person: Person, doors: Doors) -> bytes:
    """Let a person edit both sides in clear until the outcome can be encrypted."""
    labels = (OURS, THEIRS)
    try:
        texts = (ours.plaintext().decode(), theirs.plaintext().decode())
    except UnicodeDecodeError:
        raise ProblemsFound(
            "the file is not text, so it cannot be edited", path=path, hint=_TAKE.format(path)
        ) from None
    text = markers.join(*texts, labels=labels).encode()
    while True:
        text = person.edit(os.path.basename(path), text)
        try:
            if markers.has_markers(text.decode("utf-8", "replace")):
                raise ProblemsFound(
                    "there are still conflict markers, so the file was left as it is", path=path
                )
            return ours.reencrypt(text, now=doors.now, others=(theirs,))
        except Error as error:
            if not person.ask_again(error.at(path)):
                raise


def _from_markers(data: bytes) -> Merged | None:
    """Return the two sides that the merge driver left in a file, or None."""
    text = data.decode("utf-8", "replace")
    # What git's own merge of lines leaves is not two whole files: values and MACs are mixed.
    sides = markers.split(text) if markers.is_labelled(text) else None
    if sides is None:
        return None
    ours, theirs = (side.encode() for side in sides)
    return Merged(ours, theirs, [])


def _from_index(path: str, doors: Doors) -> Merged:
    """Merge the three versions that git keeps of a conflicted file."""
    versions = (
        _staged(path, 1, doors.programs),
        _staged(path, 2, doors.programs),
        _staged(path, 3, doors.programs),
    )
    if versions[1] is None or versions[2] is None:
        raise FormatError("the file is in no conflict that has two sides", path=path)
    name = os.path.basename(path)
    form = format_name(name, versions[1]) or "yaml"
    return merge_versions((versions[0] or b"", versions[1], versions[2]), form, path, doors)


def _staged(path: str, stage: int, programs: Programs) -> bytes | None:
    """Return one version of a conflicted file: 1 the ancestor, 2 ours, 3 theirs."""
    folder, name = os.path.split(os.path.abspath(path))
    done = programs.run(["git", "cat-file", "blob", f":{stage}:./{name}"], cwd=folder)
    return done.stdout if done.code == 0 else None
