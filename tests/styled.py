"""Write YAML as people do: comments, blank lines, quotes, flow style, block scalars, anchors."""

from __future__ import annotations

import json
from collections.abc import Callable

from hypothesis import strategies as st

Draw = Callable[[st.SearchStrategy[str]], str]

_WORDS = st.sampled_from(["one", "two words", "x", "a-b", "é", "v1.2", "http://x/y", "it's", "q#r"])
_PLAIN = _WORDS | st.sampled_from(
    ["1", "-7", "1.5", "1e3", "0x1f", "010", "true", "False", "null", "~", "", "2025-01-02", "yes"]
)
_TEXTS = st.sampled_from(
    ["", "x", "a: b", "# no comment", "two\nlines", "tab\there", " lead", "trail ", "quote's",
     'a "b"', "null", "1", "ünï", "back\\slash", "\n", "end\n", "{}", "- x"]
)  # fmt: skip
_COMMENTS = st.sampled_from(["# note", "#", "#x", "# two  words ", "# é: - [", "#! it's", "# a\t"])
_KEYS = ["a", "b", "c_unencrypted", "data", "d e", "é", "'q k'", '"dq"', "x.y", "-k"]
_BLOCKS = st.sampled_from(["|", "|-", "|+", ">", ">-", "|2", "| # note", "|- # note"])


class _Writer:
    """Draw one document, line by line."""

    def __init__(self, draw: Callable[[st.SearchStrategy[object]], object]) -> None:
        self._draw = draw
        self._anchors = 0
        self._left = 14  # entries that may still come, so that documents stay small

    def chance(self, one_in: int) -> bool:
        return self._draw(st.integers(1, one_in)) == 1

    def pick(self, choices: st.SearchStrategy[str]) -> str:
        return str(self._draw(choices))

    def mapping(self, indent: int, depth: int) -> list[str]:
        keys = self._draw(
            st.lists(st.sampled_from(_KEYS), min_size=1, max_size=4, unique_by=_plain_key)
        )
        assert isinstance(keys, list)
        lines = []
        for key in keys:
            lines += self.above(indent)
            space = self.pick(st.sampled_from(["", "", "", " "]))
            lines += self.value(f"{' ' * indent}{key}{space}:", indent, depth, in_list=False)
        return lines + (self.above(indent) if self.chance(6) else [])

    def sequence(self, indent: int, depth: int) -> list[str]:
        lines = []
        for _ in range(int(str(self._draw(st.integers(1, 3))))):
            lines += self.above(indent)
            lines += self.value(f"{' ' * indent}-", indent, depth, in_list=True)
        return lines

    def above(self, indent: int) -> list[str]:
        lines = []
        if self.chance(5):
            lines.append(self.pick(st.sampled_from(["", "", "  "])))
        if self.chance(4):
            lines.append(" " * indent + self.pick(_COMMENTS))
            if self.chance(5):
                lines.append("")
        return lines

    def value(self, head: str, indent: int, depth: int, *, in_list: bool) -> list[str]:
        self._left -= 1
        kinds = ["plain", "plain", "single", "double", "block", "flow", "alias", "tagged"]
        if depth < 3 and self._left > 0:
            kinds += ["mapping", "mapping", "sequence", "compact"]
        kind = self.pick(st.sampled_from(kinds))
        if kind in ("mapping", "sequence"):
            return [self.rest(head + self.anchor(6)), *self.below(kind, indent, depth, in_list)]
        if kind == "compact" and in_list:
            lines = self.mapping(indent + 2, depth + 1)
            first = next(
                number for number, line in enumerate(lines) if line.strip()[:1] not in ("", "#")
            )
            return [
                *lines[:first],
                head + " " + lines[first].strip("\n")[indent + 2 :],
                *lines[first + 1 :],
            ]
        if kind == "block":
            return self.block(head, indent)
        space = self.pick(st.sampled_from([" ", " ", "   "]))
        return [self.rest(head + space + self.scalar(kind))]

    def below(self, kind: str, indent: int, depth: int, in_list: bool) -> list[str]:
        if kind == "sequence" and not in_list and self.chance(3):
            return self.sequence(indent, depth + 1)
        step = int(self.pick(st.sampled_from(["2", "2", "4", "1", "3"])))
        return getattr(self, kind)(indent + step, depth + 1)  # type: ignore[no-any-return]

    def scalar(self, kind: str) -> str:
        if kind == "single":
            text = self.pick(_TEXTS).replace("\n", " ").replace("\t", " ")
            return "'" + text.replace("'", "''") + "'"
        if kind == "double":
            return json.dumps(self.pick(_TEXTS), ensure_ascii=self.chance(2))
        if kind == "flow":
            return self.flow(0)
        if kind == "alias" and self._anchors:
            return f"*n{int(str(self._draw(st.integers(1, self._anchors))))}"
        if kind == "tagged":
            return self.pick(st.sampled_from(["!!str 1", "!!int '7'", "!x y", "! z", "!!float 2"]))
        name = self.anchor(5).strip()
        plain = self.pick(_PLAIN)
        return f"{name} {plain}".strip() if name else plain

    def flow(self, depth: int) -> str:
        space = self.pick(st.sampled_from(["", " "]))
        comma = self.pick(st.sampled_from([", ", ",  "]))
        inner = []
        for number in range(int(str(self._draw(st.integers(0, 3))))):
            kind = self.pick(st.sampled_from(["plain", "single", "double"]))
            leaf = self.flow(depth + 1) if depth < 2 and self.chance(4) else self.scalar(kind)
            leaf = leaf or "z"
            inner.append(leaf if depth % 2 else f"k{number}: {leaf}")
        body = comma.join(inner)
        return f"[{space}{body}{space}]" if depth % 2 else f"{{{space}{body}{space}}}"

    def block(self, head: str, indent: int) -> list[str]:
        style = self.pick(_BLOCKS)
        pad = " " * (indent + 2)
        count = int(str(self._draw(st.integers(1, 3))))
        body = [
            pad + self.pick(st.sampled_from(["text", "# no", "a: b", "x  "])) for _ in range(count)
        ]
        if self.chance(3):
            body.insert(1, "")
        if self.chance(3):
            body.append("")
        return [f"{head} {style}", *body]

    def rest(self, line: str) -> str:
        if self.chance(4):
            return line + self.pick(st.sampled_from([" ", "   "])) + self.pick(_COMMENTS)
        return line + (" " if self.chance(8) else "")

    def anchor(self, one_in: int) -> str:
        if not self.chance(one_in):
            return ""
        self._anchors += 1
        return f" &n{self._anchors}"


