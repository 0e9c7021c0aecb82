"""Whatever the narrow reader of age files opens, pyrage opens alike."""

from __future__ import annotations

import pyrage
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.age_files import (
    FILE_KEY,
    IDENTITY,
    NATIVE,
    SECRET,
    agree,
    armor,
    encode,
    wrap_lines,
    write_file,
    x25519_stanza,
)

from sopsmith.age import bech32
from sopsmith.age.narrow import read_identity

OTHER = pyrage.x25519.Identity.generate()
LOW_ORDER = bytes(32)


@settings(max_examples=50, deadline=None)
@given(st.binary(min_size=1, max_size=200))
def test_what_pyrage_wrote_is_opened(content: bytes) -> None:
    wrapped = pyrage.encrypt(content, [NATIVE.to_public()], armored=True).decode().strip()
    assert agree(wrapped) == content
    for_others = pyrage.encrypt(content, [OTHER.to_public()], armored=True).decode().strip()
    assert agree(for_others) is None


ANY_TEXT = st.text("abcXYZ019+/=*- é\x7f\t", max_size=8).map(str.encode)
STANZAS = st.one_of(
    st.binary(min_size=32, max_size=32).map(lambda seed: x25519_stanza(seed, FILE_KEY)),
    st.just(b"-> X25519 " + encode(LOW_ORDER) + b"\n" + encode(bytes(32)) + b"\n"),
    st.just(x25519_stanza(SECRET, FILE_KEY).replace(b"\n", b" more\n", 1)),
    st.just(x25519_stanza(SECRET, FILE_KEY[:15])),
    st.just(b"-> scrypt " + encode(bytes(16)) + b" 1\n" + encode(bytes(32)) + b"\n"),
    st.builds(
        lambda kind, words, body, columns: (
            b"-> " + b" ".join([kind, *words]) + b"\n" + wrap_lines(encode(body), columns)
        ),
        st.sampled_from([b"a-grease", b"-grease", b"grease", b"ssh-ed25519", b""]),
        st.lists(ANY_TEXT, max_size=3),
        st.binary(max_size=120),
        st.sampled_from([64, 63, 65, 128]),
    ),
    ANY_TEXT.map(lambda text: b"-> x-grease\n" + text + b"\n"),
)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(STANZAS, min_size=1, max_size=4),
    st.binary(max_size=80),
    st.sampled_from([b"---"] * 5 + [b"--- ", b"----", b"---\n---"]),
)
def test_a_signed_header_of_any_stanzas_is_read_alike(
    stanzas: list[bytes], content: bytes, last: bytes
) -> None:
    agree(armor(write_file(stanzas, content, last)))


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_changed_file_is_never_opened_to_something_else(data: st.DataObject) -> None:
    content = bytes(range(32))
    file = write_file([x25519_stanza(bytes(range(32)), FILE_KEY)], content)
    at = data.draw(st.integers(0, len(file) - 1))
    change = data.draw(st.binary(max_size=2))
    text = armor(file[:at] + change + file[at + data.draw(st.integers(0, 2)) :])
    assert agree(text) in {None, content}


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_changed_armor_is_never_opened_to_something_else(data: st.DataObject) -> None:
    content = bytes(range(data.draw(st.integers(30, 34))))
    columns = data.draw(st.sampled_from([64, 64, 64, 63, 60, 1000]))
    text = armor(write_file([x25519_stanza(SECRET, FILE_KEY)], content), columns)
    at = data.draw(st.integers(0, len(text)))
    inserted = data.draw(st.sampled_from(["", "A", "=", "\n", "\r", " ", "-", "é", "B\n"]))
    text = text[:at] + inserted + text[at + data.draw(st.integers(0, 1)) :]
    assert agree(text) in {None, content}


def test_payloads_of_one_chunk_and_of_several_are_opened() -> None:
    for size in (64 * 1024 - 1, 64 * 1024, 64 * 1024 + 1, 128 * 1024):
        content = bytes(size)
        text = pyrage.encrypt(content, [NATIVE.to_public()], armored=True).decode().strip()
        assert agree(text) == content


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_identities_are_read_alike(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(IDENTITY)))
    inserted = data.draw(st.sampled_from(["", "Q", "1", "B", "q", "é", " ", "\u017f"]))
    line = IDENTITY[:at] + inserted + IDENTITY[at + data.draw(st.integers(0, 1)) :]
    if line.startswith("AGE-SECRET-KEY-1"):
        key = read_identity(line)
        try:
            native = pyrage.x25519.Identity.from_str(line)
        except pyrage.IdentityError:
            assert key is None
        else:
            assert key is not None and key.recipient == str(native.to_public())


@settings(max_examples=100, deadline=None)
@given(st.binary(min_size=32, max_size=32))
def test_a_recipient_is_what_pyrage_says(secret: bytes) -> None:
    line = bech32.encode("age-secret-key-", secret).upper()
    key = read_identity(line)
    assert key is not None
    assert key.recipient == str(pyrage.x25519.Identity.from_str(line).to_public())


def test_a_secret_of_another_length_is_no_identity() -> None:
    for size in (0, 31, 33):
        assert read_identity(bech32.encode("age-secret-key-", bytes(size)).upper()) is None
