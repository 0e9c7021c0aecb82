"""Whatever a person wrote into a generator, an edit keeps it and can be taken back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sopsmith.formats.tree import to_object
from sopsmith.formats.yaml import parse
from sopsmith.repo.listing import listed_files, update_generator

NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,6}\.secret\.yaml", fullmatch=True)
COMMENTS = st.sampled_from(["", "# about it", "  # - ./no.secret.yaml", "    # deeper: [x"])


@st.composite
def generators(draw: st.DrawFn) -> tuple[str, list[str]]:
    """Draw a generator's text and the names that its list has."""
    names = draw(st.lists(NAMES, unique=True, max_size=6))
    if draw(st.booleans()):
        names.sort()
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    lines = [*_head(draw), *_list(draw, names), *_tail(draw)]
    text = newline.join(lines)
    return text + draw(st.sampled_from([newline, ""])), names


def _head(draw: st.DrawFn) -> list[str]:
    block = ["metadata:", "  annotations:", "    f: |", "      exec:", "        path: ksops"]
    return draw(st.sampled_from([[], ["# top", "kind: ksops"], ["kind: ksops", *block]]))


def _tail(draw: st.DrawFn) -> list[str]:
    return draw(st.sampled_from([[], ["# end"], ["secretFrom: []"], ["", "x:", "- y", "# end"]]))


def _list(draw: st.DrawFn, names: list[str]) -> list[str]:
    forms = st.sampled_from(["{}", "./{}", '"./{}"', "'{}'"])
    entries = [draw(forms).format(name) for name in names]
    if not names:
        return ["files: []" + draw(st.sampled_from(["", " # none"]))]
    if draw(st.booleans()):
        gap = draw(st.sampled_from([", ", ",", ",\n    ", " ,"]))
        return (
            draw(st.sampled_from(["files: [{}]", "files: [ {} ] # x"]))
            .format(gap.join(entries))
            .split("\n")
        )
    indent = draw(st.sampled_from(["", "  ", "    "]))
    lines = ["files:" + draw(st.sampled_from(["", " # list"]))]
    for entry in entries:
        comment = draw(COMMENTS)
        lines += [comment] * bool(comment)
        lines.append(f"{indent}- {entry}{draw(st.sampled_from(['', ' # why']))}")
    return lines


@given(generators(), st.lists(NAMES, unique=True, max_size=4))
def test_inserting_and_removing_gives_the_bytes_back(
    generator: tuple[str, list[str]], new: list[str]
) -> None:
    text, names = generator
    added = [name for name in new if name not in names]
    data = text.encode()
    changed = update_generator(data, added, remove=[])
    assert update_generator(changed, [], remove=added) == data


@given(generators(), st.lists(NAMES, unique=True, max_size=4))
def test_all_names_are_listed_once_and_the_old_keep_their_order(
    generator: tuple[str, list[str]], new: list[str]
) -> None:
    text, names = generator
    listed = listed_files(update_generator(text.encode(), new, remove=[]))
    assert sorted(listed) == sorted({*names, *new})
    assert [name for name in listed if name in names] == names


@given(generators(), st.lists(NAMES, unique=True, max_size=4))
def test_sorted_names_stay_sorted(generator: tuple[str, list[str]], new: list[str]) -> None:
    text, names = generator
    if names == sorted(names):
        listed = listed_files(update_generator(text.encode(), new, remove=[]))
        assert listed == sorted(listed)


@given(generators(), st.data())
def test_only_what_is_removed_goes(generator: tuple[str, list[str]], data: st.DataObject) -> None:
    text, names = generator
    gone = data.draw(st.lists(st.sampled_from(names), unique=True) if names else st.just([]))
    left = update_generator(text.encode(), [], remove=gone)
    assert listed_files(left) == [name for name in names if name not in gone]
    assert _others(left.decode()) == _others(text)


@given(generators(), st.lists(NAMES, unique=True, max_size=4), st.data())
def test_a_second_edit_changes_no_byte(
    generator: tuple[str, list[str]], new: list[str], data: st.DataObject
) -> None:
    text, names = generator
    gone = data.draw(st.lists(st.sampled_from(names), unique=True) if names else st.just([]))
    wanted = [name for name in new if name not in gone]
    once = update_generator(text.encode(), wanted, remove=gone)
    assert update_generator(once, wanted, remove=gone) == once


def _others(text: str) -> object:
    content = to_object(parse(text)[0].root)
    assert isinstance(content, dict)
    # A block text in the middle keeps its line end whatever happens to the list.
    return {key: value for key, value in content.items() if key != "files"}
