"""Keep backups in memory, note every byte that was handed over, and fail where a test says."""

from __future__ import annotations

from sopsmith.errors import Conflict, Error


class FakeArchive:
    """`ports.Archive` in memory.

    Args:
        fails: The error that the nth call of a method raises, counted from 1; 0 is every call.

    Attributes:
        held: Objects by name.
        sent: Every name and every object that was handed over, in order.
    """

    def __init__(self, fails: dict[tuple[str, int], Error] | None = None) -> None:
        self.held: dict[str, bytes] = {}
        self.sent: list[bytes] = []
        self.fails = fails or {}
        self._calls: dict[str, int] = {}

    def place(self, name: str) -> str:
        """Return where an object is."""
        return f"s3://backups/platform/{name}"

    def names(self) -> list[str]:
        """Return the sorted names."""
        self._called("names")
        return sorted(self.held)

    def find(self, name: str) -> bytes | None:
        """Return an object or None."""
        self._called("find", name.encode())
        return self.held.get(name)

    def create(self, name: str, data: bytes) -> None:
        """Store an object under a free name."""
        self._called("create", name.encode(), data)
        if name in self.held:
            raise Conflict("the name is taken", path=self.place(name))
        self.held[name] = data

    def replace(self, name: str, data: bytes) -> None:
        """Store an object."""
        self._called("replace", name.encode(), data)
        self.held[name] = data

    def _called(self, method: str, *sent: bytes) -> None:
        self.sent += sent
        self._calls[method] = self._calls.get(method, 0) + 1
        error = self.fails.get((method, self._calls[method])) or self.fails.get((method, 0))
        if error is not None:
            raise error
