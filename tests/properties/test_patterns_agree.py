"""Patterns that are matched without RE2 mean what they mean to it."""

from __future__ import annotations

import pytest
import re2
from hypothesis import given, settings
from hypothesis import strategies as st

from sopsmith.errors import RuleError
from sopsmith.sops.selectors import compile_regex

PARTS = st.sampled_from(
    ["^", "$", ".*", "\\.", "a", "b", "/", "ab", "a.yaml", "|", "(", ")", "\\", ".", "*", "?", "é",
     "\n", "\\$", "[a]", "+", "-"]
)  # fmt: skip
PATTERNS = st.lists(PARTS, max_size=6).map("".join)
PATHS = st.lists(
    st.sampled_from(["a", "b", "/", ".", "ab", "é", "\n", "\\", "$", "^", "\udc80", "\ufffd", "-"]),
    max_size=7,
).map("".join)
LIKELY = st.lists(st.sampled_from(["a", "b", "ab", "/", "\\.", ".*"]), max_size=5).map("".join)


def agrees(pattern: str, text: str) -> None:
    options = re2.Options()
    options.log_errors = False
    try:
        known = re2.compile(pattern, options)
    except re2.error:
        with pytest.raises(RuleError):
            compile_regex(pattern)
        return
    read = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    assert compile_regex(pattern)(text) == (known.search(read) is not None)


@settings(max_examples=500, deadline=None)
@given(PATTERNS, PATHS)
def test_any_pattern_means_what_it_means_to_re2(pattern: str, text: str) -> None:
    agrees(pattern, text)


@settings(max_examples=500, deadline=None)
@given(st.sampled_from(["", "^"]), LIKELY, st.sampled_from(["", "$"]), PATHS)
def test_a_pattern_of_plain_pieces_means_what_it_means_to_re2(
    start: str, body: str, end: str, text: str
) -> None:
    agrees(start + body + end, text)
    agrees(start + body + end, body.replace("\\.", ".").replace(".*", text))
