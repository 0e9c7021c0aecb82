"""Every fuzz target holds on its corpus, on any bytes and on mutated seeds."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fuzz.registry import CANARY, load_targets

TARGETS = load_targets()
CORPUS = Path(__file__).parent / "corpus"
EXAMPLES = int(os.environ.get("SOPSMITH_EXAMPLES", "25"))
SEEDS = {
    name: [path.read_bytes() for path in sorted((CORPUS / name).iterdir())] for name in TARGETS
}
SIGNS = st.sampled_from(
    (
        b"\n", b"\r\n", b"#", b": ", b"- ", b'"', b"'", b"\\", b"=", b"[", b"{", b"&a ", b"*a",
        b"!!int ", b"|", b">", b"---\n", b"ENC[", b"\0", b"\xff", b"\xc3\xa9", b"\xef\xbb\xbf",
        b"\xc2\x85", b"  ", b"\t", b"9" * 5000, b"[" * 3000, b"a__map_" * 1200, CANARY.encode(),
    )
)  # fmt: skip
names = pytest.mark.parametrize("name", list(TARGETS))
patiently = settings(max_examples=EXAMPLES)


@names
def test_a_target_holds_on_its_corpus(name: str) -> None:
    for data in SEEDS[name]:
        TARGETS[name](data)


@names
@patiently
@given(data=st.binary(max_size=200))
def test_a_target_holds_on_any_bytes(name: str, data: bytes) -> None:
    TARGETS[name](data)


@names
@patiently
@given(data=st.data())
def test_a_target_holds_on_mutated_seeds(name: str, data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(SEEDS[name]))
    for _ in range(data.draw(st.integers(1, 4))):
        place = st.integers(0, len(text))
        start, end = sorted((data.draw(place), data.draw(place)))
        # Put something in, take something out, or copy a part to another place.
        middle = data.draw(SIGNS | st.just(b"") | st.just(text[start:end]))
        keep = data.draw(st.sampled_from([start, end]))
        text = text[:start] + middle + text[keep:]
    TARGETS[name](text)


def test_the_corpus_is_small() -> None:
    found = {name: list((CORPUS / name).iterdir()) for name in TARGETS}
    assert all(len(paths) <= 40 for paths in found.values())
    assert all(path.stat().st_size < 4096 for paths in found.values() for path in paths)
