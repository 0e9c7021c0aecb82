"""Read lists of recipients: each a text, or a mapping that also says whose it is and what for."""

from __future__ import annotations

from typing import NamedTuple

from sopsmith.age import check_recipient
from sopsmith.errors import LayoutError
from sopsmith.repo.strict import Fields

LABEL_LIMIT = 200
"""Characters of a name or a purpose; both stand in tables."""
_FIELDS = ("recipient", "name", "purpose")
_KEYS = ("age1", "age-", "ssh-")
"""What recipients and identities begin with, in lower case, and so what no name may."""


class NamedRecipient(NamedTuple):
    """A recipient, and for people whose it is.

    Attributes:
        name: Of the person or machine that holds the identity; "" where nobody said.
        purpose: Why it may read; "" where nobody said.
    """

    recipient: str
    name: str = ""
    purpose: str = ""

    @property
    def shown(self) -> str:
        """What people call it: its name, or the recipient where it has none."""
        return self.name or self.recipient


def parse_recipients(fields: Fields) -> tuple[NamedRecipient, ...]:
    """Return the `recipients` of a mapping; none where there are none.

    Raises:
        LayoutError: One is no recipient, or stands in the list twice, or its name does.
    """
    found: list[NamedRecipient] = []
    for index, item in enumerate(fields.texts_or_fields("recipients", _FIELDS)):
        place = f"recipients[{index}]"
        if isinstance(item, Fields):
            one = _parse_named(item)
        else:
            one = NamedRecipient(fields.checked(check_recipient, item, place))
        if any(one.recipient == other.recipient for other in found):
            raise fields.error("stands in the list twice", place)
        if one.name and any(one.name == other.name for other in found):
            raise fields.error("another recipient of the list has this name", f"{place}.name")
        found.append(one)
    return tuple(found)


def check_label(text: str) -> str:
    """Return a name or a purpose that fits on a line and is no recipient.

    Raises:
        LayoutError: It does not, or is. It is not quoted: an identity may stand there.
    """
    if len(text) > LABEL_LIMIT or not text.isprintable() or text != text.strip():
        raise LayoutError(
            f"is no line of at most {LABEL_LIMIT} characters without blanks around it"
        )
    if text.lower().startswith(_KEYS):
        raise LayoutError("begins like a recipient; say whose it is in words")
    return text


def _parse_named(fields: Fields) -> NamedRecipient:
    return NamedRecipient(
        fields.checked(check_recipient, fields.text("recipient"), "recipient"),
        fields.checked(check_label, fields.text("name", ""), "name"),
        fields.checked(check_label, fields.text("purpose", ""), "purpose"),
    )
