"""Templates come out as Go and sprig render them, or not at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sopsmith.errors import ManifestError
from sopsmith.kube.templates import render

VECTORS = json.loads((Path(__file__).parent / "go_templates.json").read_text())
"""Made by tools/go/templates: Go's text/template with sprig 3.3.0; missing keys are errors."""
REFUSED = ("if .user", "range", "$x", "1.5", "htpasswd", '"%s" 5', "%5d", "toJson }}", "toRawJson")
"""Signs of what Go renders and what is refused here."""


@pytest.mark.parametrize("number", range(len(VECTORS)))
def test_a_template_renders_as_in_go_or_is_refused(number: int) -> None:
    vector = VECTORS[number]
    try:
        made = render(vector["template"], vector["data"])
    except ManifestError:
        known = any(sign in vector["template"] for sign in REFUSED)
        assert vector["rendered"] is None or known, vector["template"]
    else:
        assert made == vector["rendered"]


@pytest.mark.parametrize(
    "template",
    ["{{ .missing }}", "{{ .a | b64dec }}", "{{ fromJson .a }}", "{{ .a | nothing }}",
     "{{ printf \"%d\" .a }}", "{{ index . \"b\" }}", "{{ .a.b }}", "{{ (.a"],
)  # fmt: skip
def test_what_is_refused_shows_no_value(template: str) -> None:
    with pytest.raises(ManifestError) as caught:
        render(template, {"a": "canary!"})
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("template", "why"),
    [
        ("{{" + "/**/" * 40, "does not end"),
        ("{{" * 50_000, "does not end"),
        ('{{ "' + "\\n" * 50_000, "does not end"),
        ("{{ " + "(" * 5_000 + "1" + ")" * 5_000 + " }}", "more than 50 brackets"),
        ("{{ " + "9" * 5_000 + " }}", "not followed here"),
        ("{{ 010 }}", "not followed here"),
        (r'{{ "\ud800" | b64enc }}', "an escape"),
        ("{{ indent 99999999999999999 .a }}", "more than a Secret"),
        ("{{ nindent -1 .a }}", "no number below 0"),
        ("{{ .a" + ' | replace "a" "aaaaaaaaaaaaaaaa"' * 9 + " }}", "more than a Secret"),
        ('{{ splitList "" .w | join .w }}', "more than a Secret"),
        ("{{ .w }}" * 70, "more than a Secret"),
        ("{{ print" + " .w" * 70 + " }}", "more than a Secret"),
        ("{{ fromJson .deep }}", "nests too deep"),
        ("{{ fromJson .number }}", "no JSON"),
        ("{{ fromJson .nan }}", "no JSON"),
        ('{{ join "," (fromJson .number) }}', "no JSON"),
    ],
)
def test_what_would_take_without_end_is_refused(template: str, why: str) -> None:
    data = {"a": "a", "w": "w" * 65_536, "deep": "[" * 100_000,
            "number": "9" * 400, "nan": "NaN"}  # fmt: skip
    with pytest.raises(ManifestError, match=why):
        render(template, data)


@pytest.mark.parametrize(
    ("template", "made"),
    [
        ('{{ join "," .a }}', "b,c"),
        ('{{ splitList "" .a | join "-" }}', "b-,-c"),
        ('{{ index (fromJson .j) "k" }}', "\ufffd\U0001f600"),
        ("{{ trim .s }}", "\x1cx"),
        ('{{/* {{ }} */}}{{- /* " */ -}} x', "x"),
    ],
)
def test_what_only_go_would_expect_is_as_in_go(template: str, made: str) -> None:
    data = {"a": "b,c", "j": '{"k": "\\ud800\\ud83d\\ude00"}', "s": "\u3000\x1cx\x85"}
    assert render(template, data) == made


def test_what_nests_comes_out_or_is_refused() -> None:
    # How deep is too deep is Python's to say, and differs between its versions.
    nested = "[" * 900 + "]" * 900
    try:
        assert render("{{ fromJson .nested | toJson }}", {"nested": nested}) == nested
    except ManifestError as error:
        assert "nests too deep" in error.message
