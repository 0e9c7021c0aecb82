"""Say what an archive can hold: which names, and how much under each."""

from __future__ import annotations

from sopsmith.errors import OutsideError

MAX_SIZE = 64 * 1024 * 1024  # bytes
_SIGNS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")


def is_name(name: str) -> bool:
    """Tell whether a name is one that every store can hold: no path, nothing hidden."""
    return 0 < len(name) <= 200 and not name.startswith(".") and set(name) <= _SIGNS


def check_name(name: str) -> str:
    """Return a name.

    Raises:
        OutsideError: It is not one.
    """
    if not is_name(name):
        raise OutsideError(f"{name!r} cannot name an object: letters, digits and . _ - can")
    return name


def too_large(place: str) -> OutsideError:
    """Return the error of an object over the limit."""
    return OutsideError(f"the object is larger than {MAX_SIZE // 1024 // 1024} MiB", path=place)
