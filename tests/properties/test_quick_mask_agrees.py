"""The quick way of masking shows what the general way does, or leaves the file to it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.documents import MODELS, Model, to_yaml
from tests.unit.sops.world import ALL, lock

from sopsmith.errors import Error
from sopsmith.sops.document import Document
from sopsmith.sops.fingerprint import show_masked
from sopsmith.sops.quick_mask import show_quick
from sopsmith.sops.selectors import Selector

EVERY = Selector("unencrypted_suffix", "_never")
JUNK = st.sampled_from(["# x\n", "\n", "  \n", "#\n", "x: 1\n", "---\n", "    y\n", "a: &b 1\n"])


def both_ways(data: bytes) -> bool:
    """Compare the quick way's words with the general way's, and tell whether there are any."""
    quick = show_quick(data)
    if quick is None:
        return False
    assert quick.decode() == show_masked(Document.parse(data, "yaml", path="x"))
    return True


@settings(max_examples=60, deadline=None)
@given(model=MODELS, where=st.integers(0, 40), junk=JUNK)
def test_both_ways_show_the_same(model: Model, where: int, junk: str) -> None:
    text = lock(to_yaml(model), EVERY)
    both_ways(text.encode())
    lines = text.splitlines(keepends=True)
    lines.insert(where, junk)
    both_ways("".join(lines).encode())


def test_what_sopsmith_writes_goes_the_quick_way() -> None:
    assert both_ways(lock("a: x\nb: {c: 1}\n".replace("{c: 1}", "text"), ALL).encode())


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text + "last_unencrypted: 1\n",
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text + "---\n" + text,
        lambda text: text.replace("a: ", "a:   &anchor "),
        lambda text: text.replace("    version:", "    shamir_threshold: x\n    version:"),
        lambda text: text.replace("x", "\N{LATIN SMALL LETTER E WITH ACUTE}"),
    ],
)
def test_what_is_not_certain_is_left_to_the_general_way(spoil: object) -> None:
    assert callable(spoil)
    text = spoil(lock("a: x\n# x\n", ALL))
    try:
        assert show_quick(text.encode()) is None
    except Error as error:
        raise AssertionError from error
