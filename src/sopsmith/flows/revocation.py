"""Keep what a leaked identity could read as a list in the repository, and tell what is left.

`.sopsmith/revocations/ID.json` names Secrets, commits and notes, and nothing secret. Whether a
value was replaced is not written down but looked up: it was when what stands in HEAD differs
from every value that the identity could ever read.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from sopsmith.errors import FormatError, NotThere, UsageError
from sopsmith.flows.exposure import Place

if TYPE_CHECKING:
    from datetime import datetime

    from sopsmith.flows.exposure import Exposure, Now

FOLDER = ".sopsmith/revocations"
REPLACED, NOTED = "replaced", "noted"
SAME, GONE, UNKNOWN = "same value", "gone from Git", "not known"
_OPEN = (SAME, UNKNOWN, GONE)
"""What leaves a Secret open, the plainest reason first."""


class Note(NamedTuple):
    """That a Secret's credential was changed.

    Attributes:
        text: What a person says of it.
        proven: Nobody had to say it: every value differed from those that were read.
    """

    date: str
    text: str
    proven: bool = False


@dataclass(frozen=True)
class Entry:
    """One Secret whose credential must be changed where it comes from.

    Attributes:
        keys: Its encrypted keys.
        files: Every path where it stood.
        first, last: The oldest and newest commit with a version that the identity opens.
        others: How many further key groups the identity needed.
    """

    place: Place
    keys: tuple[str, ...]
    files: tuple[str, ...]
    first: str
    last: str
    others: int = 0
    note: Note | None = None


@dataclass(frozen=True)
class Revocation:
    """A leaked identity and what it could read.

    Attributes:
        environment: The one that it was taken out of; "" for all.
    """

    recipient: str
    name: str
    environment: str
    date: str
    entries: tuple[Entry, ...] = field(default=())

    @property
    def id(self) -> str:
        """What its file is called."""
        return id_of(self.recipient)

    @property
    def path(self) -> str:
        """Where its file stands, from the root of the repository."""
        return f"{FOLDER}/{self.id}.json"


class State(NamedTuple):
    """Where one Secret stands.

    Attributes:
        keys: What is known of each key: REPLACED, SAME, GONE or UNKNOWN.
    """

    entry: Entry
    keys: dict[str, str]

    @property
    def word(self) -> str:
        """REPLACED or NOTED where nothing is left to do; else why it is open."""
        said = self.entry.note
        if said is not None and not said.proven:
            return NOTED
        # Proven once, it holds until an old value comes back.
        if said is not None and SAME not in self.keys.values():
            return REPLACED
        return next((word for word in _OPEN if word in self.keys.values()), REPLACED)

    @property
    def open(self) -> bool:
        """The credential is still to be changed, as far as is known."""
        return self.word in _OPEN


def id_of(recipient: str) -> str:
    """Return what a recipient's revocation is called: as much of it as tells it from others."""
    if recipient.startswith("age1"):
        # Bech32 has no 1 behind the one that ends the prefix, and other kinds have longer ones.
        prefix, _, data = recipient.rpartition("1")
        return f"{prefix}1{data[:12]}"
    return f"key-{sha256(recipient.encode()).hexdigest()[:11]}"


def update(old: Revocation, exposure: Exposure) -> Revocation:
    """Return a revocation with what a search found; what it listed before stays, and its notes."""
    known = {entry.place: entry for entry in old.entries}
    for place, one in exposure.places.items():
        before = known.get(place)
        known[place] = Entry(
            place,
            tuple(sorted(one.keys.union(before.keys if before else ()))),
            tuple(sorted(one.files.union(before.files if before else ()))),
            one.first,
            one.last,
            one.others,
            before.note if before else None,
        )
    return replace(old, entries=tuple(known[place] for place in sorted(known)))


def states(of: Revocation, exposure: Exposure, now: Now) -> list[State]:
    """Return where each Secret stands.

    Args:
        now: What HEAD holds.
    """
    found = []
    for entry in of.entries:
        seen = exposure.places.get(entry.place)
        # Unless every version was read, a new value may be one of those that were not.
        certain = seen is not None and not seen.unread
        stands = now.get(entry.place, {})
        words = {key: _word(key, stands, exposure, certain=certain) for key in entry.keys}
        found.append(State(entry, words))
    return found


