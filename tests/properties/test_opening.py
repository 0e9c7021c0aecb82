"""The plugin's fast way of opening files gives what the general way gives."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.documents import MODELS, Model, to_yaml

from sopsmith import age
from sopsmith.errors import Error
from sopsmith.plugin.opening import open_narrow
from sopsmith.sops.config import CreationRule
from sopsmith.sops.document import Document, encrypt
from sopsmith.sops.keyring import Keyring
from sopsmith.sops.selectors import Selector

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
IDENTITY, RECIPIENT = age.generate()
KEYRING = Keyring(age.parse_identities(IDENTITY.reveal().decode(), "test"))
NARROW: st.SearchStrategy[Model] = st.dictionaries(
    st.sampled_from(["a", "data", "password", "x.y"]),
    st.dictionaries(st.sampled_from(["b", "c"]), st.text("ab: #-\n'\"", max_size=8), min_size=1),
    min_size=1,
)


def sealed(models: list[Model], selector: Selector, *, mac_only: bool) -> bytes:
    """Return documents as an encrypted YAML file."""
    rule = CreationRule((RECIPIENT,), selector, mac_only=mac_only)
    text = "---\n".join(to_yaml(model) for model in models)
    return encrypt(text.encode(), "yaml", rule, now=NOW, path="x.yaml")


def both(data: bytes) -> tuple[object, object]:
    """Return what either way gives: objects, or the words of the error."""
    ways: tuple[Callable[[], object], ...] = (
        lambda: open_narrow(data, "x.yaml", KEYRING),
        lambda: Document.parse(data, "yaml", path="x.yaml").unlock(KEYRING).objects(),
    )
    results: list[object] = []
    for way in ways:
        try:
            results.append(repr(way()))
        except Error as error:
            results.append((type(error), str(error)))
    return results[0], results[1]


SELECTORS = st.sampled_from(
    [("encrypted_regex", "^(a|data)$"), ("unencrypted_suffix", "_x"), ("encrypted_regex", "a")]
).map(lambda pair: Selector(*pair))


@settings(max_examples=150, deadline=None)
@given(st.lists(MODELS | NARROW, min_size=1, max_size=2), SELECTORS, st.booleans())
def test_whatever_the_fast_way_takes_it_opens_alike(
    models: list[Model], selector: Selector, mac_only: bool
) -> None:
    try:
        data = sealed(models, selector, mac_only=mac_only)
    except Error:
        return
    fast, general = both(data)
    assert fast in ("None", general)


@settings(max_examples=150, deadline=None)
@given(NARROW, st.integers(0), st.sampled_from([b"A", b" ", b"\n", b":", b"x: y\n"]))
def test_a_damaged_file_is_refused_by_both_or_opened_alike(
    model: Model, place: int, damage: bytes
) -> None:
    data = sealed([model], Selector("unencrypted_suffix", "_x"), mac_only=False)
    at = place % len(data)
    for broken in (data[:at] + damage + data[at:], data[:at] + data[at + 1 :]):
        fast, general = both(broken)
        assert fast in ("None", general)
