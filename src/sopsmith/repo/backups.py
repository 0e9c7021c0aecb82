"""Write and read backups of identities, the list of them, and what the repository notes of them.

A backup is one object that is made once and never changed. Its number is its name, so the newest
backup and the pointer to it are the same thing. Nothing in it is secret but the payload, which
only the recovery recipients open; `age --decrypt` opens it too:

    backup-000007.json   {"version": 1, "number": 7, "date": …, "payload": "-----BEGIN AGE …"}
    manifest.json        every backup without its payload; derived, the objects are the truth
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from sopsmith.errors import FormatError, Tampered

VERSION = 1
MANIFEST = "manifest.json"
RECORD = ".sopsmith/backups.json"
"""What was backed up last, relative to the root of the repository."""
# Python does not read thousands of digits, and no number of a backup has more than these.
_NAME = re.compile(r"backup-([0-9]{6,18})\.json")
_NUMBER = re.compile(r"[0-9]{1,18}")
_LISTED = ("number", "date", "tool", "recipients", "recovery", "sha256")


class Backup(NamedTuple):
    """A backup.

    Attributes:
        number: From 1 on; a higher one is newer, whatever a clock says.
        date: When it was made, UTC: `2026-11-24T14:00:00Z`. For people alone.
        tool: What made it, with its version.
        recipients: Of the identities in it.
        recovery: Who opens it.
        payload: An armored age file around the lines of a `keys.txt`.
    """

    number: int
    date: str
    tool: str
    recipients: tuple[str, ...]
    recovery: tuple[str, ...]
    payload: str

    @property
    def sha256(self) -> str:
        """Return the digest of the payload, in hex."""
        return hashlib.sha256(self.payload.encode()).hexdigest()

    @property
    def digest(self) -> str:
        """Return the digest of the whole object, in hex: what it says of itself counts too."""
        return hashlib.sha256(dump_backup(self)).hexdigest()


class Record(NamedTuple):
    """What the repository notes of its last backup, and of earlier ones in the same store.

    Attributes:
        sha256: Digest of the object, in hex.
        recipients: Of the identities that these backups hold together.
        store: Where backups are kept, for people: `s3://bucket/prefix/`.
        earlier: Numbers and digests of earlier backups.
    """

    number: int
    sha256: str
    recipients: tuple[str, ...]
    date: str
    store: str
    earlier: tuple[tuple[int, str], ...] = ()

    def digest_of(self, number: int) -> str | None:
        """Return the digest that is noted for a number, or None."""
        return {**dict(self.earlier), self.number: self.sha256}.get(number)


def object_name(number: int) -> str:
    """Return the name of a backup's object."""
    return f"backup-{number:06}.json"


def parse_name(name: str) -> int | None:
    """Return the number in an object's name, or None where it is no backup's."""
    found = _NAME.fullmatch(name)
    number = int(found[1]) if found else 0
    return number if number and object_name(number) == name else None


def dump_backup(backup: Backup) -> bytes:
    """Return a backup's object."""
    return _dump({**_listed(backup), "version": VERSION, "payload": backup.payload})


def parse_backup(data: bytes, number: int, place: str) -> Backup:
    """Return the backup that an object holds, its digest checked.

    Args:
        number: What its name says.
        place: What errors call the object.

    Raises:
        Tampered: It is cut, changed, or another backup under this name.
        FormatError: A newer sopsmith made it.
    """
    fields = _Read(data, place)
    backup = Backup(
        fields.number("number"),
        fields.text("date"),
        fields.text("tool"),
        fields.texts("recipients"),
        fields.texts("recovery"),
        fields.text("payload"),
    )
    if backup.number != number:
        raise Tampered(f"holds backup {backup.number}, not {number}", path=place)
    if fields.text("sha256") != backup.sha256:
        raise Tampered("its digest is another: it was cut or changed", path=place)
    return backup


def dump_manifest(backups: Iterable[Backup]) -> bytes:
    """Return the list of backups, in the order of their numbers."""
    listed = [_listed(backup) for backup in sorted(backups)]
    return _dump({"version": VERSION, "backups": listed})


def dump_record(record: Record) -> bytes:
    """Return the file that stands in the repository."""
    earlier = {str(number): digest for number, digest in record.earlier}
    return _dump({**record._asdict(), "earlier": earlier, "version": VERSION})


def parse_record(data: bytes, place: str = RECORD) -> Record:
    """Return what the repository notes of its last backup.

    Raises:
        Tampered: It is not what sopsmith wrote.
        FormatError: A newer sopsmith wrote it.
    """
    if b"\n<<<<<<<" in b"\n" + data:
        raise Tampered(
            "holds merge conflict markers",
            path=place,
            hint="keep the side with the higher number",
        )
    fields = _Read(data, place)
    return Record(
        fields.number("number"),
        fields.text("sha256"),
        fields.texts("recipients"),
        fields.text("date"),
        fields.text("store"),
        fields.digests("earlier"),
    )


def _listed(backup: Backup) -> dict[str, object]:
    return {name: getattr(backup, name) for name in _LISTED}


def _dump(value: dict[str, object]) -> bytes:
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False).encode() + b"\n"


class _Read:
    """A JSON object whose fields are taken one by one; no error quotes what stands there."""

    def __init__(self, data: bytes, place: str) -> None:
        self._place = place
        try:
            found = json.loads(data)
            # Half of a pair of surrogates is JSON, and no text that can be written again.
            json.dumps(found, ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            raise Tampered("is no JSON: cut, or not sopsmith's", path=place) from None
        self._values: dict[str, Any] = found if isinstance(found, dict) else {}
        version = self.number("version")
        if version != VERSION:
            raise FormatError(f"is of version {version}, and this sopsmith knows 1", path=place)

    def number(self, name: str) -> int:
        value = self._values.get(name)
        if type(value) is not int or value < 1:
            raise self._wrong(name)
        return value

    def text(self, name: str) -> str:
        value = self._values.get(name)
        if not isinstance(value, str):
            raise self._wrong(name)
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        value = self._values.get(name)
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise self._wrong(name)
        return tuple(value)

    def digests(self, name: str) -> tuple[tuple[int, str], ...]:
        value = self._values.get(name, {})
        if not isinstance(value, dict) or not all(
            _NUMBER.fullmatch(number) and isinstance(digest, str)
            for number, digest in value.items()
        ):
            raise self._wrong(name)
        return tuple(sorted((int(number), digest) for number, digest in value.items()))

    def _wrong(self, name: str) -> Tampered:
        return Tampered("is missing or not what it should be", path=self._place, key=name)
