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
