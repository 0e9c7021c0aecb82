"""A recovery recipient enters sopsmith.yaml and nothing else there changes."""

from __future__ import annotations

import pytest

from sopsmith import age
from sopsmith.errors import LayoutError
from sopsmith.repo.recipients import NamedRecipient
from sopsmith.repo.recovery_edit import add_recovery
from sopsmith.repo.settings import FILE, parse_settings

DEV, OLD, NEW = (age.generate()[1] for _ in range(3))
BASE = f"version: 1\nenvironments: {{dev: {{recipients: [{DEV}]}}}}  # one\n"
NAMED = NamedRecipient(NEW, "safe: at the notary's")


def recovery(data: bytes) -> list[str]:
    """Return the recovery recipients of a text."""
    return [one.recipient for one in parse_settings(data, FILE).recovery]


@pytest.mark.parametrize(
    "text", [BASE, BASE.rstrip("\n"), f"# comment\n{BASE}", f"{BASE}# the end\n"]
)
def test_the_first_one_is_added_at_the_end(text: str) -> None:
    made = add_recovery(text.encode(), NAMED)
    assert made.startswith(text.encode())
    assert parse_settings(made, FILE).recovery == (NAMED,)


@pytest.mark.parametrize(
    "block",
    [
        "recovery:\n  recipients:\n    - {old}\n",
        "recovery:\n  recipients:\n  - {old}  # the notary\nkeys: {{max_age_days: 9}}\n",
        "recovery:  \n    # who\n    recipients:\n        - recipient: {old}\n          name: a\n",
    ],
)
def test_another_one_stands_beside_the_first(block: str) -> None:
    text = BASE + block.format(old=OLD)
    made = add_recovery(text.encode(), NamedRecipient(NEW))
    assert recovery(made) == [NEW, OLD]
    new = [line for line in made.decode().splitlines() if line not in text.splitlines()]
    assert [line.strip() for line in new] == [f"- {NEW}"]


@pytest.mark.parametrize(
    "text",
    [
        f"{BASE}recovery: {{recipients: [{OLD}]}}\n",
        f"{BASE}recovery:\n  recipients: [{OLD}]\n",
        f"{BASE}recovery:\n  recipients:\n    - {NEW}\n",
        f"{BASE}...\n",
    ],
)
def test_what_cannot_be_edited_surely_is_left_and_the_hint_has_the_line(text: str) -> None:
    with pytest.raises(LayoutError) as caught:
        add_recovery(text.encode(), NamedRecipient(NEW))
    assert caught.value.hint == f"add it by hand: - {NEW}"
