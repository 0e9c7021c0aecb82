"""Turn a SOPS file into the environment of a program.

Source: getsops/sops cmd/sops/main.go (exec-env), stores/stores.go (ValToString).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sopsmith.errors import Error, FormatError
from sopsmith.formats.env_file import Variable
from sopsmith.secret import Secret
from sopsmith.sops.document import Document, format_of

if TYPE_CHECKING:
    from sopsmith.formats.tree import Plain
    from sopsmith.sops.keyring import Keyring


class DoesNotFit(FormatError):
    """An entry has no place in an environment."""

    sops_exit_code = 1


def read_variables(
    data: bytes, path: str, keyring: Keyring, *, input_type: str = ""
) -> tuple[list[Variable], list[str]]:
    """Return the variables of a file's first document, and the keys that are null.

    sops hands a null over as the text `<nil>`, which no program can mean.

    Raises:
        Error: As `Document.unlock` does.
        DoesNotFit: A value is a mapping or a list, or a key or value cannot be a variable's.
    """
    document = Document.parse(data, input_type or format_of(path), path=path)
    first = document.unlock(keyring).objects()[0]
    entries = first if isinstance(first, dict) else {}
    try:
        variables = [
            Variable(_checked_name(key), Secret(_checked_value(key, value)))
            for key, value in entries.items()
            if value is not None
        ]
    except Error as error:
        raise error.at(path) from None
    return variables, [key for key, value in entries.items() if value is None]


def _checked_name(key: str) -> str:
    if not key or "=" in key or "\0" in key:
        raise DoesNotFit("the key is empty or holds = or NUL, so no variable can have it", key=key)
    return key


def _checked_value(key: str, value: object) -> bytes:
    if isinstance(value, dict | list):
        raise DoesNotFit(
            "the value is a mapping or a list, which no variable can hold",
            key=key,
            hint="exec-file hands over the whole file",
        )
    assert value is None or isinstance(value, str | int | float | bytes)
    text = to_variable(value)
    if b"\0" in text:
        raise DoesNotFit("the value holds a NUL, which no variable can", key=key)
    return text


def to_variable(value: Plain) -> bytes:
    """Return a value as the text that sops hands to a program."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, bool):
        return b"true" if value else b"false"
    if isinstance(value, float):
        return _float_text(value).encode()
    return str(value).encode()


def _float_text(value: float) -> str:
    """Return a float as Go's `%G` with a decimal place: 1.0, 1.5, 1E+06, 2.5E-07."""
    if value != value or value in (float("inf"), float("-inf")):
        return {"nan": "NaN", "inf": "+Inf", "-inf": "-Inf"}[str(value)]
    from decimal import Decimal

    exact = Decimal(repr(value))
    exponent = exact.adjusted() if value else 0
    # Go turns to an exponent here; %G with the shortest digits counts as six of them.
    if -4 <= exponent < 6:
        plain = format(exact.normalize(), "f")
        return plain if "." in plain else plain + ".0"
    mantissa = format(exact.scaleb(-exponent).normalize(), "f")
    return f"{mantissa}E{'-' if exponent < 0 else '+'}{abs(exponent):02}"
