"""Make documents for property tests: a tree of plain values and a YAML or JSON text of it."""

from __future__ import annotations

import json
import math

from hypothesis import strategies as st

from sopsmith.formats.tree import Scalar, Timestamp
from sopsmith.formats.yaml_write import quote, write_scalar

Model = dict[str, object]

# Surrogates are not text, and NUL is in no YAML.
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
LINES = st.lists(st.text("abc :#-'\"\\\t{}", max_size=12), min_size=2, max_size=5).map("\n".join)
TRAPS = st.sampled_from(
    [
        "yes",
        "No",
        "on",
        "y",
        "null",
        "~",
        "1",
        "1.0",
        "010",
        "0x1f",
        "1e3",
        "12:30:45",
        "true",
        "2025-01-02",
        "<<",
        "=",
        "- x",
        "x: y",
        "#x",
        " x",
        "x ",
        "---",
        "...",
        "&a",
        "*a",
        "!t",
        "ENC[AES256_GCM,data:",
        "🔐",
        "é\u2028x",
        "a\r\nb",
        "\ufeff",
        "\x85",
        "'",
        '"',
        "%",
        "@",
        "`",
    ]
)
MOMENTS = st.sampled_from(
    ["2025-01-02T00:00:00Z", "2025-01-02T03:04:05.123456789+02:00", "1999-12-31T23:59:59Z"]
).map(Timestamp)
NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
SCALARS = TEXTS | LINES | TRAPS | NUMBERS | st.booleans() | st.none() | MOMENTS
KEYS = st.sampled_from(["a", "b_unencrypted", "data", "password", "é", "y", "1", "x.y", "a:b", "-"])
_VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
MODELS: st.SearchStrategy[Model] = st.dictionaries(KEYS, _VALUES, min_size=1, max_size=4)
JSON_MODELS: st.SearchStrategy[Model] = MODELS.map(
    lambda model: json.loads(json.dumps(model, default=str))
)


def to_yaml(model: object) -> str:
    """Return a model as block-style YAML text."""
    return "".join(_lines(model, 0))


def _lines(node: object, indent: int) -> list[str]:
    pad = " " * indent
    if isinstance(node, dict) and node:
        return [
            line
            for key, value in node.items()
            for line in _entry(f"{pad}{quote(key)}:", value, indent)
        ]
    assert isinstance(node, list)
    return [line for value in node for line in _entry(f"{pad}-", value, indent)]


def _entry(head: str, value: object, indent: int) -> list[str]:
    if isinstance(value, dict | list):
        if not value:
            return [f"{head} {'{}' if isinstance(value, dict) else '[]'}\n"]
        return [head + "\n", *_lines(value, indent + 2)]
    assert value is None or isinstance(value, str | int | float)
    return [f"{head} {write_scalar(value, Scalar(None, 0, 0, indent=indent), chr(10))}\n"]


def same(left: object, right: object) -> bool:
    """Tell whether two trees are equal, types, order of keys and signs of zero included."""
    if isinstance(left, dict) and isinstance(right, dict):
        return list(left) == list(right) and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, float) and isinstance(right, float):
        return left == right and math.copysign(1, left) == math.copysign(1, right)
    return type(left) is type(right) and left == right


def as_json(model: object) -> object:
    """Return a model as JSON has it: moments are strings, and one kind of number."""
    if isinstance(model, dict):
        return {key: as_json(value) for key, value in model.items()}
    if isinstance(model, list):
        return [as_json(value) for value in model]
    if isinstance(model, int | float) and not isinstance(model, bool):
        return float(model)
    return str(model) if isinstance(model, Timestamp) else model


def strings(model: object) -> list[str]:
    """Return every string of a model."""
    if isinstance(model, dict):
        return [text for value in model.values() for text in strings(value)]
    if isinstance(model, list):
        return [text for value in model for text in strings(value)]
    return [model] if isinstance(model, str) else []


def integers(model: object) -> list[int]:
    """Return every integer of a model."""
    if isinstance(model, dict):
        return [number for value in model.values() for number in integers(value)]
    if isinstance(model, list):
        return [number for value in model for number in integers(value)]
    return [model] if isinstance(model, int) else []
