"""Programs are run as they are named, and git without those that a clone names."""

from __future__ import annotations

from pathlib import Path

import pytest

from sopsmith.adapters.programs import LocalPrograms


@pytest.mark.parametrize(
    "words", [["ls-files", "--others"], ["ls-files", "--error-unmatch", "--", "a"]], ids=str
)
def test_a_clones_configuration_starts_no_program(tmp_path: Path, words: list[str]) -> None:
    programs, here = LocalPrograms(), str(tmp_path)
    ran = tmp_path / "ran"
    (tmp_path / "a").write_text("")
    for line in (
        ["init", "-q"],
        ["add", "a"],
        ["config", "core.fsmonitor", f"touch {ran}; false"],
    ):
        assert programs.run(["git", *line], cwd=here).code == 0
    assert programs.run(["git", *words], cwd=here).code == 0
    assert not ran.exists()
