"""Remember for whom this machine sends identities into backups. Pure.

Recovery recipients and the store are what a repository says, and a repository can be anybody's, or
anybody may have changed it. So they count once a person has accepted them here, as the host keys
of SSH do. Like those they are kept by what they are and not by where the repository lies: another
clone of it asks nothing, and another repository that names the same identity does.

    {"version": 1, "recovery": {"age1…": {"identities": [age1…], "folders": […], "stores": […]}}}
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from sopsmith.errors import FormatError
from sopsmith.repo.key_file import Entry, shown_folder

VERSION = 1
_FIELDS = ("identities", "folders", "stores")


class Leaving(NamedTuple):
    """An identity that would leave.

    Attributes:
        folder: For which repository it was made, by its label on this machine; "" where none is.
    """

    recipient: str
    folder: str


class Sending(NamedTuple):
    """What a backup would send, for whom and where to.

    Attributes:
        folder: The repository's, as labels of identities have it.
        recovery: Who opens the backup.
        store: Where it would be kept; "" for a folder of this machine that no repository named.
    """

    folder: str
    identities: tuple[Leaving, ...]
    recovery: tuple[str, ...]
    store: str


class Pin(NamedTuple):
    """What was accepted for one recovery recipient.

    Attributes:
        identities: Recipients whose identities may be backed up for it.
        folders: Of repositories; an identity that was made here for one of them may be, too.
        stores: Where backups for it may be kept; none yet where it was made here and not used.
    """

    recipient: str
    identities: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    stores: tuple[str, ...] = ()

    def covers(self, leaving: Leaving, folder: str) -> bool:
        """Tell whether an identity may be backed up for it, out of a repository's folder."""
        inside = leaving.folder == folder or leaving.folder.startswith(f"{folder}/")
        return leaving.recipient in self.identities or (folder in self.folders and inside)

    def takes(self, store: str) -> bool:
        """Tell whether backups for it may be kept in a store."""
        return not store or not self.stores or store in self.stores


class Unaccepted(NamedTuple):
    """What nobody has accepted yet; false where that is nothing.

    Attributes:
        recovery: Who would read identities.
        identities: Which these are, by recipient.
        store: Where backups would be kept; "" where that is accepted.
        earlier: For whom the same identities were backed up, and are not any more.
    """

    recovery: tuple[str, ...] = ()
    identities: tuple[str, ...] = ()
    store: str = ""
    earlier: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Tell whether anything is to be accepted."""
        return bool(self.recovery or self.store)

    def without(self, recovery: tuple[str, ...], stores: tuple[str, ...]) -> Unaccepted:
        """Return what is left where some are accepted now."""
        left = tuple(one for one in self.recovery if one not in recovery)
        known = {_bare(one) for one in stores}
        return self._replace(recovery=left, store="" if _bare(self.store) in known else self.store)


Pins = tuple[Pin, ...]


def find_unaccepted(pins: Pins, sending: Sending) -> Unaccepted:
    """Return what of a sending was never accepted on this machine."""
    known = {pin.recipient: pin for pin in pins}

    def is_new(recipient: str, leaving: Leaving) -> bool:
        pin = known.get(recipient)
        return pin is None or not pin.covers(leaving, sending.folder)

    recovery = tuple(
        one
        for one in sending.recovery
        if one not in known or any(is_new(one, leaving) for leaving in sending.identities)
    )
    identities = tuple(
        leaving.recipient
        for leaving in sending.identities
        if any(is_new(one, leaving) for one in recovery)
    )
    is_known = all(one in known and known[one].takes(sending.store) for one in sending.recovery)
    earlier = tuple(
        pin.recipient
        for pin in pins
        if pin.recipient not in sending.recovery and {*pin.identities} & {*identities}
    )
    return Unaccepted(recovery, identities, "" if is_known else sending.store, earlier)


def accept(pins: Pins, sending: Sending) -> Pins:
    """Return what is remembered once a sending was accepted."""
    more = {
        one: Pin(
            one,
            tuple(leaving.recipient for leaving in sending.identities),
            (sending.folder,),
            (sending.store,) if sending.store else (),
        )
        for one in sending.recovery
    }
    kept = tuple(_joined(pin, more.pop(pin.recipient, pin)) for pin in pins)
    return (*kept, *more.values())


def accept_store(pins: Pins, folder: str, store: str) -> Pins:
    """Return the same with a store that a person chose for a repository."""
    return tuple(
        _joined(pin, pin._replace(stores=(store,))) if store and folder in pin.folders else pin
        for pin in pins
    )


def build_sending(
    folder: str, entries: list[Entry], recovery: tuple[str, ...], store: str
) -> Sending:
    """Return what a backup of some identities would send.

    Args:
        folder: The repository's, absolute and without symbolic links.
        store: As `store_of` has it.
    """
    leaving = tuple(Leaving(entry.recipient, entry.folder) for entry in entries)
    return Sending(shown_folder(folder), leaving, recovery, store)


def store_of(named: str, endpoint: str, place: str) -> str:
    """Return what tells a store from all others; "" for a folder that no repository names.

    Args:
        named, endpoint: As `sopsmith.yaml` has them.
        place: The archive's own name for it.
    """
    if not named:
        return ""
    # A bucket of the same name at another service is another store.
    return f"{endpoint.rstrip('/')}/{place.removeprefix('s3://')}" if endpoint else place


def _bare(store: str) -> str:
    """Return a store without what a person may write or leave out."""
    return store.removeprefix("file://").rstrip("/")


def dump_pins(pins: Pins) -> bytes:
    """Return the file that remembers."""
    made = {pin.recipient: {name: list(getattr(pin, name)) for name in _FIELDS} for pin in pins}
    text = json.dumps({"version": VERSION, "recovery": made}, indent=2, sort_keys=True)
    return text.encode() + b"\n"


def parse_pins(data: bytes, path: str) -> Pins:
    """Return what a file remembers.

    Raises:
        FormatError: It is not what sopsmith wrote.
    """
    try:
        found = json.loads(data)
        if found["version"] != VERSION:
            raise ValueError
        return tuple(
            Pin(one, *(_texts(fields[name]) for name in _FIELDS))
            for one, fields in found["recovery"].items()
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise FormatError(
            "is not what sopsmith wrote, so nothing in it counts as accepted",
            path=path,
            hint="move it away, and accept again what you know",
        ) from None


def _joined(pin: Pin, more: Pin) -> Pin:
    both = ((*getattr(pin, name), *getattr(more, name)) for name in _FIELDS)
    return Pin(pin.recipient, *(tuple(dict.fromkeys(one)) for one in both))


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise TypeError
    return tuple(value)
