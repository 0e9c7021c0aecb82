"""The page about `sopsmith.yaml` shows what can be written, and names every field."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sopsmith.repo.layout_settings import ENVIRONMENTS, default_settings
from sopsmith.repo.mappings import MAPPING_FIELDS
from sopsmith.repo.settings import parse_settings

PAGE = (Path(__file__).parents[3] / "docs/reference/sopsmith-yaml.md").read_text(encoding="utf-8")
WHOLE, *PARTS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("part", ["", *PARTS])
def test_an_example_can_be_read(part: str) -> None:
    text = WHOLE.partition("secrets:")[0] + part if part else WHOLE
    assert parse_settings(text.encode(), "page").environments


@pytest.mark.parametrize(
    "name",
    [*MAPPING_FIELDS, "recipient", "purpose", "context", "recovery.recipients", "backup", "store",
     "endpoint", "region", "retention_days", "keys.max_age_days"],
)  # fmt: skip
def test_every_field_is_named(name: str) -> None:
    assert f"`{name}`" in PAGE


def test_the_table_of_the_platform_is_what_init_writes() -> None:
    settings = default_settings(dict.fromkeys(ENVIRONMENTS, ()))
    for mapping in settings.mappings:
        scope = {(): "any", ("core",): "core"}.get(mapping.scopes, "each environment")
        (variable,) = mapping.data.values()
        assert f"| `{mapping.name}` | `{variable}` | {scope} | {mapping.used_by} |" in PAGE