def _word(
    key: str, stands: dict[str, set[bytes | None]], exposure: Exposure, *, certain: bool
) -> str:
    digests = stands.get(key)
    if digests is None:
        return GONE
    if not digests.isdisjoint(exposure.values):
        return SAME
    return REPLACED if certain and None not in digests else UNKNOWN


def note(of: Revocation, secret: str, text: str, now: datetime) -> Revocation:
    """Return a revocation in which a person says that a Secret's credential was changed.

    Args:
        secret: `namespace/name`, a name, or a file; `scope:` before it where that is needed.

    Raises:
        UsageError: It names none, or several; or the note says nothing.
    """
    if not text.strip() or not text.isprintable():
        raise UsageError("--note takes a line that says what was done")
    fitting = [entry.place for entry in of.entries if secret in _names(entry)]
    if not fitting:
        raise UsageError(
            "--replaced names no Secret of the list", hint=f"sopsmith key revoke --status {of.id}"
        )
    if len(fitting) > 1:
        listed = ", ".join(f"{place.scope}:{place}" for place in fitting)
        raise UsageError(f"--replaced fits several: {listed}")
    said = Note(format_date(now), text.strip())
    entries = (replace(one, note=said) if one.place == fitting[0] else one for one in of.entries)
    return replace(of, entries=tuple(entries))


def note_proven(of: Revocation, found: list[State], now: datetime) -> Revocation:
    """Return a revocation that says of each Secret with new values that they are new.

    Afterwards nobody needs an identity to know it, neither the leaked one.
    """
    said = Note(format_date(now), "every value in Git is a new one", proven=True)
    new = {one.entry.place for one in found if one.word == REPLACED and one.entry.note is None}
    entries = (replace(one, note=said) if one.place in new else one for one in of.entries)
    return replace(of, entries=tuple(entries))


def format_date(moment: datetime) -> str:
    """Return a moment (UTC) in whole seconds, as the files of `.sopsmith` have it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def dump(of: Revocation) -> bytes:
    """Return a revocation's file."""
    value = {
        "version": 1,
        "recipient": of.recipient,
        "name": of.name,
        "environment": of.environment,
        "date": of.date,
        "secrets": [to_object(entry) for entry in of.entries],
    }
    return json.dumps(value, indent=2, sort_keys=True).encode() + b"\n"


def to_object(entry: Entry) -> dict[str, object]:
    """Return an entry as plain values."""
    return {
        **entry.place._asdict(),
        "keys": entry.keys,
        "files": entry.files,
        "first_commit": entry.first,
        "last_commit": entry.last,
        "other_groups_needed": entry.others,
        "replaced": entry.note._asdict() if entry.note else None,
    }


def load(data: bytes, path: str) -> Revocation:
    """Return the revocation of a file.

    Raises:
        FormatError: It is none.
    """
    try:
        value: dict[str, Any] = json.loads(data)
        if value["version"] != 1:
            raise FormatError("was written by a newer sopsmith", path=path)
        return Revocation(
            _recipient(str(value["recipient"])),
            str(value["name"]),
            str(value["environment"]),
            str(value["date"]),
            tuple(_entry(one) for one in value["secrets"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError, RecursionError):
        raise FormatError("is no record of a revocation", path=path, hint="git log") from None


def _recipient(text: str) -> str:
    """Return a recipient, by whose id the file is written again: it must lead nowhere else."""
    name = id_of(text)
    if not (name.isascii() and name.replace("-", "").isalnum()):
        raise ValueError
    return text


def pick(found: list[Revocation], wanted: str) -> list[Revocation]:
    """Return the revocations that an ID, a recipient or a name means; all of them for "".

    Raises:
        NotThere: There is none.
    """
    chosen = [one for one in found if wanted in ("", one.id, one.recipient, one.name)]
    if not chosen:
        raise NotThere("there is no such revocation", path=FOLDER, hint="sopsmith key revoke")
    return chosen


def _entry(one: dict[str, Any]) -> Entry:
    said = one["replaced"]
    done = Note(str(said["date"]), str(said["text"]), bool(said.get("proven"))) if said else None
    return Entry(
        Place(str(one["scope"]), str(one["namespace"]), str(one["name"])),
        tuple(map(str, one["keys"])),
        tuple(map(str, one["files"])),
        str(one["first_commit"]),
        str(one["last_commit"]),
        int(one["other_groups_needed"]),
        done,
    )


def _names(entry: Entry) -> set[str]:
    place = entry.place
    names = {str(place), place.name, *entry.files}
    return names | {f"{place.scope}:{name}" for name in names}
