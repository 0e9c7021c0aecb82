"""A whole file as one value."""

from __future__ import annotations

import pytest

from sopsmith.errors import FormatError
from sopsmith.formats import binary, json
from sopsmith.formats.tree import to_object


def test_bytes_that_are_text_become_text_and_others_stay_bytes() -> None:
    for data, value in [(b"a\n", "a\n"), (b"\xff\x00", b"\xff\x00"), (b"", "")]:
        text, trees = binary.wrap(data)
        assert to_object(trees[0].root) == {"data": value}
        assert to_object(json.parse(text)[0].root) == {"data": ""}
        assert binary.unwrap(trees) == data


@pytest.mark.parametrize(
    "text", ["", "CANARY", "[1]", "{}", '{"data": {"CANARY": 1}}', '{"x": "CANARY"}']
)
def test_what_is_no_binary_form_is_refused_without_quoting_it(text: str) -> None:
    with pytest.raises(FormatError, match="not a binary file") as caught:
        binary.parse(text)
    assert "CANARY" not in str(caught.value)


@pytest.mark.parametrize("text", ['{"data": "a", "more": "b"}', '{"data": 1}', '{"data": null}'])
def test_more_than_one_text_is_no_whole_file(text: str) -> None:
    with pytest.raises(FormatError, match="binary holds"):
        binary.unwrap(json.parse(text))
