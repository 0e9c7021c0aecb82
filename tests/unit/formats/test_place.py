"""A value is put at an address, or taken away, and the rest of the text stays."""

from __future__ import annotations

import pytest

from sopsmith.errors import FormatError
from sopsmith.formats import load_format
from sopsmith.formats.place import NothingThere, Token, WrongPlace, drop, put
from sopsmith.formats.splice import splice
from sopsmith.formats.tree import Address

YAML = """\
# top
a: 1   # one
l:
- x
- y: 1
  z: 2
m:
  k: v
f: {p: 1, q: [1, 2]}
o:  # mine
  p:  # not
    q: 1  # nor that
n:
s: |
  t
"""


def changed(text: str, address: Address, value: object, kind: str = "yaml", last: str = "") -> str:
    form = load_format(kind)
    return splice(text, put(form, text, form.parse(text)[0], address, value, last=last))


def dropped(text: str, address: Address, kind: str = "yaml") -> str:
    form = load_format(kind)
    return splice(text, drop(form, text, form.parse(text)[0], address))


@pytest.mark.parametrize(
    ("address", "value", "old", "new"),
    [
        (("a",), "b", "a: 1   #", "a: b   #"),
        (("a",), {"b": 1}, "a: 1   # one", "a:   # one\n  b: 1"),
        (("l", 0), {"b": [1, {"c": None}]}, "- x\n", "- b:\n    - 1\n    - c: null\n"),
        (("l", 1), "w", "- y: 1\n  z: 2\n", "- w\n"),
        (("l", 1, "y"), [1], "- y: 1\n", "- y:\n    - 1\n"),
        (("l", 9), "w", "  z: 2\n", "  z: 2\n- w\n"),
        (("l", 1, "new"), "w", "  z: 2\n", "  z: 2\n  new: w\n"),
        (("m",), "w", "m:\n  k: v\n", "m: w\n"),
        (("o",), "w", "o:  # mine\n  p:  # not\n    q: 1  # nor that\n", "o: w # mine\n"),
        (("o", "p"), {"k": 1}, "p:  # not\n    q: 1  # nor that\n", "p: # not\n    k: 1\n"),
        (("m",), [], "m:\n  k: v\n", "m: []\n"),
        (("m", "new"), Token("ENC[x]"), "  k: v\n", "  k: v\n  new: ENC[x]\n"),
        (("f", "p"), {"x": Token("ENC[x]")}, "{p: 1,", "{p: {x: 'ENC[x]'},"),
        (("f", "q", 2), 3, "[1, 2]", "[1, 2, 3]"),
        (("f", "new"), 3, "[1, 2]}", "[1, 2], new: 3}"),
        (("n",), 3, "n:\n", "n: 3\n"),
        (("n", "a", 0), 3, "n:\n", "n:\n  a:\n    - 3\n"),
        (("s",), "w", "s: |\n  t\n", "s: w\n"),
        (("new", "deep"), 3, "  t\n", "  t\nnew:\n  deep: 3\n"),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_value_is_put_where_it_belongs(
    address: Address, value: object, old: str, new: str, newline: str
) -> None:
    text = YAML.replace("\n", newline)
    expected = YAML.replace(old, new, 1).replace("\n", newline)
    assert changed(text, address, value) == expected


@pytest.mark.parametrize(
    ("address", "old", "new"),
    [
        (("a",), "a: 1   # one\n", ""),
        (("l", 0), "- x\n", ""),
        (("l", 1), "- y: 1\n  z: 2\n", ""),
        (("l", 1, "y"), "y: 1\n  z", "z"),
        (("l", 1, "z"), "  z: 2\n", ""),
        (("m", "k"), "m:\n  k: v\n", "m: {}\n"),
        (("f", "p"), "p: 1, ", ""),
        (("f", "q"), ", q: [1, 2]", ""),
        (("f", "q", 0), "1, 2", "2"),
        (("f", "q", 1), "1, 2", "1"),
        (("s",), "s: |\n  t\n", ""),
    ],
)
def test_what_is_dropped_takes_its_lines_along(address: Address, old: str, new: str) -> None:
    assert dropped(YAML, address) == YAML.replace(old, new, 1)


def test_comments_in_a_flow_list_stay() -> None:
    text = "l: [\n  a, # first\n  b, # second\n  c # third\n]\n"
    assert dropped(text, ("l", 1)) == "l: [\n  a, # first\n  # second\n  c # third\n]\n"
    assert dropped(text, ("l", 2)) == "l: [\n  a, # first\n  b # second\n  # third\n]\n"
    assert changed(text, ("l", 3), "d") == text.replace("c #", "c,\n  d #")


def test_an_alias_is_written_out_when_its_anchor_goes() -> None:
    text = "a: &x {k: 1}\nb: *x\n"
    assert dropped(text, ("a",)) == "b: {k: 1}\n"
    assert changed(text, ("a",), 2) == "a: 2\nb: {k: 1}\n"
    with pytest.raises(WrongPlace, match="behind an alias"):
        changed(text, ("b", "k"), 2)


def test_the_entry_that_stays_last_stays_last() -> None:
    assert changed("a: 1\nsops: 2\n", ("b",), 3, last="sops") == "a: 1\nb: 3\nsops: 2\n"
    assert changed("sops: 2\n", ("b",), 3, last="sops") == "b: 3\nsops: 2\n"
    text = '{"a": 1, "sops": 2}'
    assert changed(text, ("b",), 3, "json", last="sops") == '{"a": 1, "b": 3, "sops": 2}'


def test_json_is_laid_out_as_the_file_is() -> None:
    text = '{\n\t"a": {},\n\t"l": [\n\t\t1\n\t]\n}\n'
    assert changed(text, ("a", "b"), [1], "json") == text.replace(
        "{},", '{\n\t\t"b": [\n\t\t\t1\n\t\t]\n\t},'
    )
    assert changed(text, ("l", 1), 2, "json") == text.replace("\t1\n", "\t1,\n\t\t2\n")
    assert dropped(text, ("l", 0), "json") == text.replace("[\n\t\t1\n\t]", "[]")
    assert changed('{"a":1,"b":2}', ("c",), 3, "json") == '{"a":1,"b":2,"c": 3}'


@pytest.mark.parametrize("address", [("l", "x"), ("m", 0), ("a", "b"), ("a", 0), ()])
def test_an_address_that_does_not_fit_is_refused(address: Address) -> None:
    with pytest.raises(WrongPlace):
        changed(YAML, address, 1)


def test_nothing_there_is_told_by_its_place() -> None:
    with pytest.raises(NothingThere, match=r"m\.q: there is nothing"):
        dropped(YAML, ("m", "q", "r"))


def test_dotenv_holds_single_values() -> None:
    assert changed("A=1\n# c\nB=2\n", ("A",), "x y", "dotenv") == "A=x y\n# c\nB=2\n"
    assert dropped("A=1\n# c\nB=2\n", ("A",), "dotenv") == "# c\nB=2\n"
    with pytest.raises(FormatError, match="single values"):
        changed("A=1\n", ("A",), [1], "dotenv")
