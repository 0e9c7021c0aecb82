"""Three versions of a file become one, or a conflict that holds both."""

from __future__ import annotations

import pytest
from tests.unit.sops.world import ALL, LATER, RECIPIENT, SECRETS, lock, unlock

from sopsmith import age
from sopsmith.errors import RuleError
from sopsmith.formats import load_format
from sopsmith.sops.config import CreationRule
from sopsmith.sops.masterkeys import MasterKey
from sopsmith.sops.merge import Ancestor, Merged, merge
from sopsmith.sops.merging import markers
from sopsmith.sops.merging.settle import settle
from sopsmith.sops.merging.texts import merge_texts
from sopsmith.sops.rekey import rotate, update_keys
from sopsmith.sops.selectors import Selector

YAML = load_format("yaml")
X_LINE = "  x: one # remark\n"
TWO_ITEMS = "both sides put items in at the same place"
TWO_COMMENTS = "both sides changed comments at the same place"
BASE = "# top\na: 1\nm:\n  x: one # remark\n  y: two\nl:\n- p\n- q\n"


def edit(sealed: str, *changes: tuple[str, str]) -> str:
    opened = unlock(sealed)
    text = opened.clear_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return opened.reencrypt(text.encode(), now=LATER).decode()


def combine(base: str, ours: str, theirs: str) -> Merged:
    old = unlock(base)
    return merge(Ancestor([old.plaintext()], old), unlock(ours), unlock(theirs), {}, now=LATER)


def keyed(sealed: str, *recipients: str) -> str:
    groups = (tuple(map(MasterKey.of_age, recipients)),)
    rule = CreationRule((), ALL, groups=groups)
    return update_keys(unlock(sealed), rule, {}, now=LATER).decode()


def text_of(base: str, ours: tuple[str, str], theirs: tuple[str, str]) -> str:
    """Return the merge of two edits of a plaintext, which must not conflict."""
    merged = merge_texts([base], base.replace(*ours), base.replace(*theirs), YAML)
    assert merged.conflicts == []
    return merged.ours


def test_what_one_side_changed_comes_back_byte_for_byte() -> None:
    base = lock(BASE)
    ours = edit(base, ("one", "three"))
    for pair in ((ours, base), (base, ours), (ours, ours)):
        assert combine(base, *pair).ours.decode() == ours


def test_tokens_of_both_sides_are_kept() -> None:
    base = lock(BASE)
    ours, theirs = edit(base, ("one", "three")), edit(base, ("two", "four"))
    merged = combine(base, ours, theirs).ours.decode().splitlines()
    known = {*ours.splitlines(), *theirs.splitlines()}
    assert [line.split(":")[0].strip() for line in merged if line not in known] == ["mac"]


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        ((": two\n", ": two\n  z: 3\n"), (": two\n", ": two\n  w: 4\n"), "z: 3\n  w: 4\n"),
        (("  y: two\n", "  y: two\n  z: 3\n"), ("l:\n", "k: 5\nl:\n"), "  z: 3\nk: 5\nl:\n"),
        (("x: one", "x: three"), ("y: two", "y: four"), "  x: three # remark\n  y: four\n"),
        (("  x: one # remark\n", ""), ("y: two", "y: four"), "m:\n  y: four\n"),
        (("- p\n", "- r\n- p\n"), ("- q\n", "- q\n- s\n"), "- r\n- p\n- q\n- s\n"),
        (("- p\n", ""), ("- q\n", "- s\n"), "l:\n- s\n"),
    ],
)  # fmt: skip
def test_edits_side_by_side_do_not_touch_each_other(
    ours: tuple[str, str], theirs: tuple[str, str], expected: str
) -> None:
    assert expected in text_of(BASE, ours, theirs)


def test_an_edit_follows_a_side_that_indented_anew() -> None:
    ours = ("  x: one # remark\n  y: two\n", "    x: one # remark\n    y: two\n")
    theirs = ("  x: one # remark\n", "  x: three # remark\n  z:\n    deep: |\n      text\n")
    expected = "    x: three # remark\n    z:\n      deep: |\n        text\n    y: two\n"
    assert expected in text_of(BASE, ours, theirs)


