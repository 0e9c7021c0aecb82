"""Edit a SOPS file in clear, and write it back encrypted.

The plaintext is the editor's alone: this module hands it over and takes it back. Where it
cannot be encrypted, the person is asked and their text comes up again, so nothing is lost.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sopsmith.errors import Error, FormatError, OutsideError
from sopsmith.flows.against import reencrypt_checked
from sopsmith.flows.crypt import EncryptOptions, find_rule
from sopsmith.sops.document import Document, encrypt, format_of
from sopsmith.sops.shown_keys import follow_keys, show_keys, take_keys

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sopsmith.ports import Files
    from sopsmith.sops.config import CreationRule
    from sopsmith.sops.keyring import Keyring
    from sopsmith.sops.wrapping import Kinds

_EXAMPLES = {
    "yaml": "# Replace this with your values; they are encrypted when you save.\nexample: value\n",
    "json": '{\n    "example": "value"\n}\n',
    "dotenv": "# Replace this with your values; they are encrypted when you save.\nEXAMPLE=value\n",
    "ini": "; Replace this with your values.\n[section]\nexample = value\n",
}


@dataclass(frozen=True)
class EditDoors:
    """What editing needs from outside.

    Attributes:
        edit: Shows a text, under a file's name, to a person and returns what they saved.
        ask_again: Tells a person what is wrong and whether their text is to come up again.
        keyring: Gathers the identities; asked only if there is a file to open.
    """

    files: Files
    edit: Callable[[str, bytes], bytes]
    ask_again: Callable[[Error], bool]
    keyring: Callable[[], Keyring]
    kinds: Kinds
    now: Callable[[], datetime]


@dataclass(frozen=True)
class EditOptions:
    """How a file is opened and shown.

    Attributes:
        show_keys: The master keys are shown as well, and may be changed.
        create: How a file is encrypted that is not there yet.
    """

    input_type: str = ""
    ignore_mac: bool = False
    show_keys: bool = False
    create: EncryptOptions = field(default_factory=EncryptOptions)


def edit_file(path: str, doors: EditDoors, options: EditOptions) -> bool:
    """Edit one file and tell whether it was written; without a change it is not.

    Raises:
        Error: The file cannot be opened, or what was saved cannot be encrypted and the person
            gave up.
        OutsideError: The file changed meanwhile. What was saved lies beside it, encrypted.
    """
    data = doors.files.find(path)
    kind = options.input_type or format_of(path)
    draft: _Draft = (
        _New(path, kind, find_rule(path, options.create, doors.files))
        if data is None
        else _Present(Document.parse(data, kind, path=path), doors, options)
    )
    sealed = _edit(draft, path, doors)
    if sealed is None or sealed == data:
        return False
    if doors.files.find(path) != data:
        raise _rescue(path, sealed, doors.files)
    doors.files.write(path, sealed)
    return True


def _edit(draft: _Draft, path: str, doors: EditDoors) -> bytes | None:
    """Let the person edit until it can be encrypted; None if nothing was changed."""
    text = draft.shown
    while True:
        text = doors.edit(os.path.basename(path), text)
        if text == draft.shown:
            return None
        try:
            return draft.seal(text, doors)
        except Error as error:
            if not doors.ask_again(error.at(path)):
                raise


class _Draft:
    """What is shown, and how what comes back is encrypted."""

    shown: bytes

    def seal(self, text: bytes, doors: EditDoors) -> bytes:
        raise NotImplementedError


class _New(_Draft):
    """A file that is not there yet."""

    def __init__(self, path: str, kind: str, rule: CreationRule) -> None:
        self._path = path
        self._kind = kind
        self._rule = rule
        self.shown = _EXAMPLES.get(kind, "").encode()

    def seal(self, text: bytes, doors: EditDoors) -> bytes:
        return encrypt(
            text, self._kind, self._rule, now=doors.now(), path=self._path, kinds=doors.kinds
        )


class _Present(_Draft):
    """A file that is there."""

    def __init__(self, document: Document, doors: EditDoors, options: EditOptions) -> None:
        self._one = document.unlock(doors.keyring(), ignore_mac=options.ignore_mac)
        self._show_keys = options.show_keys
        one = self._one
        self.shown = one.encode(show_keys(one)) if self._show_keys else one.plaintext()

    def seal(self, text: bytes, doors: EditDoors) -> bytes:
        one, now = self._one, doors.now()
        if not self._show_keys:
            return reencrypt_checked(one, text, now=now)
        try:
            decoded = text.decode().removeprefix("\ufeff")
        except UnicodeDecodeError:
            raise FormatError("not UTF-8 text") from None
        plain, rule = take_keys(decoded, one)
        sealed = reencrypt_checked(one, one.encode(plain), now=now)
        return follow_keys(sealed, one, rule, doors.kinds, now=now)


def _rescue(path: str, sealed: bytes, files: Files) -> OutsideError:
    """Put what was edited beside a file that somebody else changed, and return the error."""
    stem, dot = os.path.splitext(path)
    number = 1
    while files.find(place := f"{stem}.edited{number if number > 1 else ''}{dot}") is not None:
        number += 1
    files.write(place, sealed, mode=0o600)
    return OutsideError(
        "the file was changed by somebody else while you edited it",
        path=path,
        hint=f"your version lies encrypted in {place}: compare, then move it over or remove it",
    )