def _plain_key(key: str) -> str:
    return key.strip("'\"")


@st.composite
def styled_yaml(draw: Callable[[st.SearchStrategy[object]], object]) -> str:
    """Return the text of a YAML file; some are not YAML, or not what SOPS takes."""
    writer = _Writer(draw)
    lines = ["---"] if writer.chance(6) else []
    lines += writer.mapping(0, 0)
    if writer.chance(6):
        second = _Writer(draw)
        lines += ["---", *second.mapping(0, 1)]
    if writer.chance(5):
        lines += ["", "# the end"]
    newline = "\r\n" if writer.chance(4) else "\n"
    text = newline.join(lines) + ("" if writer.chance(8) else newline)
    return ("\ufeff" if writer.chance(8) else "") + text


_JSON_SPACE = st.sampled_from(["", " ", "\n", "\n  ", "\n\t", "\r\n    "])


@st.composite
def styled_json(draw: Callable[[st.SearchStrategy[object]], object], model: object) -> str:
    """Return a model as JSON text with white space anywhere."""

    def space() -> str:
        return str(draw(_JSON_SPACE))

    def write(node: object) -> str:
        if isinstance(node, dict):
            pairs = [
                f"{space()}{json.dumps(key, ensure_ascii=bool(draw(st.booleans())))}{space()}:"
                f"{space()}{write(child)}{space()}"
                for key, child in node.items()
            ]
            return "{" + (",".join(pairs) or space()) + "}"
        if isinstance(node, list):
            return (
                "[" + (",".join(space() + write(item) + space() for item in node) or space()) + "]"
            )
        return json.dumps(node, ensure_ascii=bool(draw(st.booleans())))

    return space() + write(model) + space()
