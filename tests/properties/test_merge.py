"""A three-way merge of values holds what each side did, whatever the documents are."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st
from tests.documents import JSON_MODELS, MODELS, SCALARS, Model, same, to_yaml

from sopsmith.formats import load_format
from sopsmith.formats.tree import to_object
from sopsmith.sops.merging.compare import opcodes
from sopsmith.sops.merging.texts import MergedTexts, merge_texts
from sopsmith.sops.merging.values import digest

YAML = load_format("yaml")
JSON = load_format("json")


def merge(base: Model, ours: Model, theirs: Model) -> MergedTexts:
    return merge_texts([to_yaml(base)], to_yaml(ours), to_yaml(theirs), YAML)


def value(text: str) -> object:
    [tree] = YAML.parse(text)
    return to_object(tree.root)


def equal(left: str, right: str) -> bool:
    """Tell whether two texts hold the same values, whatever the order of their keys."""
    return [digest(one.root) for one in YAML.parse(left)] == [
        digest(one.root) for one in YAML.parse(right)
    ]


@st.composite
def disjoint(draw: st.DrawFn) -> tuple[Model, Model, Model, Model]:
    """Return a document, two edits of it that touch different keys, and both edits together."""
    base = draw(MODELS)
    ours, theirs, both = dict(base), dict(base), dict(base)
    for number, key in enumerate(list(base)):
        side = (ours, theirs)[number % 2]
        action = draw(st.sampled_from(["keep", "change", "remove"]))
        if action == "change":
            side[key] = both[key] = draw(SCALARS)
        elif action == "remove":
            del side[key], both[key]
    for side, name in ((ours, "new_ours"), (theirs, "new_theirs")):
        if draw(st.booleans()):
            side[name] = both[name] = draw(MODELS)
    assume(ours and theirs and both)
    return base, ours, theirs, both


@given(base=MODELS, other=MODELS)
def test_a_side_that_changed_nothing_gives_way(base: Model, other: Model) -> None:
    texts = to_yaml(base), to_yaml(other)
    assert merge_texts([texts[0]], texts[1], texts[0], YAML).ours == texts[1]
    assert merge_texts([texts[0]], texts[0], texts[1], YAML).ours == texts[1]


@given(base=MODELS, other=MODELS)
def test_the_same_change_on_both_sides_is_no_conflict(base: Model, other: Model) -> None:
    assert merge(base, other, other).conflicts == []


@given(edits=disjoint())
def test_edits_of_different_keys_never_conflict(
    edits: tuple[Model, Model, Model, Model],
) -> None:
    base, ours, theirs, both = edits
    merged = merge(base, ours, theirs)
    assert merged.conflicts == []
    found = value(merged.ours)
    assert isinstance(found, dict)
    assert same(
        {key: found[key] for key in sorted(found)}, {key: both[key] for key in sorted(both)}
    )


@given(edits=disjoint())
def test_edits_of_different_keys_never_conflict_in_json(
    edits: tuple[Model, Model, Model, Model],
) -> None:
    base, ours, theirs, both = (json.loads(json.dumps(one, default=str)) for one in edits)
    for indent in (None, 2):
        texts = [json.dumps(one, indent=indent) for one in (base, ours, theirs)]
        merged = merge_texts(texts[:1], texts[1], texts[2], JSON)
        assert merged.conflicts == []
        assert json.loads(merged.ours) == both


@given(base=MODELS, ours=MODELS, theirs=MODELS)
def test_sides_may_be_exchanged(base: Model, ours: Model, theirs: Model) -> None:
    one, other = merge(base, ours, theirs), merge(base, theirs, ours)
    assert bool(one.conflicts) == bool(other.conflicts)
    if not one.conflicts:
        assert equal(one.ours, other.ours)


@given(base=MODELS, ours=MODELS, theirs=MODELS)
def test_a_conflict_leaves_two_texts_that_differ_and_that_both_can_be_read(
    base: Model, ours: Model, theirs: Model
) -> None:
    merged = merge(base, ours, theirs)
    assume(merged.conflicts)
    assert merged.ours != merged.theirs
    assert value(merged.ours) is not None
    assert value(merged.theirs) is not None


@given(base=JSON_MODELS, ours=JSON_MODELS, theirs=JSON_MODELS)
def test_json_merges_as_yaml_does(base: Any, ours: Any, theirs: Any) -> None:
    texts = [json.dumps(one, indent=2) for one in (base, ours, theirs)]
    merged = merge_texts(texts[:1], texts[1], texts[2], JSON)
    assert isinstance(json.loads(merged.ours), dict)
    assert bool(merged.conflicts) == bool(merge(base, ours, theirs).conflicts)


@given(left=st.lists(st.integers(0, 6)), right=st.lists(st.integers(0, 6)))
def test_opcodes_tell_how_one_list_becomes_the_other(left: list[int], right: list[int]) -> None:
    made: list[int] = []
    place = other = 0
    for kind, start, end, other_start, other_end in opcodes(left, right):
        assert (start, other_start) == (place, other)
        place, other = end, other_end
        if kind == "equal":
            assert left[start:end] == right[other_start:other_end]
        assert (kind != "delete") or other_start == other_end
        assert (kind != "insert") or start == end
        made += right[other_start:other_end]
    assert made == right
    assert place == len(left)
