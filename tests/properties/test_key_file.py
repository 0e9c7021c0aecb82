"""A file of identities keeps every byte when one is appended, and when one is taken out again."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from sopsmith import age
from sopsmith.repo.key_file import NewIdentity, append_identity, parse_key_file

NOW = datetime(2026, 11, 24, tzinfo=UTC)
MADE = [age.generate() for _ in range(4)]
WORDS = st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]), max_size=30)
LINES = st.one_of(
    st.sampled_from([identity.reveal() for identity, _ in MADE]),
    st.sampled_from([b"", b"# sopsmith: dev of x", b"# created: 2026-01-02T03:04:05Z"]),
    WORDS.map(lambda text: b"#" + text.encode()),
)
FILES = st.builds(
    lambda lines, ends, last: b"".join(map(bytes.__add__, lines, ends)) + last,
    st.lists(LINES, max_size=12),
    st.lists(st.sampled_from([b"\n", b"\r\n"]), min_size=12, max_size=12),
    st.sampled_from([b"", b"# no end", MADE[0][0].reveal()]),
)


@settings(max_examples=60, deadline=None)
@given(FILES, WORDS.filter(str.strip))
def test_an_identity_comes_and_goes_without_a_trace(data: bytes, folder: str) -> None:
    new = NewIdentity(("dev", "prod"), *age.generate())
    made = append_identity(data, "keys.txt", new, folder, NOW)
    assert made.startswith(data)
    *others, last = parse_key_file(made, "keys.txt")
    assert [one.recipient for one in others] == [
        one.recipient for one in parse_key_file(data, "keys.txt")
    ]
    assert (last.recipient, last.environments, last.created) == (
        new.recipient, ("dev", "prod"), NOW,
    )  # fmt: skip
    left = made[: last.start] + made[last.end :]
    assert left in (data, data + b"\n")


@settings(max_examples=60, deadline=None)
@given(FILES)
def test_taking_an_entry_out_leaves_all_others(data: bytes) -> None:
    entries = parse_key_file(data, "keys.txt")
    for index, entry in enumerate(entries):
        left = data[: entry.start] + data[entry.end :]
        kept = [one.recipient for one in entries[:index] + entries[index + 1 :]]
        assert [one.recipient for one in parse_key_file(left, "keys.txt")] == kept
