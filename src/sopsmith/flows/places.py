"""Get, set and unset one value of a SOPS file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sopsmith.errors import Error, UsageError
from sopsmith.flows.crypt import parse_extract
from sopsmith.formats.place import NothingThere
from sopsmith.formats.scalars import INT64
from sopsmith.formats.tree import Address
from sopsmith.sops.amend import same, set_at, unset_at, value_at
from sopsmith.sops.document import Document, Unlocked, format_of

if TYPE_CHECKING:
    from datetime import datetime

    from sopsmith.sops.keyring import Keyring

_BAD_VALUE = 7  # sops' exit code for a value or a place that cannot be read


class BadValue(UsageError):
    """A value or a place on the command line cannot be read."""

    sops_exit_code = _BAD_VALUE


@dataclass(frozen=True)
class Target:
    """A SOPS file and how to open it.

    Attributes:
        data: Its bytes.
        path: Its name, for messages and to tell its format by.
        input_type: Name of the format; "" to take it from the path.
    """

    data: bytes
    path: str
    keyring: Keyring
    input_type: str = ""
    ignore_mac: bool = False

    def open(self) -> Unlocked:
        """Return the file with its values in clear."""
        document = Document.parse(
            self.data, self.input_type or format_of(self.path), path=self.path
        )
        return document.unlock(self.keyring, ignore_mac=self.ignore_mac)


def set_place(
    target: Target, expression: str, value: object, *, now: datetime, idempotent: bool = False
) -> bytes:
    """Return a file with a value at a place; a value that is there already costs nothing else.

    Args:
        expression: As sops has it: `["a"]["b"][0]`.
        idempotent: Return the same bytes where the place has that value; else time and MAC
            are new.

    Raises:
        BadValue: The expression cannot be read.
        Error: As `sops.amend.set_at` does.
    """
    address = parse_place(expression)
    one = target.open()
    try:
        if idempotent and _has(one, address, value):
            return target.data
        return set_at(one, address, value, now=now)
    except Error as error:
        raise error.at(target.path) from None


def unset_place(
    target: Target, expression: str, *, now: datetime, idempotent: bool = False
) -> bytes:
    """Return a file without what stands at a place.

    Args:
        idempotent: Return the same bytes where nothing stands there.

    Raises:
        BadValue: The expression cannot be read.
        NothingThere: Nothing stands there, unless `idempotent`.
        Error: As `sops.amend.unset_at` does.
    """
    address = parse_place(expression)
    try:
        return unset_at(target.open(), address, now=now)
    except NothingThere as error:
        if idempotent:
            return target.data
        raise error.at(target.path) from None
    except Error as error:
        raise error.at(target.path) from None


def get_place(target: Target, expression: str, *, output_type: str = "") -> bytes:
    """Return what stands at a place: a string as it is, all else in a format.

    Args:
        output_type: `yaml` or `json`; "" for the file's own, and JSON where that is another.

    Raises:
        UsageError: The expression cannot be read.
        NothingThere: Nothing stands there.
    """
    address = parse_extract(expression)
    try:
        found = value_at(target.open(), address)
    except Error as error:
        raise error.at(target.path) from None
    if isinstance(found, bytes):
        return found
    if isinstance(found, str):
        return found.encode()
    kind = output_type or target.input_type or format_of(target.path)
    return _dump_yaml(found) if kind == "yaml" else _dump_json(found)


def parse_place(expression: str) -> Address:
    """Return the address of sops' form `["a"][0]`.

    Raises:
        BadValue: It is not of that form.
    """
    try:
        return parse_extract(expression)
    except UsageError as error:
        raise BadValue(error.message, hint="""sopsmith set FILE '["a"]["b"][0]' VALUE""") from None


def parse_value(data: bytes) -> object:
    """Return the value that a JSON text stands for; integers stay integers.

    Raises:
        BadValue: It is not JSON, or holds a number that SOPS could not keep exactly. The
            message never quotes it.
    """
    try:
        value = json.loads(
            data.decode(), object_pairs_hook=_object, parse_int=_integer, parse_constant=_refuse
        )
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except BadValue:
        raise
    except (ValueError, RecursionError):
        raise BadValue(
            "the value is not JSON, or not text", hint="""a string needs its quotes: '"text"'"""
        ) from None
    return value


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadValue("the value is an object that has a key twice")
    return found


def _integer(digits: str) -> int:
    # Texts of thousands of digits are slow to convert, and none of them fits.
    if len(digits) > 20 or int(digits) not in INT64:
        raise BadValue(
            "the value holds an integer beyond 64 bits, which SOPS has no type for",
            hint="""make it a string: '"123…"'""",
        )
    return int(digits)


def _refuse(_word: str) -> object:
    raise BadValue("the value holds what is not a number in JSON")


def _has(one: Unlocked, address: Address, value: object) -> bool:
    try:
        return same(value_at(one, address), value)
    except NothingThere:
        return False


def _dump_json(found: object) -> bytes:
    return json.dumps(found, ensure_ascii=False).encode()


def _dump_yaml(found: object) -> bytes:
    from sopsmith.formats.yaml_lines import block_lines, flow_text

    if isinstance(found, dict | list) and found:
        return "".join(line + "\n" for line in block_lines(found, 0, 4)).encode()
    return (flow_text(found) + "\n").encode()
