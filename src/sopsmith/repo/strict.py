"""Read a YAML mapping strictly: known fields, right types, errors with the key path."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sopsmith.errors import Error, FormatError, LayoutError
from sopsmith.formats import yaml
from sopsmith.formats.tree import Timestamp, to_object

T = TypeVar("T")
_KINDS = {
    "str": "text",
    "bool": "true or false",
    "int": "a number",
    "float": "a number",
    "list": "a list",
    "dict": "a mapping",
    "Timestamp": "a date",
    "bytes": "binary",
    "NoneType": "empty",
}


class Fields:
    """One mapping of a settings file whose fields are taken one by one.

    Args:
        value: What stands there; anything else than a mapping is refused.
        known: The names that it may have; None for names that the user chooses.
        path: The file, for errors.
        key: Where in the file it stands; empty at the top.
    """

    def __init__(self, value: object, known: tuple[str, ...] | None, path: str, key: str) -> None:
        self._path = path
        self._key = key
        self._values = self._expect(value, dict, "a mapping", key)
        for name in self._values:
            if known is not None and name not in known:
                raise self._unknown(name, known)

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def names(self) -> list[str]:
        """Return the names that stand in it, in the order of the file."""
        return list(self._values)

    def text(self, name: str, default: str | None = None) -> str:
        """Return a field that is text.

        Raises:
            LayoutError: It is of another type, or missing and without a default.
        """
        value = self._values.get(name, default)
        if value is None and name not in self._values:
            raise self.error("is missing", name)
        if type(value) is not str:
            hint = None if value is None or isinstance(value, list | dict) else "write it in quotes"
            raise self.error(f"is {_kind(value)}; text was expected", name, hint)
        return value

    def day(self, name: str) -> str:
        """Return a field that is text, or a date that YAML has read as one, as RFC 3339."""
        value = self._values.get(name)
        return str(value) if isinstance(value, Timestamp) else self.text(name)

    def flag(self, name: str, *, default: bool) -> bool:
        """Return a field that is true or false."""
        value = self._values.get(name, default)
        if type(value) is not bool:
            raise self.error(f"is {_kind(value)}; true or false was expected", name)
        return value

    def number(self, name: str) -> int:
        """Return a field that must stand there as a whole number."""
        if name not in self._values:
            raise self.error("is missing", name)
        value = self._values[name]
        if type(value) is not int:
            raise self.error(f"is {_kind(value)}; a whole number was expected", name)
        return value

    def count(self, name: str) -> int | None:
        """Return a field that is a whole number from 1 on, or None where it is missing."""
        if name not in self._values:
            return None
        number = self.number(name)
        if number < 1:
            raise self.error("is no whole number from 1 on", name)
        return number

    def texts(self, name: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Return a field that is a list of texts without repetition."""
        if name not in self._values:
            return default
        values = self._expect(self._values[name], list, "a list of texts", self.place(name))
        known: set[str] = set()
        for index, value in enumerate(values):
            place = f"{name}[{index}]"
            if type(value) is not str:
                raise self.error(f"is {_kind(value)}; text was expected", place)
            if value in known:
                raise self.error("stands in the list twice", place)
            known.add(value)
        return tuple(values)

    def text_map(self, name: str) -> dict[str, str]:
        """Return a field that maps names of the user's choice to texts; empty if missing."""
        inner = self.fields(name)
        return {key: inner.text(key) for key in inner.names()}

    def fields(self, name: str, known: tuple[str, ...] | None = None) -> Fields:
        """Return a field that is a mapping; an empty one if it is missing."""
        return Fields(self._values.get(name, {}), known, self._path, self.place(name))

    def list_of_fields(self, name: str, known: tuple[str, ...]) -> list[Fields]:
        """Return a field that is a list of mappings; empty if it is missing."""
        items = self._expect(self._values.get(name, []), list, "a list", self.place(name))
        return [
            Fields(item, known, self._path, f"{self.place(name)}[{index}]")
            for index, item in enumerate(items)
        ]

    def texts_or_fields(self, name: str, known: tuple[str, ...]) -> list[str | Fields]:
        """Return a field that is a list of texts and mappings; empty if it is missing."""
        items = self._expect(self._values.get(name, []), list, "a list", self.place(name))
        found: list[str | Fields] = []
        for index, item in enumerate(items):
            place = f"{name}[{index}]"
            if isinstance(item, dict):
                found.append(Fields(item, known, self._path, self.place(place)))
            elif type(item) is str:
                found.append(item)
            else:
                raise self.error(f"is {_kind(item)}; text or a mapping was expected", place)
        return found

    def checked(self, check: Callable[[str], T], value: str, name: str) -> T:
        """Return what a check makes of a value, with its error moved to this field."""
        try:
            return check(value)
        except Error as error:
            raise self.error(error.message, name, error.hint) from None

    def error(self, message: str, name: str, hint: str | None = None) -> LayoutError:
        """Return an error about a field."""
        return LayoutError(message, path=self._path, key=self.place(name), hint=hint)

    def place(self, name: str) -> str:
        """Return a field's key path."""
        return f"{self._key}.{name}" if self._key and name else self._key or name

    def _expect(self, value: object, kind: type[T], what: str, key: str) -> T:
        if not isinstance(value, kind):
            raise LayoutError(
                f"is {_kind(value)}; {what} was expected", path=self._path, key=key or None
            )
        return value

    def _unknown(self, name: str, known: tuple[str, ...]) -> LayoutError:
        import difflib

        close = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {close[0]}?" if close else "known here: " + ", ".join(known)
        return self.error("is no field that sopsmith knows", name, hint)


def _kind(value: object) -> str:
    return _KINDS.get(type(value).__name__, "something else")


def parse_fields(data: bytes, known: tuple[str, ...] | None, path: str) -> Fields:
    """Return the one YAML document of a settings file as fields.

    Raises:
        LayoutError: It is not UTF-8, not YAML, not one document or not a mapping of known fields.
    """
    try:
        trees = yaml.read(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise LayoutError("is not UTF-8 text", path=path) from None
    except FormatError as error:
        raise LayoutError(error.message, path=path, key=error.key, hint=error.hint) from None
    if len(trees) != 1:
        raise LayoutError(f"has {len(trees)} YAML documents; one was expected", path=path)
    return Fields(to_object(trees[0].root), known, path, "")
