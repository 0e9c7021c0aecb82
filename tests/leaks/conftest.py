"""Make the watched worlds of this room."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.leaks.watch import Watch


@pytest.fixture
def watch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> Watch:
    """Return a world with an identity of its own in SOPS_AGE_KEY."""
    return Watch(tmp_path, monkeypatch, capfdbinary)