def test_an_item_with_a_name_is_followed_when_others_move() -> None:
    base = "l:\n- name: a\n  v: 1\n- name: b\n  v: 2\n"
    ours = ("l:\n", "l:\n- name: c\n  v: 3\n")
    assert text_of(base, ours, ("v: 2", "v: 5")) == base.replace(*ours).replace("v: 2", "v: 5")


@pytest.mark.parametrize(
    ("ours", "theirs", "place", "reason"),
    [
        (("one", "three"), ("one", "four"), (0, "m", "x"), "both sides changed it"),
        ((X_LINE, ""), ("one", "four"), (0, "m", "x"), "we removed it, they changed it"),
        (("one", "four"), (X_LINE, ""), (0, "m", "x"), "we changed it, they removed it"),
        (("- q\n", "- q\n- r\n"), ("- q\n", "- q\n- s\n"), (0, "l", 2), TWO_ITEMS),
        (("# remark", "# this"), ("# remark", "# that"), (), TWO_COMMENTS),
        (("a: 1", "a: true"), ("a: 1", 'a: "1"'), (0, "a"), "both sides changed it"),
    ],
)  # fmt: skip
def test_what_both_changed_is_a_conflict(
    ours: tuple[str, str], theirs: tuple[str, str], place: tuple[str | int, ...], reason: str
) -> None:
    merged = merge_texts([BASE], BASE.replace(*ours), BASE.replace(*theirs), YAML)
    assert [(one.address, one.reason) for one in merged.conflicts] == [(place, reason)]
    assert merged.ours == BASE.replace(*ours)
    assert merged.theirs == BASE.replace(*theirs)


def test_an_ancestor_that_is_a_conflict_is_equal_to_neither_side() -> None:
    sides = [BASE.replace("one", side) for side in ("three", "four")]
    merged = merge_texts(sides, sides[0], sides[1], YAML)
    assert [one.address for one in merged.conflicts] == [(0, "m", "x")]


@pytest.mark.parametrize(
    ("kind", "text", "ours", "theirs", "expected"),
    [
        ("dotenv", "# c\nA=1\nB=2\n", ("A=1", "A=3"), ("B=2", "B=2\nC=4"), "# c\nA=3\nB=2\nC=4\n"),
        (
            "ini",
            "[s]\na = 1\nb = 2\n",
            ("a = 1", "a = 3"),
            ("b = 2", "b = 4"),
            "[s]\na = 3\nb = 4\n",
        ),
        (
            "json",
            '{"a": 1, "b": [2]}\n',
            (": 1", ": 3"),
            ("[2]", "[2, 4]"),
            '{"a": 3, "b": [2, 4]}\n',
        ),
        (
            "yaml",
            "\ufeffa: x\r\n---\r\nb: z\r\n",
            ("x", "v"),
            ("z", "w"),
            "\ufeffa: v\r\n---\r\nb: w\r\n",
        ),
    ],
)
def test_every_format_merges(
    kind: str, text: str, ours: tuple[str, str], theirs: tuple[str, str], expected: str
) -> None:
    base = unlock(lock(text, kind=kind), kind)
    sides = [base.reencrypt(text.replace(*side).encode(), now=LATER) for side in (ours, theirs)]
    one, other = (unlock(side.decode(), kind) for side in sides)
    merged = merge(Ancestor([base.plaintext()], base), one, other, {}, now=LATER)
    assert merged.conflicts == []
    assert unlock(merged.ours.decode(), kind).plaintext().decode() == expected


def test_a_binary_file_is_one_value() -> None:
    base = unlock(lock("text", kind="binary"), "binary")
    sides = [base.reencrypt(side, now=LATER) for side in (b"\xff1", b"\xff2")]
    one, other = (unlock(side.decode(), "binary") for side in sides)
    merged = merge(Ancestor([b"text"], base), one, other, {}, now=LATER)
    assert [one.reason for one in merged.conflicts] == [
        "both sides changed the file, which is one value"
    ]
    assert unlock(merged.theirs.decode(), "binary").plaintext() == b"\xff2"


