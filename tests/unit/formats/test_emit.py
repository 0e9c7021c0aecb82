"""Trees as new texts of other formats."""

from __future__ import annotations

import pytest
from hypothesis import given
from tests.documents import JSON_MODELS, MODELS, Model, same, to_yaml

from sopsmith.errors import FormatError
from sopsmith.formats import load_format
from sopsmith.formats.emit import drops_comments, emit
from sopsmith.formats.json import parse as parse_json
from sopsmith.formats.tree import to_object
from sopsmith.formats.yaml import parse as parse_yaml


def convert(text: str, source: str, target: str) -> str:
    return emit(load_format(source).parse(text), text, target).decode()


NESTED = (
    '{"a": [[1, [2]], {"k": {"z": []}, "m": ["x\\ny\\n"]}, {}], "b": {"c": "p\\nq\\n"}, "d": null}'
)


def test_yaml_is_laid_out_as_sops_does() -> None:
    # Word for word what sops 3.13.3 prints for this JSON.
    assert convert(NESTED, "json", "yaml") == (
        "a:\n    - - 1\n      - - 2\n    - k:\n        z: []\n      m:\n        - |\n"
        "          x\n          y\n    - {}\nb:\n    c: |\n        p\n        q\nd: null\n"
    )


def test_json_is_laid_out_as_sops_does() -> None:
    text = (
        'a:\n  - {}\n  - [x]\nb: "<&>\\u2028é"\nc: 2025-01-02\nd: {}\ne: 1e21\nf: 1e-7\ng: 1e-6\n'
    )
    assert convert(text, "yaml", "json") == (
        '{\n\t"a": [\n\t\t{},\n\t\t[\n\t\t\t"x"\n\t\t]\n\t],\n'
        '\t"b": "\\u003c\\u0026\\u003e\\u2028é",\n\t"c": "2025-01-02T00:00:00Z",\n\t"d": {},\n'
        '\t"e": 1e+21,\n\t"f": 1e-7,\n\t"g": 0.000001\n}\n'
    )


def test_a_float_is_a_float_again_when_it_is_read() -> None:
    text = convert("a: 1.0\nb: -0.0\nc: 1e20\n", "yaml", "json")
    assert text == '{\n\t"a": 1.0,\n\t"b": -0.0,\n\t"c": 100000000000000000000.0\n}\n'


def test_dotenv_has_a_line_for_each_value() -> None:
    text = "a: 1\nb: true\nc: |\n  x\n  y\nd: 1.0\n"
    assert convert(text, "yaml", "dotenv") == "a=1\nb=true\nc=x\\ny\\n\nd=1.0\n"


def test_ini_aligns_its_keys_and_needs_no_header_for_the_default_section() -> None:
    text = '{"DEFAULT": {"g": "1"}, "a": {"k": "v", "long": "x#y"}, "b": {}}'
    assert convert(text, "json", "ini") == "g = 1\n\n[a]\nk    = v\nlong = `x#y`\n\n[b]\n"


def test_binary_is_the_value_of_data() -> None:
    assert emit(parse_json('{"data": "a\\n"}'), "", "binary") == b"a\n"


def test_comments_come_along() -> None:
    text = "# head\na: # inline\n  # inner\n  b: 1 # behind\n# tail\n"
    assert convert(text, "yaml", "ini") == (
        "; head\n; inline\n[a]\n; inner\n; behind\nb = 1\n\n; tail\n"
    )
    assert convert("; c0\n# c1\n[a]\n; c2\nk = v ; c3\n", "ini", "yaml") == (
        "# c0\n# c1\na:\n    # c2\n    # c3\n    k: v\n"
    )
    assert convert("#c0\nA=1\n", "dotenv", "yaml") == '# c0\nA: "1"\n'


def test_says_whether_comments_stay_behind() -> None:
    trees = parse_yaml("# c\na: 1\n")
    assert [drops_comments(trees, name) for name in ("json", "yaml", "dotenv")] == [
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("text", "target", "place"),
    [
        ("a: [CANARY]\n", "dotenv", "a"),
        ("a: null\n", "dotenv", "a"),
        ("a=b: CANARY\n", "dotenv", "a=b"),
        ("sops_a: CANARY\n", "dotenv", "sops_a"),
        ("'#a': CANARY\n", "dotenv", "#a"),
        ("a: C:\\new CANARY\n", "dotenv", "a"),
        ("a: CANARY\n", "ini", "a"),
        ("a: {b: {c: CANARY}}\n", "ini", "a.b"),
        ("a: {b: null}\n", "ini", "a.b"),
        ('a: {b: "`CANARY\\"\\"\\"\\n"}\n', "ini", "a.b"),
        ("a: {-: CANARY}\n", "ini", "a.-"),
        ("a: .nan\n", "json", "a"),
        ("a: !!binary /w==\n", "json", "a"),
        ("a: 123456789012345678901234567890\n", "json", "a"),
        ("a: {b: CANARY}\n", "binary", None),
    ],
)
def test_what_a_format_cannot_hold_is_refused_by_its_place(
    text: str, target: str, place: str | None
) -> None:
    with pytest.raises(FormatError) as caught:
        convert(text, "yaml", target)
    assert caught.value.key == place
    assert "CANARY" not in str(caught.value)


def test_a_key_that_stands_twice_is_no_yaml() -> None:
    with pytest.raises(FormatError, match="twice") as caught:
        convert('{"a": {"b": 1, "b": 2}}', "json", "yaml")
    assert caught.value.key == "a.b"


@pytest.mark.parametrize("target", ["json", "dotenv", "ini", "binary"])
def test_several_documents_are_refused_rather_than_dropped(target: str) -> None:
    with pytest.raises(FormatError) as caught:
        convert("a: 1\n---\na: 2\n", "yaml", target)
    if target != "binary":
        assert "2 documents" in caught.value.message


@given(model=MODELS)
def test_yaml_reads_back_as_what_was_written(model: Model) -> None:
    (tree,) = parse_yaml(convert(to_yaml(model), "yaml", "yaml"))
    assert same(to_object(tree.root), model)


@given(model=JSON_MODELS)
def test_json_reads_back_as_what_was_written(model: Model) -> None:
    (tree,) = parse_json(convert(to_yaml(model), "yaml", "json"))
    assert same(to_object(tree.root), model)
