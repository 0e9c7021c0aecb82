"""The commands of the how-to on rotating run to their end, in its order."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.cli.test_key_rotate import Site, site

__all__ = ["site"]
PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "rotate-an-identity.md"
_MARKED = re.compile(r"<!-- run -->\n```sh\n(.*?)```", re.DOTALL)


@pytest.mark.e2e
def test_the_page_runs(site: Site) -> None:
    (script,) = _MARKED.findall(PAGE.read_text(encoding="utf-8"))
    said = site.world.run("bash", "-euo", "pipefail", "-c", script).decode()
    assert "done" in said
    assert not site.world.run("git", "status", "--short")
