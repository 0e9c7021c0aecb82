"""Resolve plain YAML scalars that may be numbers or moments, apart for their patterns' sake.

Source: go.yaml.in/yaml/v3 resolve.go (resolve, parseTimestamp).
"""

from __future__ import annotations

import math
import re

from sopsmith.errors import FormatError
from sopsmith.formats.scalars import INT64, SPECIAL_FLOATS, UINT64_MAX, Inexact
from sopsmith.formats.tree import Plain, Timestamp

_LONGEST = 21  # digits; no decimal number of so many fits into 64 bits
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
# Go takes underscores between digits here, and nowhere else without taking them out first.
_DOT_FLOAT = re.compile(r"\.[0-9]+(_[0-9]+)*([eE][-+]?[0-9]+(_[0-9]+)*)?")
_INT = re.compile(r"[-+]?(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|[1-9][0-9]*|0)")
_DATE = r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"
_CLOCK = r"([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[.,]([0-9]+))?"
_MOMENT = re.compile(_DATE + r"[Tt]" + _CLOCK + r"(Z|[-+][0-9]{2}:[0-9]{2})")
_LOCAL_MOMENT = re.compile(_DATE + r" +" + _CLOCK)
_DAY = re.compile(_DATE)


def resolve_number(text: str) -> Plain:
    """Return the value of a plain scalar that begins with a dot, a sign or a digit.

    Raises:
        FormatError: An integer between 2^63 and 2^64, which SOPS has no type for.
    """
    return _resolve_dotted(text) if text[0] == "." else _resolve_number(text)


def parse_timestamp(text: str) -> Timestamp | None:
    """Return the RFC 3339 form of what go-yaml takes for a moment, or None."""
    match = _MOMENT.fullmatch(text)
    if match:
        *numbers, fraction, zone = match.groups()
        return _moment(numbers, fraction, zone)
    match = _LOCAL_MOMENT.fullmatch(text)
    if match:
        *numbers, fraction = match.groups()
        return _moment(numbers, fraction, "Z")
    match = _DAY.fullmatch(text)
    return _moment([*match.groups(), "0", "0", "0"], None, "Z") if match else None


def _resolve_dotted(text: str) -> Plain:
    if text in SPECIAL_FLOATS:
        return SPECIAL_FLOATS[text]
    return _finite(text) if _DOT_FLOAT.fullmatch(text) else text


def _resolve_number(text: str) -> Plain:
    if text in SPECIAL_FLOATS:
        return SPECIAL_FLOATS[text]
    if text[4:5] == "-":
        moment = parse_timestamp(text)
        if moment is not None:
            return moment
    plain = text.replace("_", "")
    if _INT.fullmatch(plain):
        return _integer(plain)
    return _finite(plain, text) if _FLOAT.fullmatch(plain) else text


def _integer(digits: str) -> Plain:
    magnitude = digits.lstrip("+-").lower()
    base = {"0x": 16, "0b": 2, "0o": 8}.get(magnitude[:2])
    if base is None:
        base = 8 if len(magnitude) > 1 and magnitude[0] == "0" else 10
        # Python refuses to read thousands of decimal digits; all beyond 20 mean the same here.
        number = int(magnitude[:_LONGEST] if base == 10 else magnitude, base)
    else:
        number = int(magnitude[2:], base)
    number = -number if digits[0] == "-" else number
    if number in INT64:
        return number
    if 0 <= number <= UINT64_MAX:
        raise FormatError("the integer is beyond 64 bits with a sign, which SOPS has no type for")
    if not _FLOAT.fullmatch(digits):
        return digits
    approximate = float(digits)
    return Inexact(approximate) if math.isfinite(approximate) else digits


def _finite(text: str, otherwise: str | None = None) -> Plain:
    number = float(text)
    return number if math.isfinite(number) else otherwise or text


def _moment(numbers: list[str], fraction: str | None, zone: str) -> Timestamp | None:
    year, month, day, hour, minute, second = (int(number) for number in numbers)
    if not (1 <= month <= 12 and 1 <= day <= _days(year, month)):
        return None
    if hour > 23 or minute > 59 or second > 59:
        return None
    if zone in ("+00:00", "-00:00"):
        zone = "Z"
    if zone != "Z" and (int(zone[1:3]) > 24 or int(zone[4:]) > 60):
        return None
    tail = (fraction or "")[:9].rstrip("0")
    text = f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"
    return Timestamp(text + (f".{tail}" if tail else "") + zone)


def _days(year: int, month: int) -> int:
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[month - 1]
