"""What the machine writer writes is read back as the same objects, by every reader at hand."""

from __future__ import annotations

import yaml as pyyaml
from hypothesis import given
from hypothesis import strategies as st

from sopsmith.formats import yaml
from sopsmith.formats.tree import to_object
from sopsmith.kube.write import sort_keys, write_document, write_documents, write_item

TEXT = st.text() | st.text("abyn0123.:-_#\"'\\\n \te+")
VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-(2**63), 2**63 - 1), TEXT,
        st.floats(allow_nan=False),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=10,
)  # fmt: skip
OBJECTS = st.dictionaries(TEXT, VALUES, max_size=4)


@given(OBJECTS)
def test_the_general_reader_reads_back_what_was_written(value: dict[str, object]) -> None:
    (tree,) = yaml.parse(write_document(value))
    found = to_object(tree.root)
    assert repr(found) == repr(value)


@given(st.dictionaries(TEXT, TEXT, min_size=1))
def test_a_yaml_1_1_reader_sees_the_same_strings(value: dict[str, object]) -> None:
    assert pyyaml.safe_load(write_document(value)) == value


@given(st.lists(OBJECTS, min_size=1, max_size=3))
def test_items_one_by_one_are_the_list_in_one(items: list[dict[str, object]]) -> None:
    whole = write_document({"items": items})
    assert "items:\n" + "".join(map(write_item, items)) == whole


def test_documents_are_parted() -> None:
    assert write_documents([{"a": 1}, {"b": "yes"}]) == 'a: 1\n---\nb: "yes"\n'


def test_keys_are_sorted_at_every_level() -> None:
    assert list(sort_keys({"b": [{"d": 1, "c": 2}], "a": 1})) == ["a", "b"]  # type: ignore[call-overload]
    assert write_document({"b": [{"d": 1}], "a": []}) == "b:\n- d: 1\na: []\n"
