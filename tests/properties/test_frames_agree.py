"""Metadata read and written by their frame are what the general way reads and writes."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.sops.world import ALL, KEYRING, LATER, RECIPIENT, lock

from sopsmith import age
from sopsmith.errors import Error
from sopsmith.formats import narrow, yaml
from sopsmith.formats.tree import Mapping, Tree
from sopsmith.formats.yaml_entries import write_entry
from sopsmith.sops import framed
from sopsmith.sops.config import CreationRule
from sopsmith.sops.document import Document
from sopsmith.sops.frame import Own, cut, fill
from sopsmith.sops.framed import read_framed, write_framed
from sopsmith.sops.metadata import Metadata, merge_metadata, parse_metadata
from sopsmith.sops.quick import parse_quick
from sopsmith.sops.rekey import rotate, update_keys
from sopsmith.sops.unseal import take_metadata

OTHER = age.generate()[1]
MAC = "ENC[AES256_GCM,data:made+up,iv:eA==,tag:eA==,type:str]"


def below(text: str) -> str:
    return text[text.index("\nsops:\n") + 1 :]


ONE = below(lock("a: x\n", ALL))
TWO = below(
    rotate(
        Document.parse(lock("a: x\n", ALL).encode(), "yaml", path="x").unlock(KEYRING),
        CreationRule((RECIPIENT, OTHER), ALL),
        {},
        now=LATER,
    ).decode()
)


def parted(text: str) -> tuple[str, Own]:
    found = cut(text)
    assert found is not None
    return found


@pytest.fixture(autouse=True)
def forget() -> None:
    """Learn anew in each test: what is remembered is bounded."""
    framed._KNOWN.clear()
    framed._LAYOUTS.clear()


def said(metadata: Metadata) -> object:
    groups = [[(one.kind, list(one.fields.items())) for one in g] for g in metadata.groups]
    selector = metadata.selector.kind, metadata.selector.pattern
    rest = metadata.version, metadata.threshold, metadata.mac_only_encrypted, metadata.whole
    return groups, metadata.last_modified, metadata.mac, selector, rest


def general(text: str) -> object:
    """Return what the general reader, which is behind all others, says of a text of metadata."""
    node = take_metadata(yaml.read(text))
    assert node is not None
    return said(parse_metadata(node))


def agrees(text: str) -> None:
    """Read a text by its frame after another text taught it, and by the general reader."""
    cut_out = cut(text)
    if cut_out is None or not text.isascii():
        return
    assert fill(*cut_out) == text
    for _ in range(2):
        found = read_framed(text)
        if found is not None:
            assert found[1] == cut_out[1]
            assert said(found[0]) == general(text)


@pytest.mark.parametrize("text", [ONE, TWO], ids=["one", "two"])
def test_what_sopsmith_writes_is_read_by_its_frame(text: str) -> None:
    assert read_framed(text) is not None
    agrees(text)


JUNK = st.one_of(
    st.sampled_from(
        [
            "\n", " ", "    ", "#", " #", ": ", '"', "'", "\\", "]", "[", "- ", "---\n", "sops:\n",
            "    mac: ENC[x]\n", '    lastmodified: "2026-01-02T03:04:05Z"\n', "mac: ENC[", "|",
            "-----BEGIN AGE ENCRYPTED FILE-----\n", "-----END AGE ENCRYPTED FILE-----\n",
            "    MAC: ENC[x]\n", "    pgp:\n        - enc: x\n          fp: F\n", "\t", "\0", "é",
        ]
    ),
    st.text("ab \n:#-'\"[]|", max_size=4),
)  # fmt: skip


@given(st.sampled_from([ONE, TWO]), st.integers(0, 2000), st.integers(0, 40), JUNK)
def test_whatever_is_changed_the_frame_says_what_the_general_reader_says(
    text: str, where: int, gone: int, junk: str
) -> None:
    framed._KNOWN.clear()
    agrees(text)
    agrees(text[:where] + junk + text[where + gone :])


@given(st.sampled_from([ONE, TWO]), st.integers(0, 40), st.integers(0, 40), st.booleans())
def test_lines_moved_or_doubled_make_no_difference(
    text: str, first: int, second: int, double: bool
) -> None:
    framed._KNOWN.clear()
    lines = text.splitlines(keepends=True)
    line = lines[first % len(lines)] if double else lines.pop(first % len(lines))
    lines.insert(second % len(lines), line)
    changed = "".join(lines)
    try:
        general(changed)
    except (Error, AssertionError):
        # The general way refuses it: then the frame must not read it.
        assert read_framed(changed) is None
        return
    agrees(changed)


def by_hand(text: str, fields: dict[str, object]) -> str:
    trees = narrow.parse(text)
    assert trees is not None
    node = take_metadata(trees)
    assert node is not None
    return write_entry("", Tree(Mapping([("sops", node)])), "sops", merge_metadata(node, fields))


STANZAS = st.lists(
    st.fixed_dictionaries(
        {"enc": st.sampled_from([*parted(ONE)[1].encs, *parted(TWO)[1].encs])},
        optional={"recipient": st.sampled_from([RECIPIENT, OTHER]), "note": st.just("yes")},
    ),
    min_size=1,
    max_size=3,
)
FIELDS = st.fixed_dictionaries(
    {"age": STANZAS},
    optional={
        "encrypted_regex": st.sampled_from(["^data$", "a: b", "#x"]),
        "unencrypted_suffix": st.just("_x"),
        "mac_only_encrypted": st.just(True),
        "lastmodified": st.sampled_from(["2027-01-02T03:04:05Z", "2028-01-02T03:04:05Z"]),
        "mac": st.just(MAC),
        "pgp": st.just([{"enc": "x", "fp": "F"}]),
    },
)
TIMES = st.sampled_from(["2026-01-02T03:04:05Z", "2026-01-02T03:04:05+02:00", "x", "1", "yes"])


@given(st.sampled_from([ONE, TWO]), TIMES, st.lists(FIELDS, min_size=2, max_size=3))
def test_what_is_written_is_what_the_general_writer_writes(
    text: str, time: str, wishes: list[dict[str, object]]
) -> None:
    frame, own = parted(text)
    own = Own(own.encs, time, own.mac)
    for fields in wishes:
        assert write_framed(frame, own, fields) == by_hand(fill(frame, own), fields)


def test_a_second_file_of_a_frame_gets_its_own_keys_time_and_mac() -> None:
    for number in range(3):
        data = lock(f"a: made up {number}\n", ALL).encode()
        for change in (rotate, update_keys):
            quick = parse_quick(data, "x")
            assert quick is not None
            rule = CreationRule((OTHER, RECIPIENT), ALL)
            found = change(quick.unlock(KEYRING), rule, {}, now=LATER)
            opened = Document.parse(found, "yaml", path="x").unlock(KEYRING)
            assert opened.objects() == [{"a": f"made up {number}"}]
            assert opened.metadata.recipients == [OTHER, RECIPIENT]


def test_what_is_remembered_of_frames_is_bounded_and_new_ones_are_still_learned() -> None:
    for number in range(framed.MOST + 20):
        other = ONE.replace("version: 3", f"version: 3.{number}")
        agrees(other)
        fields: dict[str, object] = {
            "age": [{"enc": parted(ONE)[1].encs[0], "recipient": f"r{number}"}]
        }
        assert f"recipient: r{number}\n" in write_framed(*parted(ONE), fields)
        assert parse_quick(lock("a: x\n", ALL).encode(), "x") is not None
        assert len(framed._KNOWN) <= framed.MOST
        assert len(framed._LAYOUTS) <= framed.MOST


def test_no_secret_is_remembered() -> None:
    parse_quick(lock("a: x\n", ALL).encode(), "x")
    kept = repr((framed._KNOWN.keys(), framed._LAYOUTS))
    assert not re.search("ENC.AES|BEGIN AGE", kept)


def test_metadata_without_any_stanza_are_told_apart() -> None:
    bare = re.sub(r"(?s)    age:.*?(?=    lastmodified)", "", ONE)
    assert parted(bare)[1].encs == ()
    agrees(bare)
