"""Be git's merge driver: three files in, the merged one in place of ours.

Whatever goes wrong, our file is either replaced by a whole one or left as it was, and git is
told that there is a conflict.

Source: git Documentation/gitattributes.txt (Defining a custom merge driver).
"""

from __future__ import annotations

from sopsmith.errors import Error, FormatError, NoIdentity, NotEncrypted
from sopsmith.formats import find_format
from sopsmith.formats.tree import show
from sopsmith.sops.document import Document, Unlocked
from sopsmith.sops.merge import Ancestor, Merged, merge
from sopsmith.sops.merging import markers
from sopsmith.sops.recognise import recognise

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from sopsmith.ports import Files, Programs
    from sopsmith.secret import Secret
    from sopsmith.sops.keyring import Keyring
    from sopsmith.sops.merging.values import Conflict
    from sopsmith.sops.metadata import Moment


class Call:
    """What git hands to the driver.

    Attributes:
        base, ours, theirs: Paths of files with the three versions; the outcome goes to `ours`.
        name: Path of the file in the repository.
        marker_size: How long conflict markers are.
    """

    __slots__ = ("base", "marker_size", "name", "ours", "theirs")

    def __init__(
        self, base: str, ours: str, theirs: str, name: str, marker_size: int = markers.SIZE
    ) -> None:
        self.base = base
        self.ours = ours
        self.theirs = theirs
        self.name = name
        self.marker_size = marker_size


class Doors:
    """The ways to the outside that a merge takes.

    Attributes:
        keyring: Gives the identities; asked only when a file has to be opened.
    """

    __slots__ = ("files", "keyring", "now", "programs")

    def __init__(
        self, files: Files, programs: Programs, keyring: Callable[[], Keyring], now: Moment
    ) -> None:
        self.files = files
        self.programs = programs
        self.keyring = keyring
        self.now = now


class Report:
    """How a merge went: git's exit code, and sentences for people."""

    __slots__ = ("code", "words")

    def __init__(self, code: int, words: tuple[str, ...] = ()) -> None:
        self.code = code
        self.words = words


def drive(call: Call, doors: Doors) -> Report:
    """Merge three files and put the outcome in place of ours.

    Raises:
        OutsideError: A file cannot be read or written.
    """
    base, ours, theirs = (doors.files.read(path) for path in (call.base, call.ours, call.theirs))
    if theirs in (ours, base):
        return Report(0)
    if ours == base:
        doors.files.write(call.ours, theirs)
        return Report(0)
    form = format_name(call.name, ours)
    sealed = [is_sealed(data, form, call.name) for data in (ours, theirs)]
    if form is None or not any(sealed):
        return _merge_plain(call, doors.programs)
    if not all(sealed):
        return _untouched(call, "one side is encrypted and the other is not")
    try:
        return _write(call, merge_versions((base, ours, theirs), form, call.name, doors), doors)
    except NoIdentity as error:
        from sopsmith.sops.merging.sealed import merge_sealed

        joined = merge_sealed(base, ours, theirs, form, call.name)
        if joined is None:
            return _untouched(call, error.message)
        doors.files.write(call.ours, joined)
        return Report(0)
    except Error as error:
        return _untouched(call, ": ".join(part for part in (error.key, error.message) if part))


def merge_versions(
    versions: tuple[bytes, bytes, bytes], form: str, name: str, doors: Doors
) -> Merged:
    """Return the merge of base, ours and theirs once the MAC of each is verified.

    Raises:
        Error: A side does not open or was tampered with, or `merge` refuses.
    """
    base, ours, theirs = versions
    keyring = doors.keyring()
    sides = [Document.parse(data, form, path=name).unlock(keyring) for data in (ours, theirs)]
    ancestor = _read_ancestor(base, form, name, sides, keyring)
    return merge(ancestor, sides[0], sides[1], keyring.kinds, now=doors.now)


def _read_ancestor(
    data: bytes, form: str, name: str, sides: list[Unlocked], keyring: Keyring
) -> Ancestor:
    """Return the ancestor; one that cannot be trusted counts as none.

    That is the safe side: without an ancestor, whatever differs is a conflict.
    """
    keys = list(dict.fromkeys(side.data_key for side in sides))
    try:
        conflict = markers.split(data.decode())
        if conflict:
            both = [_open(side.encode(), form, name, keys, keyring) for side in conflict]
            return Ancestor([one.plaintext() for one in both], both[0])
        found = _open(data, form, name, keys, keyring)
        return Ancestor([found.plaintext()], found)
    except NotEncrypted:
        return Ancestor([data] if data.strip() else [])
    except (Error, UnicodeDecodeError):
        return Ancestor([])


def _open(data: bytes, form: str, name: str, keys: list[Secret], keyring: Keyring) -> Unlocked:
    """Open a file with a data key that is known already, or with an identity.

    An old version may be encrypted to others alone, and have the data key of today.
    """
    for key in keys:
        try:
            return Document.parse(data, form, path=name).unlock_with(key)
        except NotEncrypted:
            raise
        except Error:
            continue
    return Document.parse(data, form, path=name).unlock(keyring)


def format_name(name: str, data: bytes) -> str | None:
    """Return the format of a SOPS file by its name, or by its bytes where that says none."""
    return find_format(name) or recognise(data, name)


def is_sealed(data: bytes, form: str | None, name: str) -> bool:
    """Tell whether bytes are a SOPS file, even one that is damaged."""
    if form is None:
        return False
    try:
        Document.parse(data, form, path=name)
    except NotEncrypted:
        return False
    except FormatError:
        return b"ENC[AES256_GCM," in data
    except Error:
        return True
    return True


def describe(conflict: Conflict) -> str:
    """Return a conflict as one line: its place and what each side did, no value."""
    document, *rest = conflict.address or (0,)
    place = show(tuple(rest))
    prefix = f"document {int(document) + 1}: " if document else ""
    return f"{prefix}{place}: {conflict.reason}" if place else f"{prefix}{conflict.reason}"


def conflicted_text(merged: Merged, size: int) -> bytes:
    """Return the file with conflict markers around what differs, all of it encrypted."""
    return markers.join(merged.ours.decode(), merged.theirs.decode(), size=size).encode()


def _write(call: Call, merged: Merged, doors: Doors) -> Report:
    if not merged.conflicts:
        doors.files.write(call.ours, merged.ours)
        return Report(0)
    doors.files.write(call.ours, conflicted_text(merged, call.marker_size))
    words = [f"{call.name}: {describe(conflict)}" for conflict in merged.conflicts]
    return Report(1, (*words, f"resolve it with: sopsmith git resolve {call.name}"))


def _untouched(call: Call, reason: str) -> Report:
    return Report(
        1,
        (
            f"{call.name}: {reason}",
            "our version is left as it is; git has theirs: "
            f"git checkout --theirs -- {call.name}, or sopsmith git resolve {call.name}",
        ),
    )


def _merge_plain(call: Call, programs: Programs) -> Report:
    """Merge files that are not SOPS's as git does without a driver."""
    size = f"--marker-size={call.marker_size}"
    argv = ["git", "merge-file", "--quiet", size, "-L", "ours", "-L", "base", "-L", "theirs"]
    done = programs.run([*argv, call.ours, call.base, call.theirs])
    return Report(min(done.code, 1))
