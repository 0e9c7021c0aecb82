"""Comments belong to the collection that go-yaml attaches them to, as it reads the ciphertext."""

from __future__ import annotations

import pytest

from sopsmith.formats import yaml
from sopsmith.formats.tree import Path

LAYOUTS: dict[str, tuple[str, dict[str, Path]]] = {
    "a comment above a key is its mapping's": ("# x\na: 1\n# y\nb: 2\n", {"x": (), "y": ()}),
    "a comment above a nested key is the nested mapping's": (
        "a:\n  # x\n  b: 1\n",
        {"x": ("a",)},
    ),
    "a comment behind a value is its mapping's": ("a:\n  b: 1 # x\n", {"x": ("a",)}),
    "a comment behind a key without a value is the key's mapping's": (
        "a: # x\n  b: 1\n",
        {"x": ()},
    ),
    "a dedented comment right below a value is that value's foot": (
        "a:\n  b:\n    c: 1\n  # x\ne: 2\n",
        {"x": ("a", "b")},
    ),
    "a dedented comment in the next key's column is the next key's": (
        "a:\n  b: 1\n# x\nc: 2\n",
        {"x": ()},
    ),
    "a blank line behind a dedented comment leaves it to the block of its column": (
        "a:\n  b:\n    c: 1\n  # x\n\ne: 2\n",
        {"x": ("a",)},
    ),
    "a blank line above and none below leave a dedented comment to the value above": (
        "a:\n  b:\n    c: 1\n\n  # x\ne: 2\n",
        {"x": ("a", "b")},
    ),
    "each column of a falling run is a foot of its own": (
        "a:\n  b:\n    c: 1\n    # x\n  # y\n# z\ne: 2\n",
        {"x": ("a", "b"), "y": ("a",), "z": ()},
    ),
    "a comment in a column of no block is the foot of what stands above": (
        "a:\n  b:\n    c: 1\n   # x\ne: 2\n",
        {"x": ("a", "b")},
    ),
    "a comment in a list has the list's path": (
        "a:\n  - 1\n  # x\n  - 2 # y\n",
        {"x": ("a",), "y": ("a",)},
    ),
    "a comment below a list without indent, in its column, is the next key's": (
        "a:\n- 1\n# x\nb: 2\n",
        {"x": ()},
    ),
    "a comment below a list without indent, before a blank line, is the item's": (
        "a:\n- 1\n# x\n\nb: 2\n",
        {"x": ("a",)},
    ),
    "a comment behind a dash is the item's": ("a:\n  - # x\n    b: 1\n", {"x": ("a",)}),
    "a comment above a list of lists that holds nothing is the list's": (
        "a:\n  # x\n  - -\nb: 1\n",
        {"x": ("a",)},
    ),
    "a comment behind a flow collection is the collection's": ("a: [1] # x\n", {"x": ("a",)}),
    "a comment below a flow collection is the mapping's around it": (
        "a:\n  b: [1]\n # x\nc: 1\n",
        {"x": ("a",)},
    ),
    "a flow collection keeps its foot where the first key has one already": (
        "a:\n    b:\n  # x\n\n      c: {}\n      # y\nd: 1\n",
        {"x": ("a", "b"), "y": ("a", "b", "c")},
    ),
    "a comment between a flow list's items is the list's": (
        "a: [1, # x\n  # y\n  2 # z\n  ]\n",
        {"x": ("a",), "y": ("a",), "z": ("a",)},
    ),
    "a comment behind a block scalar's mark is its mapping's": (
        "a:\n  b: | # x\n    text # no\n  c: 1\n",
        {"x": ("a",)},
    ),
    "a comment behind an alias of a collection is the copy's": (
        "a: &m {b: 1}\nc: *m # x\n",
        {"x": ("c",)},
    ),
    "a comment behind an alias of a value is the mapping's": ("a: &m v\nc: *m # x\n", {"x": ()}),
    "a comment at the end is read as if the sops entry followed": (
        "a:\n  b:\n    c: 1\n  # x\n",
        {"x": ("a", "b")},
    ),
    "a comment at the end before the sops entry has the same path": (
        "a:\n  b:\n    c: 1\n  # x\nsops:\n  mac: x\n",
        {"x": ("a", "b")},
    ),
    "a line of blanks at the end counts as a blank line": ("a:\n  b: 1\n # x\n  ", {"x": ()}),
    "each comment of a file with CRLF counts as followed by a blank line": (
        "a:\r\n  b:\r\n    c: 1\r\n  # x\r\ne: 2\r\n",
        {"x": ("a",)},
    ),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_comment_has_the_path_that_go_yaml_gives_it(layout: str) -> None:
    text, expected = LAYOUTS[layout]
    assert paths(text) == expected


def paths(text: str) -> dict[str, Path]:
    return {one.text.strip(): one.path for tree in yaml.parse(text) for one in tree.comments}


def test_comments_between_documents_belong_to_the_top() -> None:
    text = "a:\n  b: 1\n# x\n--- # y\n# z\nc: 1\n... # u\n# v\n"
    assert paths(text) == {"x": (), "y": (), "z": (), "u": (), "v": ()}


def test_comments_go_to_the_document_that_they_stand_in() -> None:
    first, second = yaml.parse("a: 1\n# x\n---\n# y\nb: 1\n")
    assert [[one.text for one in tree.comments] for tree in (first, second)] == [[" x"], [" y"]]


def test_a_comment_behind_the_last_value_in_flow_style_keeps_its_path_once_sops_is_added() -> None:
    before, after = "{a: 1, b: [2] # x\n}\n", '{a: 1, b: [2], "sops": {"mac": "x"} # x\n}\n'
    assert paths(before) == paths(after) == {"x": ("b",)}


def test_a_span_covers_the_comment_without_its_line_break() -> None:
    text = "a: 1 # x\r\n# y\u2028b: 2\n"
    comments = yaml.parse(text)[0].comments
    assert [text[one.start : one.end] for one in comments] == ["# x", "# y"]


@pytest.mark.parametrize("text", ["# x\n---\n", "--- # x\n...\n", "? # x\n  a\n: # y\n", "- # x\n"])
def test_a_comment_in_an_odd_place_is_found(text: str) -> None:
    assert "x" in paths(text)
