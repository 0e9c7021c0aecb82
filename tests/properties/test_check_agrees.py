"""`verify` judges a file as opening it does, whichever reader serves it."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.documents import MODELS, Model
from tests.properties.test_opening import KEYRING, NARROW, SELECTORS, sealed

from sopsmith.errors import Error
from sopsmith.sops.check import check
from sopsmith.sops.document import Document
from sopsmith.sops.recognise import is_marked, recognise
from sopsmith.sops.selectors import Selector


def judged(data: bytes) -> tuple[object, object]:
    """Return the error of `check` and of opening the file, as words; None for a file that holds."""
    found: list[object] = [None, None]
    for number in range(2):
        try:
            if number:
                Document.parse(data, "yaml", path="x.yaml").unlock(KEYRING)
            else:
                check(data, "yaml", "x.yaml", KEYRING)
        except Error as error:
            found[number] = (type(error), str(error))
    return found[0], found[1]


@settings(max_examples=100, deadline=None)
@given(MODELS | NARROW, SELECTORS, st.booleans())
def test_what_sopsmith_writes_is_recognised_and_holds(
    model: Model, selector: Selector, mac_only: bool
) -> None:
    try:
        data = sealed([model], selector, mac_only=mac_only)
    except Error:
        return
    assert recognise(data, "x.yaml") == "yaml"
    assert is_marked(data, "yaml")
    assert judged(data) == (None, None)


@settings(max_examples=150, deadline=None)
@given(NARROW, st.integers(0), st.sampled_from([b"A", b" ", b"\n", b":", b"x: y\n"]))
def test_damage_is_judged_alike(model: Model, place: int, damage: bytes) -> None:
    data = sealed([model], Selector("unencrypted_suffix", "_x"), mac_only=False)
    at = place % len(data)
    for broken in (data[:at] + damage + data[at:], data[:at] + data[at + 1 :]):
        checked, opened = judged(broken)
        assert checked == opened
