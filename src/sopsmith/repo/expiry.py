"""Say when a Secret's value ends: an annotation in clear, so that no identity is needed to look.

metadata:
  annotations:
    sopsmith.dev/expires: "2026-12-31"
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from sopsmith.errors import LayoutError

ANNOTATION = "sopsmith.dev/expires"
_MIDNIGHT = "T00:00:00Z"
# RFC 3339, section 5.6; a day alone besides.
_FORM = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))?", re.ASCII)


def parse_expiry(text: str) -> datetime:
    """Return the moment (UTC) from which a value counts as expired.

    Args:
        text: A day, which means its first moment in UTC, or RFC 3339.

    Raises:
        LayoutError: It is neither. It is not quoted: a value may stand there by mistake.
    """
    try:
        if not _FORM.fullmatch(text):
            raise ValueError
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):  # The last hour of the year 9999 may have none in UTC.
        raise LayoutError(
            "is no date", hint="2026-12-31, or a moment such as 2026-12-31T12:00:00Z"
        ) from None


def write_expiry(text: str) -> str:
    """Return a date as the annotation has it: a day for the first moment of one.

    Raises:
        LayoutError: It is no date.
    """
    parse_expiry(text)
    return text.removesuffix(_MIDNIGHT)


def find_expiries(value: object) -> Iterator[tuple[str, object]]:
    """Yield name and annotation of each object in a manifest, the items of a list included."""
    if not isinstance(value, dict):
        return
    metadata = value.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    if isinstance(metadata, dict) and isinstance(annotations, dict) and ANNOTATION in annotations:
        yield str(metadata.get("name", "")), annotations[ANNOTATION]
    items = value.get("items")
    for item in items if isinstance(items, list) else []:
        yield from find_expiries(item)
