"""Prove that the narrow reader agrees with the general one wherever it accepts."""

from __future__ import annotations

import json

import yaml as pyyaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sopsmith.errors import FormatError
from sopsmith.formats import narrow
from sopsmith.formats.tree import Mapping, Node, Scalar, Tree
from sopsmith.formats.yaml_reader import parse as parse_general


def shape(node: Node) -> object:
    """Return a node as nested tuples in which `1`, `1.0` and `True` differ."""
    if isinstance(node, Scalar):
        return type(node.value).__name__, repr(node.value)
    if isinstance(node, Mapping):
        return "map", tuple((key, shape(child)) for key, child in node.entries)
    return "list", tuple(shape(child) for child in node.items)


def shapes(trees: list[Tree]) -> list[object]:
    return [shape(tree.root) for tree in trees]


def agrees(text: str) -> bool:
    """Check both readers against each other; tell whether the narrow one accepted."""
    quick = narrow.parse(text)
    if quick is None:
        return False
    try:
        general = parse_general(text)
    except FormatError as error:
        raise AssertionError(f"only the narrow reader takes {text!r}") from error
    assert shapes(quick) == shapes(general), text
    return True


ODD = (
    "", "~", "null", "Null", "true", "True", "yes", "no", "on", "y", "0", "1", "007", "01", "0x1f",
    "0b1", "0o7", "1_000", "1.5", "1.", "1e6", "1.2.3", "12:30:45", "2025-01-02", ".5", ".inf",
    "2025-01-02T00:00:00Z", "9223372036854775807", "9223372036854775808", "18446744073709551616",
    "+1", "-1", ".nan", "-.inf", "123456789012345678", "[a]", "{a: b}", "&a b", "*a", "!t x",
    "!!str 1", "? x", "a: b", "a:", "a #b", "@", "`", "=", "\u00a0", "\u2028", "\x85x", "a\tb",
    "\ufeff", "'it", "'a' b", '"a" b', '"\\ud800"', '"\\x41"', '"\\q"', '"a\\"', "''''", "'''",
    "- x", ">", ">-", "|2", "|+ #c", "---", "...", "%a", "[a, [b]]", "[a,b]", "[a, ]", "[, a]",
    "[a b , c]", "[1]", "[a: b]", "[~]", "[]]", "[a}", "{a: b]", "{a}", "{a: 1}", "{a: b, a: c}",
    "{a: }", "{a: b,c: d}", "{a: {b: c}}", "{1: a}", "{a:b}", "{a: b} #c", "[a]b", "[ a]", "[yes]",
    "7 #a", "1g: b", "1g:", "0x1g", "1_000_", "1e6e", "2025-01-02 03:04:05,5", "1.2.3.", "1..2.3",
)  # fmt: skip
SURE = (
    "x", "a b", "a:b", "a#b", "http://x:1/", "./a", "../a", "^(data|stringData)$", "/x", "_x", "$x",
    "(x", "aé😀", "7", "3.13.3", '""', "''", "'it''s'", '"a\\nb\\"\\\\"', '"\\u00e9"', '" x: #y "',
    "7 words", "0g", "10.0.0.1", "1%", "9/x:y",
    "[]", "{}", "ENC[AES256_GCM,data:YQ==,iv:YQ==,tag:YQ==,type:str]", "true", "null", "FALSE",
    "ENC[AES256_GCM,data:a,iv:b,tag:c,type:comment]",
    "[a]", "[APP_, b c, null]", "{a: b}", "{a: a1 /.-b, _b: true}", "{y: no}",
)  # fmt: skip
SURE_KEYS = ("a", "b", "data", "k.x/y", "_z", ".dockercfg", "y", "no", "A1", "sops_a__list_0")
ODD_KEYS = ("1", "true", ".nan", ".5", "a", '"a"', "<<", "null", "? a", "a b", "-a", "é", "&x a")
EXTRA = ("", "# c", "    # c", " #", "   ", "---", "...", "  x", "- x", "a: 1", "\t", "%A", "x")


