"""What a merge looks for by hand, to load no regex engine, is what a pattern would find."""

from __future__ import annotations

import re

from hypothesis import example, given, settings
from hypothesis import strategies as st

from sopsmith.formats.scalars import resolve
from sopsmith.formats.yaml_write import _keeps_breaks, _looks_numeric, _resolve_or_none, _resolves
from sopsmith.sops.fingerprint import mask
from sopsmith.sops.merging import lines, markers
from sopsmith.sops.quotes import _find_token

LINE = re.compile(lines._NAME)
MARKER = re.compile(r"^(<{7,})(?: .*)?$", re.MULTILINE)
TOKEN = re.compile(r"""(['"]?)(ENC\[[^\]]*\])\1""")
MASKED = re.compile(r"ENC\[AES256_GCM,data:([A-Za-z0-9+/=]*),iv:[^,\]]*,tag:[^,\]]*,type:(\w+)\]")
KEEPS = re.compile(r"(?:[!&]\S*\s+)*[|>][0-9]*\+")
ANY = st.characters(exclude_categories=["Cs"])


@settings(max_examples=1000, deadline=None)
@given(st.text(st.sampled_from("ab -:=#'\"\t\r.|\u00a0") | ANY, max_size=12))
@example('- "a:b": c')
@example("- #a=")
def test_the_name_of_a_line(text: str) -> None:
    match = LINE.match(text + "\n")
    assert lines._name(text + "\n") == (match.group() if match else text + "\n")


@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from(["<" * 6, "<" * 7, "<" * 9, " ", "a", "\n", "\r", "=", "\u2028"])))
def test_the_first_marker(parts: list[str]) -> None:
    match = MARKER.search("".join(parts))
    assert markers._first_marker("".join(parts)) == (match.group() if match else None)


@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from(["'", '"', "ENC[", "a", "]", "[", " ", "\n"])))
def test_the_token_that_a_text_begins_with(parts: list[str]) -> None:
    text = "".join(parts)
    match = TOKEN.match(text)
    assert _find_token(text) == ((match.group(2), text[match.end() :]) if match else ("", text))


@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from(["!", "&", "a", "|", ">", "+", "-", "1", " ", "\n", "\t"])))
def test_a_block_that_keeps_its_line_breaks(parts: list[str]) -> None:
    assert _keeps_breaks("".join(parts)) == (KEEPS.match("".join(parts)) is not None)


@settings(max_examples=1000, deadline=None)
@given(
    st.sampled_from("+-.0123456789"),
    st.text("0123456789.:-+eExXabfoO_ TtZz,INFinfNAa", max_size=10),
)
@example(".", "inf")
@example("-", ".INF")
@example("2", "025-01-02 03:04:05,5")
@example("9", "223372036854775808")
def test_what_is_no_string_to_some_reader(first: str, rest: str) -> None:
    text = first + rest
    other = ":" in text or _looks_numeric(text) or type(_resolve_or_none(text)) is not str
    assert _resolves(text) == other
    assert _resolves(text) or resolve(text) == text


PIECES = (
    "ENC[AES256_GCM,data:",
    ",iv:",
    ",tag:",
    ",type:",
    "]",
    "YQ==",
    "str",
    "x_é",
    ",",
    "\n",
    "[",
)


@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from(PIECES) | st.just("ENC[AES256_GCM,data:YQ==,iv:a,tag:b,type:str]")))
@example(["ENC[AES256_GCM,data:", "ENC[AES256_GCM,data:", "YQ==,iv:,tag:\n,type:x_é]"])
def test_the_tokens_of_a_text(pieces: list[str]) -> None:
    text = "".join(pieces)

    def shown(match: re.Match[str]) -> str:
        size = len(match[1]) * 3 // 4 - match[1].count("=")
        return f"<{match[2]} {size} {'byte' if size == 1 else 'bytes'} #{match.group()}>"

    assert mask(text, lambda token: token) == MASKED.sub(shown, text)
