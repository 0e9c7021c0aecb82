"""JSON is read with positions, strictly."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from tests.documents import JSON_MODELS, Model, same

from sopsmith.errors import FormatError
from sopsmith.formats import json as json_format
from sopsmith.formats.tree import to_object, walk


@given(model=JSON_MODELS)
def test_json_reads_as_the_standard_library_reads_it(model: Model) -> None:
    [tree] = json_format.parse(json.dumps(model, indent=1))
    assert same(to_object(tree.root), model)


def test_duplicate_keys_are_kept_in_order() -> None:
    [tree] = json_format.parse('{"a": 1, "a": 2}')
    assert [scalar.value for _, _, scalar in walk(tree.root)] == [1, 2]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        '{"a"}',
        '{"a": }',
        '{"a": 1,}',
        "[1 2]",
        '{"a": 1} x',
        '{"a": "\\x"}',
        "nul",
        '{"a": 01}',
        '{"a": "\\ud800"}',
        "[" * 5000,
        "\ufeff{}",
        '{"a": "x',
        "{'a': 1}",
    ],
)
def test_what_is_not_json_is_refused_with_its_line(text: str) -> None:
    with pytest.raises(FormatError, match="not valid JSON") as caught:
        json_format.parse(text)
    assert (caught.value.key or "").startswith("line 1")


@pytest.mark.parametrize("number", ["1e400", "-1e400", "1" * 400, "1" * 5000])
def test_a_number_beyond_doubles_is_refused_as_sops_refuses_it(number: str) -> None:
    with pytest.raises(FormatError, match="too large"):
        json_format.parse(number)
