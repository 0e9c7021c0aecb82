"""A Secret of `sopsmith.yaml` says when it expires, as a field or as the annotation itself."""

from __future__ import annotations

import pytest

from sopsmith.errors import LayoutError
from sopsmith.repo.expiry import ANNOTATION
from sopsmith.repo.settings import parse_settings

ENVIRONMENTS = "version: 1\nenvironments: {dev: {}}\nsecrets:\n"


def made(words: str) -> dict[str, str]:
    text = f"{ENVIRONMENTS}  - {{name: a, data: {{value: A}}, {words}}}\n"
    return parse_settings(text.encode(), "sopsmith.yaml").mappings[0].annotations


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-12-31", "2026-12-31"),
        ('"2026-12-31"', "2026-12-31"),
        ("2026-12-31T12:00:00Z", "2026-12-31T12:00:00Z"),
        ('"2026-12-31T12:00:00+02:00"', "2026-12-31T12:00:00+02:00"),
    ],
)
def test_the_field_becomes_the_annotation(written: str, read: str) -> None:
    assert made(f"expires: {written}") == {ANNOTATION: read}
    assert made(f'annotations: {{{ANNOTATION}: "{read}"}}') == {ANNOTATION: read}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("expires: soon", r"secrets\[0\].expires: is no date"),
        ("expires: 2026", "is a number; text was expected"),
        (f"annotations: {{{ANNOTATION}: soon}}", "is no date"),
        (f'expires: 2026-12-31, annotations: {{{ANNOTATION}: "2026-12-31"}}', "annotation .* too"),
        ('expires: "9999-12-31T23:59:59-01:00"', "is no date"),
    ],
)
def test_what_is_no_date_or_stands_twice_is_refused(words: str, said: str) -> None:
    with pytest.raises(LayoutError, match=said):
        made(words)
