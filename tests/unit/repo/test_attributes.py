"""A `.gitattributes` keeps every line and attribute that is not ours."""

from __future__ import annotations

import pytest

from sopsmith.repo.attributes import add_drivers, quote_path, remove_drivers
from sopsmith.repo.layout_policy import build_gitattributes


def test_a_new_pattern_comes_last() -> None:
    text = add_drivers("*.png binary", ["*.secret.yaml"])
    assert text.splitlines()[0] == "*.png binary"
    assert text.splitlines()[-1] == "*.secret.yaml diff=sopsmith merge=sopsmith"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("*.s text merge=binary eol=lf\n", "*.s text merge=sopsmith eol=lf diff=sopsmith\n"),
        ("*.s   -diff  -merge\r\n", "*.s   diff=sopsmith  merge=sopsmith\r\n"),
        ("*.s\tmerge=sopsmith diff=sopsmith\n", "*.s\tmerge=sopsmith diff=sopsmith\n"),
        ("*.s diff xdiff\n", "*.s diff=sopsmith xdiff merge=sopsmith\n"),
        ("  *.s\n", "  *.s diff=sopsmith merge=sopsmith\n"),
    ],
)
def test_a_line_of_the_pattern_gets_the_drivers(line: str, expected: str) -> None:
    assert add_drivers("# x\n" + line, ["*.s"]) == "# x\n" + expected


def test_adding_twice_changes_nothing() -> None:
    once = add_drivers("a text\r\n", ["*.s", quote_path("odd name.yaml")])
    assert add_drivers(once, ["*.s", quote_path("odd name.yaml")]) == once
    assert "\r\n" in once


def test_removing_gives_back_what_stood_there() -> None:
    text = "# mine\n*.png binary\n"
    assert remove_drivers(add_drivers(text, ["*.s", quote_path("odd name.yaml")])) == text


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("*.s text merge=sopsmith eol=lf diff=sopsmith\n", "*.s text eol=lf\n"),
        ("*.s\ttext\tdiff=sopsmith\r\n", "*.s\ttext\r\n"),
        ("*.s diff=sopsmith-x diff=sopsmith", "*.s diff=sopsmith-x"),
        ('"a \\" b" text diff=sopsmith\n', '"a \\" b" text\n'),
    ],
)
def test_removing_keeps_other_attributes_of_a_line(line: str, expected: str) -> None:
    assert remove_drivers(line) == expected


def test_a_line_ends_where_git_ends_it() -> None:
    text = "a\u2028b\x0c diff=sopsmith\nc\x85 text\n"
    assert remove_drivers(text) == "c\x85 text\n"
    assert add_drivers(text, ["c\x85"]).endswith("c\x85 text diff=sopsmith merge=sopsmith\n")


def test_what_init_writes_needs_nothing_added() -> None:
    text = build_gitattributes()
    assert add_drivers(text, ["*.secret.yaml"]) == text
