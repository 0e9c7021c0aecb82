"""Read a recipient from the words of a command: itself, or the path of a file that holds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sopsmith.age import check_recipient
from sopsmith.errors import LayoutError, MasterKeyError, UsageError
from sopsmith.repo.recipients import NamedRecipient, check_label

if TYPE_CHECKING:
    from sopsmith.ports import Files

_TEXTS = ("age1", "ssh-")
_IDENTITY = "AGE-SECRET-KEY-"
_PRIVATE = (_IDENTITY, "PRIVATE KEY-----", "AGE-PLUGIN-")


def read_recipient(words: str, files: Files) -> NamedRecipient:
    """Return a recipient, named after the comment of its SSH key if it has one.

    Args:
        words: `age1…`, `ssh-ed25519 …`, or a file with one such line, as `id_ed25519.pub` is.

    Raises:
        MasterKeyError: It is no recipient that can be used.
        UsageError: There is no such file, or it holds something else. Its content is not quoted.
    """
    _refuse_identity(words)
    line = words.strip() if words.startswith(_TEXTS) else _read_line(words, files)
    kind, _, rest = line.partition(" ")
    if not kind.startswith("ssh-"):
        return NamedRecipient(check_recipient(line))
    key, _, comment = rest.strip().partition(" ")
    return NamedRecipient(check_recipient(f"{kind} {key}"), _label(comment.strip()))


def read_who(words: str, files: Files) -> str:
    """Return whom words mean: a recipient, that of a file, or else a name as it is."""
    _refuse_identity(words)
    if words.endswith(".pub") and files.find(words) is not None:
        return read_recipient(words, files).recipient
    return words.strip()


def is_recipient(words: str) -> bool:
    """Tell whether words are a recipient itself, and not a name or a path."""
    try:
        return words.startswith(_TEXTS) and bool(check_recipient(words))
    except MasterKeyError:
        return False


def _refuse_identity(words: str) -> None:
    if words.strip().upper().startswith(_IDENTITY):
        raise UsageError(
            "an age identity stands where a recipient belongs; now it is in your shell's history",
            hint="age-keygen -y FILE prints the recipient of an identity's file",
        )


def _read_line(path: str, files: Files) -> str:
    data = files.find(path)
    if data is None:
        raise UsageError(
            "is neither a recipient nor a file",
            path=path,
            hint="give age1…, ssh-ed25519 … in quotes, or the path of a .pub file",
        )
    text = data.decode("utf-8", "replace")
    if any(mark in text for mark in _PRIVATE):
        raise UsageError(
            "holds an identity; its recipient is wanted, which is no secret",
            path=path,
            hint="name the .pub file, or what age-keygen -y prints",
        )
    lines = [line.strip() for line in text.splitlines()]
    lines = [line for line in lines if line and not line.startswith("#")]
    if len(lines) != 1 or not lines[0].startswith(_TEXTS):
        raise UsageError("does not hold one recipient on a line of its own", path=path)
    return lines[0]


def _label(comment: str) -> str:
    """Return an SSH key's comment if it can be a name."""
    try:
        return check_label(comment)
    except LayoutError:
        return ""
