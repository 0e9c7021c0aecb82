"""The page about speed shows what the last `make bench` found, and nothing else."""

from __future__ import annotations

import json
from xml.etree import ElementTree as Xml

from bench.page import PAGE, PLOT, RESULTS, lines, rows, write_page
from bench.plot import draw

FOUND = json.loads(RESULTS.read_text())


def test_the_table_is_that_of_the_results() -> None:
    page = PAGE.read_text()
    assert write_page(FOUND, page) == page, "make bench-page"


def test_the_plot_is_that_of_the_results() -> None:
    assert PLOT.read_text() == draw(lines(FOUND)), "make bench-page"
    Xml.fromstring(PLOT.read_text())  # noqa: S314 - our own


def test_every_aim_has_a_row() -> None:
    aims = [row.aim for row in rows(FOUND) if row.aim]
    assert {"≤ 1", "≤ 2", "≤ 5", "≤ 1.15", "≤ 3", "≥ 40", "< 100 ms"} <= set(aims)
