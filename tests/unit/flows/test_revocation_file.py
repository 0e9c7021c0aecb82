"""The record of a revocation stands in Git, so it is believed nothing that could do harm."""

from __future__ import annotations

import pytest

from sopsmith.errors import FormatError
from sopsmith.flows.exposure import Place
from sopsmith.flows.revocation import Entry, Revocation, dump, load

PATH = ".sopsmith/revocations/any.json"


@pytest.mark.parametrize(
    "recipient", ["age1/../../../app", "age1../../../home/a/.npm1x", "age1x\n"]
)
def test_a_recipient_leads_to_no_other_file(recipient: str) -> None:
    forged = dump(Revocation(recipient, "", "prod", "2026-11-24T14:00:00Z"))
    with pytest.raises(FormatError):
        load(forged, PATH)


@pytest.mark.parametrize("number", ["1e999", "[" * 100_000, '"x"'])
def test_what_no_record_says_is_refused(number: str) -> None:
    entry = Entry(Place("prod", "n", "s"), ("k",), ("f",), "1", "2", 7, None)
    made = dump(Revocation("age1qqqqqqqqqqqqqqqq", "", "prod", "2026-11-24T14:00:00Z", (entry,)))
    with pytest.raises(FormatError, match="no record of a revocation"):
        load(
            made.replace(b'"other_groups_needed": 7', b'"other_groups_needed": ' + number.encode()),
            PATH,
        )


@pytest.mark.parametrize(
    "recipient", ["age1qqqqqqqqqqqqqqqq", "age1tag1qqqqqqq", "ssh-ed25519 A/../b"]
)
def test_a_record_of_any_kind_of_recipient_is_read(recipient: str) -> None:
    made = Revocation(recipient, "", "prod", "2026-11-24T14:00:00Z")
    assert load(dump(made), PATH) == made
