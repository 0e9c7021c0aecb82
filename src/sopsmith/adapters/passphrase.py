"""Open files of identities that are themselves encrypted with a passphrase.

A person is asked on the terminal, never over standard input, which may be data. For programs
there is a file descriptor: unlike a variable or an argument, other processes cannot read it.

Source: getsops/sops age/encrypted_keys.go (unwrapIdentities), which asks gpg-agent first.
"""

from __future__ import annotations

import contextlib
import os
from mmap import mmap

from sopsmith import age
from sopsmith.errors import Error, MasterKeyError, OutsideError
from sopsmith.secret import Secret

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from sopsmith.age import Identity

VARIABLE = "SOPSMITH_AGE_PASSPHRASE_FD"
_MAX = 4096  # bytes
_ASKED, _KNOWN = b"a", b"k"


class LockedFile:
    """A file of identities behind a passphrase, opened when nothing else helps.

    Workers are forks made before anybody is asked. So what was typed is kept in memory that they
    share, and one of them asks while the others wait: each file is asked for once a command.

    Args:
        ask: Returns the passphrase of a file by its path.
    """

    def __init__(self, path: str, data: bytes, ask: Callable[[str], Secret]) -> None:
        self.path = path
        self._data = data
        self._ask = ask
        self._identities: list[Identity] | None = None
        self._shared = mmap(-1, _MAX)
        # A byte in the pipe is the right to ask; it goes back once the answer is there.
        self._take, self._give = os.pipe()
        os.write(self._give, b"1")

    def __repr__(self) -> str:
        return f"<LockedFile {self.path}>"

    def open(self) -> list[Identity]:
        """Return the identities.

        Raises:
            OutsideError: Nobody can be asked.
            MasterKeyError: The passphrase does not fit. It is not asked for again.
        """
        if self._identities is None:
            self._identities = []
            self._identities = age.unlock_identities(self._data, self._passphrase(), self.path)
        return self._identities

    def _passphrase(self) -> Secret:
        os.read(self._take, 1)
        try:
            if self._shared[:1] == _KNOWN:
                size = int.from_bytes(self._shared[1:3], "big")
                return Secret(self._shared[3 : 3 + size])
            if self._shared[:1] == _ASKED:
                raise OutsideError("the passphrase was asked for and not given", path=self.path)
            self._shared[:1] = _ASKED
            found = self._ask(self.path)
            text = found.reveal()
            self._shared[: 3 + len(text)] = _KNOWN + len(text).to_bytes(2, "big") + text
            return found
        finally:
            os.write(self._give, b"1")


def open_all(locked: list[LockedFile], failures: list[Error]) -> list[Identity]:
    """Return the identities of every file that opens; why one does not goes to the failures."""
    found: list[Identity] = []
    for one in locked:
        try:
            found += one.open()
        except Error as error:
            failures.append(error)
    return found


def passphrase_source(descriptor: str) -> Callable[[str], Secret]:
    """Return what to ask for passphrases.

    Args:
        descriptor: The number of an open file whose first line is the passphrase of every file;
            "" for the terminal.
    """
    if not descriptor:
        return ask_terminal
    known: list[Secret] = []

    def ask(path: str) -> Secret:
        if not known:
            known.append(_read_descriptor(descriptor, path))
        return known[0]

    return ask


def keep_to_ourselves(descriptor: str) -> None:
    """Close the file of the passphrase to programs that this process runs or becomes."""
    if descriptor.isdecimal():
        with contextlib.suppress(OSError):
            os.set_inheritable(int(descriptor), False)


def _read_descriptor(descriptor: str, path: str) -> Secret:
    text = b""
    try:
        while b"\n" not in text and len(text) < _MAX:
            part = os.read(int(descriptor), _MAX)
            if not part:
                break
            text += part
    except (OSError, ValueError):
        raise OutsideError(f"{VARIABLE} is not the number of an open file", path=path) from None
    return _checked(text.partition(b"\n")[0].removesuffix(b"\r"), path)


def ask_terminal(path: str) -> Secret:
    """Return what a person types at the terminal, which does not show it."""
    import getpass
    import warnings

    try:
        # getpass would read standard input where there is no terminal.
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            typed = getpass.getpass(f"passphrase of {path}: ")
    except (OSError, EOFError, Warning):
        raise OutsideError(
            f"it needs a passphrase, and there is no terminal to ask on (nor {VARIABLE})",
            path=path,
        ) from None
    return _checked(typed.encode(), path)


def _checked(text: bytes, path: str) -> Secret:
    if not text:
        raise MasterKeyError("the passphrase is empty", path=path)
    if len(text) > _MAX - 3:
        raise MasterKeyError(f"the passphrase is longer than {_MAX - 3} bytes", path=path)
    return Secret(text)
