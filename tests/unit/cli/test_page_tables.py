"""A table of the page holds all rows for its script, lays few out, and nothing breaks out of it."""

from __future__ import annotations

import json
import re

from sopsmith.cli.page.tables import PAGE, Row, Table, build_section

SCRIPT = re.compile(r'<script type="application/json">(.*?)</script>', re.DOTALL)


def section(*rows: Row, marked: bool = False) -> str:
    return build_section(Table("t", "T", "", ("A", "B"), rows, {}, marked))


def data(html: str) -> dict[str, object]:
    (text,) = SCRIPT.findall(html)
    found: dict[str, object] = json.loads(text)
    return found


def test_only_a_page_of_rows_is_laid_out_and_the_script_has_them_all() -> None:
    html = section(*(Row((f"s{number}", "same")) for number in range(PAGE + 1)))
    assert html.count("<tr>") == PAGE + 1  # the head's too
    assert f"The first {PAGE} of {PAGE + 1} rows" in html
    columns = data(html)["columns"]
    assert isinstance(columns, list)
    assert len(columns[0]) == PAGE + 1


def test_a_table_that_stands_whole_says_nothing_of_scripts() -> None:
    assert "<noscript>" not in section(Row(("a", "b")))


def test_texts_that_come_again_are_there_once() -> None:
    html = section(Row(("a", "x"), ["dev"]), Row(("b", "x"), ["dev"]), Row(("c", "y"), ["prod"]))
    assert data(html)["columns"] == [["a", "b", "c"], {"of": ["x", "y"], "at": [0, 0, 1]}]
    assert data(html)["tags"] == {"of": ["dev", "prod"], "at": [0, 0, 1]}


def test_no_name_ends_the_element_of_the_data() -> None:
    name = "</script><script>alert(1)</script><!--"
    html = section(Row((name, "b")))
    assert html.count("<script") == 1
    assert data(html)["columns"] == [[name], ["b"]]


def test_marks_are_those_of_a_table_that_has_some() -> None:
    assert data(section(Row(("a", "yes"))))["marks"] == {}
    marked = section(Row(("a", "yes")), marked=True)
    assert '<span class="mark yes">yes</span>' in marked
    assert data(marked)["marks"]
