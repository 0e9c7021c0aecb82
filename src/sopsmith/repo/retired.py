"""Label an identity in a file of identities as retired; it stays, since history needs it."""

from __future__ import annotations

from datetime import UTC, datetime

from sopsmith.repo.key_file import parse_key_file

MARK = b"# retired: "


def mark_retired(data: bytes, path: str, recipient: str, now: datetime) -> bytes:
    """Return a file with one line more above an identity's label; the same where it has it.

    Args:
        path: What errors call the file.

    Raises:
        MasterKeyError: The file is no list of identities.
    """
    for entry in parse_key_file(data, path):
        if entry.recipient == recipient and not is_retired(data, entry.start):
            line = MARK + now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ").encode() + b"\n"
            return data[: entry.start] + line + data[entry.start :]
    return data


def is_retired(data: bytes, start: int) -> bool:
    """Tell whether an identity, whose label begins at `start`, is marked as retired."""
    above = data[:start].splitlines()
    return bool(above) and above[-1].startswith(MARK)
