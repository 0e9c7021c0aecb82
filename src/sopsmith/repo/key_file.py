"""Read and extend a file of age identities, each under a label that says what it is for.

The file is sops' own `keys.txt`. A label is comments above an identity, the last two as
age-keygen writes them, so that every other program reads the file as before:

    # sopsmith: dev, staging of /home/anna/platform
    # created: 2026-11-24T14:00:00Z
    # public key: age1…
    AGE-SECRET-KEY-1…
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sopsmith.age import parse_identities
from sopsmith.errors import Error, MasterKeyError
from sopsmith.secret import Secret

_PURPOSE, _CREATED, _PUBLIC = b"# sopsmith: ", b"# created: ", b"# public key: "
_LABELS = (_PURPOSE, _CREATED, _PUBLIC)
RESUMED_WITHIN = timedelta(days=1)
"""How old an identity may be that is taken for one of a run that was cut short. An older one that
nothing names may have been retired, or leaked."""
_NO_LIST = (b"-----BEGIN", b"age-encryption.org/")


class Entry(NamedTuple):
    """An identity of the file.

    Attributes:
        recipient: Told from the identity itself, never from its label.
        created: From its label (UTC); None where there is none that can be read.
        environments: Those that its label names.
        folder: The repository's folder in its label, or "".
        line: The identity's text.
        start: Where its label begins, in bytes.
        end: Behind the end of its line, so that `data[:start] + data[end:]` is without it.
    """

    recipient: str
    created: datetime | None
    environments: tuple[str, ...]
    folder: str
    line: Secret
    start: int
    end: int

    def is_fresh(self, folder: str, now: datetime) -> bool:
        """Tell whether it was made for a repository's folder not long ago."""
        young = self.created is not None and now - self.created <= RESUMED_WITHIN
        return young and self.folder == shown_folder(folder)


class NewIdentity(NamedTuple):
    """An identity that was made for one environment, or for several."""

    environments: tuple[str, ...]
    identity: Secret
    recipient: str


def parse_key_file(data: bytes, path: str) -> list[Entry]:
    """Return the identities of a file in their order.

    Args:
        path: What errors call the file.

    Raises:
        MasterKeyError: A line is no identity, or the file is encrypted or one SSH key. No line
            is quoted.
    """
    check_list(data, path)
    entries: list[Entry] = []
    comments: list[bytes] = []
    start = offset = 0
    for number, whole in enumerate(data.splitlines(keepends=True), start=1):
        line, end = whole.rstrip(b"\r\n"), offset + len(whole)
        if line.startswith(b"#"):
            comments.append(line)
            # Our first line begins a label; a comment of somebody else ends it, and outlives
            # its identity.
            begins = line.startswith(_PURPOSE)
            start = offset if begins else start if line.startswith(_LABELS) else end
        else:
            if line:
                entries.append(_entry(line, comments, (start, end), f"line {number}", path))
            comments, start = [], end
        offset = end
    return entries


def append_identity(data: bytes, path: str, new: NewIdentity, folder: str, now: datetime) -> bytes:
    """Return a file with one more identity at its end.

    Args:
        folder: The repository's, absolute, for the label: two of one name must not be mixed up.

    Raises:
        MasterKeyError: The file is encrypted or one SSH key, so nothing can be appended.
    """
    check_list(data, path)
    gap = b"" if not data or data.endswith(b"\n") else b"\n"
    return data + gap + build_label(new, folder, now) + new.identity.reveal() + b"\n"


def build_label(new: NewIdentity, folder: str, now: datetime) -> bytes:
    """Return the comments that stand above a new identity."""
    purpose = f"{', '.join(new.environments)} of {shown_folder(folder)}".encode()
    created = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    lines = (_PURPOSE + purpose, _CREATED + created, _PUBLIC + new.recipient.encode())
    return b"".join(line + b"\n" for line in lines)


def move_label(block: bytes, entry: Entry, folder: str) -> bytes:
    """Return an identity's lines with a label that names another repository's folder.

    A tenant's part of the repository stays that tenant's.

    Args:
        block: Its lines, as `entry` was read from them.
        folder: Of the repository, absolute.
    """
    if not entry.folder:
        return block
    above, mark, tenant = entry.folder.rpartition("/tenants/")
    part = f"/tenants/{tenant}" if above and mark and "/" not in tenant else ""
    names = ", ".join(entry.environments)
    old, new = (f"{names} of {one}".encode() for one in (entry.folder, shown_folder(folder) + part))
    return block.replace(_PURPOSE + old, _PURPOSE + new)


def shown_folder(folder: str) -> str:
    """Return a folder as a label has it, which must stay one line of UTF-8."""
    shown = "".join(c if c.isprintable() else "?" for c in folder)
    return shown.encode("utf-8", "replace").decode()


def check_list(data: bytes, path: str) -> None:
    """Make sure that a file is a list of identities, one a line.

    Raises:
        MasterKeyError: It is not: encrypted, or a single SSH key.
    """
    if any(sign in data for sign in _NO_LIST) or b"\0" in data:
        raise MasterKeyError(
            "is encrypted or one SSH key, and no list of identities to read or append to",
            path=path,
            hint="name existing recipients: sopsmith init --recipient dev=age1…",
        )


def _entry(
    line: bytes, comments: list[bytes], span: tuple[int, int], place: str, path: str
) -> Entry:
    try:
        (identity,) = parse_identities(line.decode("utf-8", "replace"), path)
    except Error as error:
        error.key = place
        raise
    environments, folder = _purpose(_label(comments, _PURPOSE))
    created = _moment(_label(comments, _CREATED))
    return Entry(identity.recipient, created, environments, folder, Secret(line), *span)


def _label(comments: list[bytes], name: bytes) -> str:
    """Return what the last label of a name says, or ""."""
    found = (line.removeprefix(name) for line in reversed(comments) if line.startswith(name))
    return next(found, b"").decode("utf-8", "replace").strip()


def _purpose(text: str) -> tuple[tuple[str, ...], str]:
    # No environment's name holds a blank, and a folder's may.
    names, mark, folder = text.partition(" of ")
    return (tuple(names.split(", ")), folder) if mark else ((), "")


def _moment(text: str) -> datetime | None:
    """Return a moment as age-keygen writes it, with a zone of its own or Z."""
    try:
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):  # The first hour of the year 1 has none in UTC.
        return None
