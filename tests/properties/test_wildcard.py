"""The wildcards mean what the standard library's mean."""

from __future__ import annotations

from fnmatch import fnmatchcase

from hypothesis import example, given
from hypothesis import strategies as st

from sopsmith.kube.wildcard import matches


@given(st.text("ab.-", max_size=6), st.text("ab.-*?[]!", max_size=6))
@example("aab", "*ab")
@example("ab", "[!a]b")
def test_agrees_with_fnmatch_except_for_hidden_files(name: str, pattern: str) -> None:
    hidden = name.startswith(".") and not pattern.startswith(".")
    assert matches(name, pattern) is (fnmatchcase(name, pattern) and not hidden)
