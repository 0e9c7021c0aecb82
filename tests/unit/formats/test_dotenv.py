"""sops' dotenv format."""

from __future__ import annotations

import pytest

from sopsmith.errors import FormatError
from sopsmith.formats import dotenv
from sopsmith.formats.splice import splice
from sopsmith.formats.tree import Mapping, to_object

ENCRYPTED = """\
# about a
a=1
b="x y" # z
sops_version=3.13.3
sops_age__list_1__map_recipient=two
sops_age__list_0__map_recipient=one
sops_age__list_0__map_enc=-----BEGIN\\nEND\\n
"""


def test_values_are_verbatim_and_metadata_is_nested() -> None:
    (tree,) = dotenv.parse(ENCRYPTED)
    assert to_object(tree.root) == {
        "a": "1",
        "b": '"x y" # z',
        "sops": {
            "version": "3.13.3",
            "age": [{"recipient": "one", "enc": "-----BEGIN\nEND\n"}, {"recipient": "two"}],
        },
    }


def test_spans_cover_the_values_and_comments() -> None:
    (tree,) = dotenv.parse(ENCRYPTED)
    assert isinstance(tree.root, Mapping)
    first = tree.root.entries[0][1]
    assert ENCRYPTED[first.start : first.end] == "1"
    (comment,) = tree.comments
    assert (ENCRYPTED[comment.start : comment.end], comment.text) == ("# about a", " about a")


def test_removing_the_metadata_leaves_the_plain_lines() -> None:
    (tree,) = dotenv.parse(ENCRYPTED)
    plain = splice(ENCRYPTED, [dotenv.remove_entry(ENCRYPTED, tree, "sops")])
    assert plain == '# about a\na=1\nb="x y" # z\n'


def test_writes_metadata_flat_and_reads_it_back() -> None:
    fields = {"age": [{"enc": "a\nb\n", "recipient": "r"}], "mac": "m", "mac_only_encrypted": True}
    text = "a=1"
    (tree,) = dotenv.parse(text)
    source = dotenv.write_entry(text, tree, "sops", fields)
    assert source == (
        "sops_age__list_0__map_enc=a\\nb\\n\nsops_age__list_0__map_recipient=r\n"
        "sops_mac=m\nsops_mac_only_encrypted=true"
    )
    whole = splice(text, [dotenv.insert_entry(text, tree, source)])
    assert to_object(dotenv.parse(whole)[0].root) == {
        "a": "1",
        "sops": {**fields, "mac_only_encrypted": "true"},
    }


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a=1\nCANARY\n", "line 2"),
        (" # CANARY\n", "line 1"),
        ("sops_a=1\nsops_a=CANARY\n", "line 2"),
        ("sops_a=1\nsops_a__map_b=CANARY\n", "line 2"),
        ("sops_a__list_x=CANARY\n", "line 1"),
        ("sops_a__list_1=CANARY\n", "sops"),
        ("sops_a__list_0=1\nsops_a__map_b=CANARY\n", "sops"),
    ],
)
def test_refuses_what_sops_refuses_without_quoting_it(text: str, place: str) -> None:
    with pytest.raises(FormatError) as caught:
        dotenv.parse(text)
    assert caught.value.key == place
    assert "CANARY" not in str(caught.value)


def test_refuses_to_move_metadata_that_other_lines_part() -> None:
    text = "sops_a=1\nx=2\nsops_b=3\n"
    with pytest.raises(FormatError, match="between"):
        dotenv.remove_entry(text, dotenv.parse(text)[0], "sops")


@pytest.mark.parametrize("name", ["a__map_" * 2000 + "x", "a" + "__list_0" * 2000])
def test_names_that_nest_deeper_than_any_metadata_are_refused(name: str) -> None:
    with pytest.raises(FormatError, match="do not fit together"):
        dotenv.parse(f"sops_{name}=1\n")
