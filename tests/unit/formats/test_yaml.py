"""YAML is read with positions, and written so that it reads back."""

from __future__ import annotations

import pytest
from hypothesis import given
from tests.documents import LINES, MODELS, TEXTS, TRAPS, Model, same, to_yaml

from sopsmith.errors import FormatError
from sopsmith.formats import yaml
from sopsmith.formats.splice import splice
from sopsmith.formats.tree import Mapping, Scalar, Sequence, to_object, walk


def values(text: str) -> dict[tuple[str | int, ...], object]:
    return {address: scalar.value for _, address, scalar in walk(yaml.parse(text)[0].root)}


@given(model=MODELS)
def test_what_is_written_reads_back(model: Model) -> None:
    [tree] = yaml.parse(to_yaml(model))
    assert same(to_object(tree.root), model)


@given(text=TEXTS | TRAPS | LINES)
def test_a_quoted_string_is_that_string_in_block_and_in_flow(text: str) -> None:
    found = values(f"a: {yaml.quote(text)}\nb: [{yaml.quote(text, flow=True)}]\n")
    assert found == {("a",): text, ("b", 0): text}


def test_every_scalar_knows_its_span() -> None:
    text = 'a: "x y"\nb: [1, z]\nc: |\n  l\n'
    spans = [text[one.start : one.end] for _, _, one in walk(yaml.parse(text)[0].root)]
    assert spans == ['"x y"', "1", "z", "|\n  l\n"]


def test_an_alias_is_expanded_and_a_merge_key_is_a_key() -> None:
    found = values("a: &x {k: v}\nb:\n  <<: *x\n  c: *x\n")
    assert found == {("a", "k"): "v", ("b", "<<", "k"): "v", ("b", "c", "k"): "v"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1: x\n", "not a string"),
        ("true: x\n", "not a string"),
        ("2025-01-02: x\n", "date"),
        ("a: 1\na: 2\n", "twice"),
        ("a: [1\n", "not valid YAML"),
        ("a: *x\n", "no anchor"),
        ("? [a]\n: b\n", "not a string"),
        ("a: \x01\n", "not valid YAML"),
        ("[" * 5000, "deeper"),
    ],
)
def test_what_sops_cannot_hold_is_refused_with_its_place(text: str, words: str) -> None:
    with pytest.raises(FormatError, match=words):
        yaml.parse(text)


def test_aliases_that_multiply_without_end_are_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(FormatError, match="expand"):
        yaml.parse("\n".join(lines))


def test_a_block_is_quoted_where_a_comment_behind_it_would_join_it() -> None:
    text = "a: TOKEN\n        # deep\nb: 1\n"
    written = yaml.write_scalar("x\ny\n", Scalar(None, 3, 8), text)
    assert values(splice(text, [(3, 8, written)])) == {("a",): "x\ny\n", ("b",): 1}


def test_a_token_gives_back_the_line_breaks_of_a_block() -> None:
    text = "a: |\n  x\n\nb: 1\n"
    [scalar, _] = [one for _, _, one in walk(yaml.parse(text)[0].root)]
    written = yaml.write_token("T", scalar, text)
    assert splice(text, [(scalar.start, scalar.end, written)]) == "a: T\n\nb: 1\n"


@pytest.mark.parametrize(
    "text", ["   a: 1\n   b: 2\n", "---\n      a: 1\n", "  ? a\n  : 1\n", "?  a\n"]
)
def test_an_entry_stands_at_the_column_of_the_others(text: str) -> None:
    [tree] = yaml.parse(text)
    source = yaml.write_entry(text, tree, "new", {"x": {"y": ["z"]}})
    more = splice(text, [yaml.insert_entry(text, tree, source)])
    [again] = yaml.parse(more)
    assert isinstance(tree.root, Mapping)
    assert isinstance(again.root, Mapping)
    assert [key for key, _ in again.root.entries] == [*(k for k, _ in tree.root.entries), "new"]
    assert splice(more, [yaml.remove_entry(more, again, "new")]) == text


def test_an_entry_of_a_flatter_file_is_shifted() -> None:
    text = "      a: 1\n"
    [tree] = yaml.parse(text)
    more = splice(text, [yaml.insert_entry(text, tree, "new:\n    x: |\n        y\n    z: 1\n")])
    [again] = yaml.parse(more)
    assert to_object(again.root) == {"a": 1, "new": {"x": "y\n", "z": 1}}


@pytest.mark.parametrize(
    "text",
    ["a:\n|\n  x\nb: 1\n", "a:\n|\n  x", "a:\n  k:\n  |\n    x\n  b: 1\n", "- a:\n  >-\n    x\n"],
)
def test_a_token_stands_deeper_than_the_key_whose_block_it_replaces(text: str) -> None:
    [tree] = yaml.parse(text)
    block = next(one for _, _, one in walk(tree.root) if isinstance(one.value, str))
    source = yaml.write_token("ENC[x]", block, text)
    more = splice(text, [(block.start, block.end, source)])
    [again] = yaml.parse(more)
    assert next(one.value for _, _, one in walk(again.root)) == "ENC[x]"


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("a:\n- &n\n    - x\n", (0, 4)),
        ("a: &n\n- !!seq\n    - x\n", (0, 4)),
        ("a: &n\n  - - x\n", (2, 4)),
        ("a: &n [[x]]\n", (3, 7)),
    ],
)
def test_a_list_is_as_deep_as_its_dashes_whatever_anchors_it(
    text: str, columns: tuple[int, int]
) -> None:
    (tree,) = yaml.parse(text)
    assert isinstance(tree.root, Mapping)
    outer = tree.root.entries[0][1]
    assert isinstance(outer, Sequence)
    inner = outer.items[0]
    assert isinstance(inner, Sequence)
    assert (outer.indent, inner.indent) == columns
