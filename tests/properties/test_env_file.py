"""What `write` writes, `parse` reads, for any text."""

from __future__ import annotations

import contextlib

from hypothesis import example, given
from hypothesis import strategies as st

from sopsmith.errors import EnvFileError
from sopsmith.formats import env_file
from sopsmith.formats.env_file import Variable
from sopsmith.secret import Secret

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])) | st.text(
    "ab'\"\\$# \t\r\n=\ufeff`nrt"
)
NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)


@given(st.dictionaries(NAMES, TEXTS, max_size=6))
@example({"A": "\ufeff"})
def test_parse_reads_what_write_writes_byte_for_byte(values: dict[str, str]) -> None:
    variables = [Variable(name, Secret(text.encode())) for name, text in values.items()]
    parsed = env_file.parse(env_file.write(variables), ".env")
    assert [item._replace(line=0) for item in parsed] == variables


@given(st.binary() | TEXTS.map(str.encode) | TEXTS.map(lambda text: b"A=" + text.encode()))
def test_any_bytes_parse_or_raise_the_one_error(data: bytes) -> None:
    with contextlib.suppress(EnvFileError):
        env_file.parse(data, ".env")
