"""Lists that are placed without the general reader stand where it finds them."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.properties.test_listing import generators
from tests.properties.test_narrow_agrees import narrow_texts, shape

from sopsmith.formats import yaml
from sopsmith.formats.narrow_lists import parse_lists
from sopsmith.formats.tree import Mapping, Scalar, Sequence

GENERATOR = """\
# Written by init.
kind: ksops
metadata:
  annotations:
    f: |
      - no entry
files:
  - ./a.secret.yaml
  # the next
  - './b.secret.yaml'

secretFrom: []
"""


def places(root: Mapping) -> list[object]:
    """Return all that an edit of a list asks of a tree."""
    found: list[object] = [root.keys, root.flow]
    for key, node in root.entries:
        if isinstance(node, Scalar) and node.value is None:
            found.append(node.end > node.start >= 0)
        if isinstance(node, Sequence):
            found.append((key, node.flow, node.alias))
            found.append([(item.start, item.end) for item in node.items])
            if node.flow:
                found.append((node.start, node.end))
    return found


def agrees(text: str) -> bool:
    """Hold both readers against each other; tell whether the quick one took the text."""
    quick = parse_lists(text)
    if quick is None:
        return False
    (tree,) = yaml.parse(text)
    assert isinstance(tree.root, Mapping)
    assert shape(quick) == shape(tree.root)
    assert places(quick) == places(tree.root)
    return True


@settings(max_examples=200, deadline=None)
@given(generators())
def test_lists_of_generators_stand_where_the_general_reader_finds_them(
    made: tuple[str, list[str]],
) -> None:
    agrees(made[0])


@settings(max_examples=200, deadline=None)
@given(st.one_of(narrow_texts(odd=False), narrow_texts(odd=True)))
def test_lists_of_any_narrow_text_stand_where_the_general_reader_finds_them(text: str) -> None:
    agrees(text)


def test_what_init_writes_is_taken() -> None:
    assert agrees(GENERATOR)
    assert agrees("resources:\n- a\n-   b\ngenerators:\n  - ./c.yaml\n")