def test_both_sides_of_a_conflict_open_under_one_data_key() -> None:
    base = lock(BASE)
    ours = rotate(unlock(edit(base, ("one", "three"))), None, {}, now=LATER).decode()
    merged = combine(base, ours, edit(base, ("one", "four"), ("two", "five")))
    sides = markers.split(markers.join(merged.ours.decode(), merged.theirs.decode()))
    assert sides is not None
    one, other = map(unlock, sides)
    assert one.data_key == other.data_key
    assert one.clear_text() == BASE.replace("one", "three").replace("two", "five")
    assert other.clear_text() == BASE.replace("one", "four").replace("two", "five")


def test_a_rotation_is_not_undone() -> None:
    base = lock(BASE)
    rotated = rotate(unlock(base), None, {}, now=LATER).decode()
    edited = edit(base, ("one", "three"))
    for pair in ((rotated, edited), (edited, rotated)):
        assert unlock(combine(base, *pair).ours.decode()).data_key == unlock(rotated).data_key


def test_recipients_merge_as_a_set() -> None:
    one, two = age.generate()[1], age.generate()[1]
    base = keyed(lock(BASE), RECIPIENT, one)
    merged = combine(base, keyed(base, RECIPIENT), keyed(base, RECIPIENT, one, two))
    assert unlock(merged.ours.decode()).metadata.recipients == [RECIPIENT, two]


def test_a_new_data_key_is_made_where_somebody_unwelcome_knows_both() -> None:
    one, two = age.generate()[1], age.generate()[1]
    base = keyed(lock(BASE), RECIPIENT, one, two)
    sides = [
        rotate(unlock(keyed(base, RECIPIENT, kept)), None, {}, now=LATER).decode()
        for kept in (one, two)
    ]
    merged = unlock(combine(base, *sides).ours.decode())
    assert merged.metadata.recipients == [RECIPIENT]
    assert merged.data_key not in [unlock(side).data_key for side in sides]
    assert merged.clear_text() == BASE


def test_two_new_selectors_are_refused() -> None:
    base = lock(BASE)
    sides = [
        update_keys(
            unlock(base),
            CreationRule((RECIPIENT,), Selector("encrypted_regex", pattern)),
            {},
            now=LATER,
        ).decode()
        for pattern in ("^m$", "^l$")
    ]
    with pytest.raises(RuleError, match="both sides changed which values are encrypted"):
        combine(base, *sides)


def test_a_selector_that_one_side_changed_holds() -> None:
    base = lock("data:\n  a: 1\nother: x\n", ALL)
    rule = CreationRule((RECIPIENT,), SECRETS)
    ours = update_keys(unlock(base), rule, {}, now=LATER).decode()
    merged = combine(base, ours, edit(base, ("other: x", "other: z"))).ours.decode()
    assert "other: z\n" in merged
    assert unlock(merged).metadata.selector.pattern == SECRETS.pattern


def test_choices_are_made_place_by_place() -> None:
    ours, theirs = BASE.replace("one", "three"), BASE.replace("one", "four").replace("- q\n", "")
    sides = {(0, "m", "x"): "theirs", (0, "l"): "ours"}
    assert settle(ours, theirs, YAML, sides.get).text == BASE.replace("one", "four")
    opened = settle(ours, theirs, YAML, lambda _: "union").open
    assert [one.address for one in opened] == [(0, "m", "x")]


@pytest.mark.parametrize(
    "text", ["<<<<<<< a\nx\n", "<<<<<<< a\n>>>>>>> b\n", "<<<<<<< a\n=======\n=======\n>>>>>>> b\n"]
)
def test_markers_that_do_not_fit_together_are_no_conflict(text: str) -> None:
    assert markers.split(text) is None


def test_the_ancestor_between_markers_of_git_belongs_to_no_side() -> None:
    text = "a\n<<<<<<< x\nb\n||||||| o\nc\n=======\nd\n>>>>>>> y\ne\n"
    assert markers.split(text) == ("a\nb\ne\n", "a\nd\ne\n")
