"""Hold a value that will not print itself."""

from __future__ import annotations


class Secret:
    """Wrap bytes so that no repr, format or traceback shows them.

    `reveal()` is the only way out, so a search for it finds every place where a
    value leaves. Equality compares the bytes; there is no ordering, and no pickling.
    """

    __slots__ = ("_value",)

    def __init__(self, value: bytes) -> None:
        self._value = value

    def reveal(self) -> bytes:
        """Return the bytes themselves."""
        return self._value

    def __repr__(self) -> str:
        return f"<Secret, {len(self._value)} bytes>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> str:
        raise TypeError("a Secret is not pickled")
