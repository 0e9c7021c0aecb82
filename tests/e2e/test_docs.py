"""The documentation builds into a site whose links all lead somewhere, and which needs no other."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_LOADED = re.compile(r"<(?:script|link|img)[^>]+(?:src|href)=\"?(https?:)?//", re.IGNORECASE)

pytestmark = pytest.mark.e2e


def test_the_site_builds_and_loads_nothing_from_elsewhere() -> None:
    done = subprocess.run(["make", "docs"], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    pages = [*(ROOT / "build/site").rglob("*.html")]
    assert len(pages) > len([*(ROOT / "docs").rglob("*.md")])
    assert ">None<" not in "".join((ROOT / "build/site/index.html").read_text().split())
    assert [page for page in pages if _LOADED.search(page.read_text())] == []
