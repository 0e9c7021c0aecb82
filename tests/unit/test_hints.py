"""A hint that can be pasted stays one command, whatever a file in it is called."""

from __future__ import annotations

from pathlib import Path

import pytest

from sopsmith.cli.main import run


def test_a_name_in_a_hint_means_nothing_to_a_shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a;touch b").mkdir()
    assert run(["publish", "a;touch b"]) == 2
    assert "publish --recursive 'a;touch b'" in capfd.readouterr().err
