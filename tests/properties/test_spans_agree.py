"""Prove that the narrow reader with places agrees with the general one wherever it accepts."""

from __future__ import annotations

import json
from typing import Any

import yaml as pyyaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.documents import MODELS, to_yaml
from tests.properties.test_narrow_agrees import OBJECTS, narrow_texts
from tests.styled import styled_yaml

from sopsmith.errors import FormatError
from sopsmith.formats import narrow, narrow_spans
from sopsmith.formats.narrow_tokens import list_tokens
from sopsmith.formats.tree import Comment, Mapping, Node, Scalar, Tree
from sopsmith.formats.yaml_reader import parse as parse_general


def shape(node: Node) -> object:
    """Return all that a node says, `1`, `1.0` and `True` told apart."""
    place = node.start, node.end, node.flow, node.indent
    if isinstance(node, Scalar):
        return type(node.value).__name__, repr(node.value), place, node.token
    if isinstance(node, Mapping):
        entries = tuple((key, shape(child)) for key, child in node.entries)
        return "map", entries, tuple(node.keys), place, node.alias
    return "list", tuple(shape(child) for child in node.items), place, node.alias


def remark(comment: Comment) -> object:
    before = comment.counts_before
    counted = None if before is None else (before[0].start, before[1])
    span = comment.start, comment.end, comment.item, comment.takes
    return comment.text, comment.path, span, counted, comment.token


def shapes(trees: list[Tree]) -> list[object]:
    return [
        (shape(one.root), one.start, one.end, list(map(remark, one.comments)), one.aliases)
        for one in trees
    ]


def agrees(text: str) -> bool:
    """Check both readers against each other; tell whether the narrow one accepted."""
    quick = narrow_spans.parse(text)
    if quick is None:
        return False
    try:
        general = parse_general(text)
    except FormatError as error:
        raise AssertionError(f"only the narrow reader takes {text!r}") from error
    assert shapes(quick) == shapes(general), text
    return True


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(narrow_texts(odd=False))
def test_places_narrow_yaml_as_the_general_reader_does(text: str) -> None:
    assert agrees(text), text


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(narrow_texts(odd=True))
def test_places_narrow_yaml_with_odd_parts(text: str) -> None:
    agrees(text)


@st.composite
def commented_texts(draw: st.DrawFn) -> str:
    """Return narrow YAML with comments and empty lines anywhere, in any column."""
    lines = draw(narrow_texts(odd=False)).splitlines()
    for _ in range(draw(st.integers(1, 6))):
        column = draw(st.integers(0, 8))
        more = draw(
            st.sampled_from((["# c"], ["#"], ["# a", "# b"], ["#é: - ["], [""], ["", "# c"]))
        )
        at = draw(st.integers(0, len(lines)))
        lines[at:at] = [" " * column + line if line else "" for line in more]
    return "\n".join(lines) + "\n"


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(commented_texts())
def test_places_comments_where_the_general_reader_has_them(text: str) -> None:
    agrees(text)


def token(one: Any) -> object:
    """Return what the search for comments wants to know of a token."""
    start, end = one.start_mark, one.end_mark
    style = (one.style or None, one.value == "") if one.id == "<scalar>" else None
    return one.id, start.index, start.column, end.index, end.line > 0, style


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(commented_texts() | narrow_texts(odd=True))
def test_says_the_tokens_that_pyyaml_says(text: str) -> None:
    trees = narrow.parse(text)
    if trees is None:
        return
    placer = narrow_spans._Placer(text)
    placer.place(trees)
    found = list(map(token, list_tokens(text, trees, placer.heads)))
    assert found == list(map(token, pyyaml.scan(text, pyyaml.CLoader)))


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(st.text("abkz._-/19", min_size=1), OBJECTS), st.sampled_from((None, "|", '"'))
)
def test_places_what_pyyaml_writes(document: object, style: str) -> None:
    agrees(pyyaml.safe_dump(document, indent=4, default_style=style, width=10**6))


@settings(max_examples=200, deadline=None)
@given(MODELS.map(to_yaml) | styled_yaml())
def test_places_what_people_and_this_program_write(text: str) -> None:
    agrees(text)


@settings(max_examples=300, deadline=None)
@given(st.text("ab :#-|\n'\"", max_size=12), st.integers(1, 6))
def test_places_any_string_in_every_style(value: str, pad: int) -> None:
    single = "'" + value.replace("'", "''") + "'"
    for scalar in (value, json.dumps(value), single):
        agrees(f"k: {scalar}\n")
        agrees(f"k:\n- {scalar}\n-   j: {scalar}\n\nl: 1\n")
        agrees(f"k: [{scalar}, a]\nj: {{a: {scalar}}}\n")
    block = "\n".join(" " * pad + line if line else "" for line in value.split("\n"))
    for head in ("|", "|-", "|+", ">-"):
        agrees(f"k: {head}\n{block}\n\nj: 1\n")
        agrees(f"k:\n  - i: {head}\n{block}\n\n---\na: 1\n")
