"""An environment is tied to a context, and the rest of the text stays as it is."""

from __future__ import annotations

import pytest

from sopsmith.errors import LayoutError
from sopsmith.repo.context_edit import tie_context
from sopsmith.repo.settings import parse_settings

TEXT = b"""\
version: 1
environments:
  # the first
  dev: {prefix: DEV_, recipients: []}
  prod:
    prefix: PROD_   # keep
    recipients: []
secrets: []
"""


@pytest.mark.parametrize("environment", ["dev", "prod"])
@pytest.mark.parametrize("context", ["admin@prod", "a: b # c", "no", "arn:aws:eks:eu/prod"])
def test_a_context_is_added_and_read_back(environment: str, context: str) -> None:
    edited = tie_context(TEXT, environment, context)
    found = {one.name: one.context for one in parse_settings(edited, "").environments}
    assert found == {"dev": "", "prod": "", environment: context}
    assert b"# the first" in edited and b"PROD_   # keep" in edited


def test_a_context_that_stands_is_replaced() -> None:
    once = tie_context(TEXT, "prod", "old")
    assert tie_context(once, "prod", "new") == once.replace(b"old", b"new")


def test_a_text_that_cannot_be_edited_surely_is_left_alone() -> None:
    shared = TEXT.replace(b"  prod:\n", b"  prod: &p\n").replace(b"secrets", b"  qa: *p\nsecrets")
    with pytest.raises(LayoutError) as caught:
        tie_context(shared.replace(b"PROD_", b"QA_"), "qa", "x")
    assert caught.value.hint or caught.value.message
