"""A merge by the narrow reader is, byte for byte, the merge by the general one."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from unittest.mock import patch

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.properties.test_narrow_agrees import narrow_texts
from tests.properties.test_spans_agree import commented_texts
from tests.styled import styled_yaml

from sopsmith import age
from sopsmith.errors import Error
from sopsmith.formats import narrow_spans
from sopsmith.sops.creation_rule import CreationRule
from sopsmith.sops.document import Document, Unlocked, encrypt
from sopsmith.sops.keyring import Keyring
from sopsmith.sops.merge import Ancestor, merge
from sopsmith.sops.selectors import Selector

NOW = datetime(2026, 1, 2, tzinfo=UTC)
LATER = datetime(2026, 1, 3, tzinfo=UTC)
IDENTITY, RECIPIENT = age.generate()
KEYRING = Keyring(age.parse_identities(IDENTITY.reveal().decode(), "test"))
TOKEN = re.compile(r"ENC\[[^\]]*\]")
SELECTORS = (("encrypted_regex", "^(a|data)$"), ("unencrypted_suffix", "_unencrypted"))
BASES = commented_texts() | narrow_texts(odd=False) | styled_yaml()


@st.composite
def triples(draw: st.DrawFn) -> tuple[str, str, str]:
    """Return a text and two edits of it: lines gone, doubled, changed or put in."""
    base = draw(BASES)

    def edited() -> str:
        lines = base.splitlines(keepends=True)
        for _ in range(draw(st.integers(1, 3))):
            at = draw(st.integers(0, max(len(lines) - 1, 0)))
            pad = " " * draw(st.sampled_from((0, 2, 4)))
            new = pad + draw(
                st.sampled_from(("new: x", "a: 7 words", "- x", "# why", "other: 1", ""))
            )
            kind = draw(st.sampled_from(("gone", "put in", "word", "word")))
            if kind == "word":
                sign = draw(st.sampled_from("zy"))
                lines[at : at + 1] = [f"{line[:-1]}{sign}\n" for line in lines[at : at + 1]]
            else:
                lines[at : at + (kind == "gone")] = [new + "\n"] if kind == "put in" else []
        return "".join(lines)

    return base, edited(), edited()


def make_files(texts: tuple[str, str, str], rule: CreationRule) -> list[bytes]:
    base, *sides = (text.encode() for text in texts)
    first = encrypt(base, "yaml", rule, now=NOW, path="a.yaml")
    opened = open_file(first)
    return [first, *(opened.reencrypt(side, now=NOW) for side in sides)]


def open_file(data: bytes) -> Unlocked:
    return Document.parse(data, "yaml", path="a.yaml").unlock(KEYRING)


def merged(files: list[bytes]) -> object:
    """Return all that comes of a merge, with a word for each token that none of the files has."""
    known = {token for data in files for token in TOKEN.findall(data.decode())}

    def plain(data: bytes) -> str:
        return TOKEN.sub(lambda one: one[0] if one[0] in known else "NEW", data.decode())

    try:
        base, ours, theirs = map(open_file, files)
        found = merge(Ancestor([base.plaintext()], base), ours, theirs, {}, now=LATER)
    except Error as error:
        return type(error), error.message
    clear = [open_file(data).plaintext() for data in (found.ours, found.theirs)]
    conflicts = [(one.address, one.reason) for one in found.conflicts]
    return plain(found.ours), plain(found.theirs), clear, conflicts


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(triples(), st.sampled_from(SELECTORS))
def test_both_readers_merge_alike(texts: tuple[str, str, str], chosen: tuple[str, str]) -> None:
    general = patch.object(narrow_spans, "parse", lambda _: None)
    try:
        with general:
            files = make_files(texts, CreationRule((RECIPIENT,), Selector(*chosen)))
    except Error:
        return
    quick = merged(files)
    with general:
        assert merged(files) == quick
