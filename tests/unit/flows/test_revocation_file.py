"""The record of a revocation stands in Git, so it is believed nothing that could do harm."""

from __future__ import annotations

import pytest

from sopsmith.errors import FormatError
from sopsmith.flows.revocation import Revocation, dump, load

PATH = ".sopsmith/revocations/any.json"


@pytest.mark.parametrize(
    "recipient", ["age1/../../../app", "age1../../../home/a/.npm1x", "age1x\n"]
)
def test_a_recipient_leads_to_no_other_file(recipient: str) -> None:
    forged = dump(Revocation(recipient, "", "prod", "2026-11-24T14:00:00Z"))
    with pytest.raises(FormatError):
        load(forged, PATH)


@pytest.mark.parametrize(
    "recipient", ["age1qqqqqqqqqqqqqqqq", "age1tag1qqqqqqq", "ssh-ed25519 A/../b"]
)
def test_a_record_of_any_kind_of_recipient_is_read(recipient: str) -> None:
    made = Revocation(recipient, "", "prod", "2026-11-24T14:00:00Z")
    assert load(dump(made), PATH) == made