class Writer:
    """Draw block-style YAML that is mostly narrow and sometimes is not."""

    def __init__(self, draw: st.DrawFn, *, odd: bool) -> None:
        self.draw = draw
        self.values = st.sampled_from(SURE + ODD if odd else SURE)
        self.keys = st.sampled_from(SURE_KEYS + ODD_KEYS if odd else SURE_KEYS)
        self.heads = ("|", "|-", "|+", ">-") if odd else ("|", "|-", "|+")
        self.text = st.text("ab :#-|\\'\"", max_size=6) if odd else st.text("ab-#", min_size=1)

    def one_of(self, *choices: str) -> str:
        return self.draw(st.sampled_from(choices))

    def mapping(self, indent: int, depth: int) -> list[str]:
        names = self.draw(st.lists(self.keys, min_size=1, max_size=3, unique=True))
        return [
            line for key in names for line in self.entry(" " * indent + key + ":", indent, depth)
        ]

    def entry(self, head: str, indent: int, depth: int) -> list[str]:
        nested = ("map", "list") if depth < 3 else ()
        kind = self.one_of("plain", "plain", "block", "empty", *nested)
        if kind == "map":
            return [head, *self.mapping(indent + self.draw(st.integers(1, 4)), depth + 1)]
        if kind == "list":
            return [head, *self.sequence(indent + self.draw(st.sampled_from((0, 2, 4))), depth + 1)]
        return [head] if kind == "empty" else self.scalar(head, indent, kind)

    def scalar(self, head: str, indent: int, kind: str) -> list[str]:
        if kind == "plain":
            return [head + self.one_of(" ", " ", "  ") + self.draw(self.values)]
        pad = " " * (indent + self.draw(st.integers(1, 5)))
        body = self.draw(st.lists(st.one_of(self.text, st.just("")), max_size=4))
        lines = [pad + "a", *(pad + line if line else "" for line in body)]
        return [f"{head} {self.one_of(*self.heads)}", *lines]

    def sequence(self, indent: int, depth: int) -> list[str]:
        lines: list[str] = []
        for _ in range(self.draw(st.integers(1, 3))):
            dash = " " * indent + "-" + self.one_of(" ", " ", "   ")
            if self.one_of("item", "map") == "item":
                lines += self.scalar(dash.rstrip(), indent, self.one_of("plain", "block"))
                continue
            first, *rest = self.mapping(len(dash), depth + 1)
            lines += [dash + first[len(dash) :], *rest]
        return lines


@st.composite
def narrow_texts(draw: st.DrawFn, *, odd: bool) -> str:
    """Return one to three documents; odd ones have strange scalars and damaged lines."""
    writer = Writer(draw, odd=odd and draw(st.booleans()))
    lines = ["---"] if draw(st.booleans()) else []
    for number in range(draw(st.integers(1, 3))):
        lines += (["---"] if number else []) + writer.mapping(0, 0)
    for _ in range(draw(st.integers(0, 2)) if odd else 0):
        at = draw(st.integers(0, len(lines) - 1))
        lines[at : at + 1] = draw(st.sampled_from(damage(lines[at])))
    return "\n".join(lines) + "\n"


def damage(line: str) -> list[list[str]]:
    """Return what a line could be replaced by."""
    changed = [[" " + line], [line[1:]], [line, line], [line + " "]]
    return changed + [[extra, line] for extra in EXTRA]


PLAIN = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**65), 2**65), st.floats(), st.text(), st.dates()
)
OBJECTS = st.recursive(
    PLAIN,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text("abkz._-/", min_size=1), inner)
    ),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(narrow_texts(odd=False))
def test_accepts_narrow_yaml_and_agrees_on_it(text: str) -> None:
    assert agrees(text), text


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(narrow_texts(odd=True))
def test_agrees_on_narrow_yaml_with_odd_parts(text: str) -> None:
    agrees(text)


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(st.text("abkz._-/19", min_size=1), OBJECTS), st.sampled_from((None, "|", '"'))
)
def test_agrees_on_what_pyyaml_writes(document: object, style: str) -> None:
    agrees(pyyaml.safe_dump(document, indent=4, default_style=style, width=10**6))


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=12), st.integers(1, 6))
def test_agrees_on_any_string_in_every_style(value: str, pad: int) -> None:
    single = "'" + value.replace("'", "''") + "'"
    for scalar in (value, json.dumps(value), single, json.dumps(value, ensure_ascii=False)):
        agrees(f"{scalar}: 1\n")
        agrees(f"k: {scalar}\n")
        agrees(f"k:\n- {scalar}\n-   j: {scalar}\n")
        agrees(f"k: [{scalar}, a]\nj: {{a: {scalar}}}\n")
    block = "\n".join(" " * pad + line if line else "" for line in value.split("\n"))
    for head in ("|", "|-", "|+", ">-"):
        agrees(f"k: {head}\n{block}\n\nj: 1\n")
        agrees(f"k:\n  - i: {head}\n{block}\n# end\n")
