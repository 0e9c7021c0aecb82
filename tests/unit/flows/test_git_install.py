"""The lines that git is given start fast where that works, and by the usual way where not."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from sopsmith.adapters.files import LocalFiles
from sopsmith.adapters.programs import LocalPrograms
from sopsmith.flows import git_install as flow

CONFLICT = 9
USUAL = 5


class Started:
    """An interpreter that ends with a code, and a `sopsmith` that ends with `USUAL`."""

    def __init__(self, folder: Path, code: int) -> None:
        self.folder = folder
        self.python = self._program("a 100% 'python'", f'echo "fast $*" >&2; exit {code}')
        self._program("sopsmith", f'echo "usual $*" >&2; exit {USUAL}')
        settings = dict(flow.quick_settings(self.python, "/a b/start.py", CONFLICT))
        self.driver = settings["merge.sopsmith.driver"]
        self.textconv = settings["diff.sopsmith.textconv"]

    def _program(self, name: str, script: str) -> str:
        path = self.folder / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return str(path)

    def run(self, *argv: str) -> tuple[int, list[str]]:
        path = f"{self.folder}:/usr/bin:/bin"
        done = subprocess.run(argv, env={"PATH": path}, capture_output=True, text=True, check=False)
        return done.returncode, [line for line in done.stderr.splitlines() if "sh:" not in line]

    def merge(self) -> tuple[int, list[str]]:
        line = self.driver.replace("%%", "%%%").replace("%%%", "\0")
        for place, word in (("%O", "o"), ("%A", "a"), ("%B", "b"), ("%P", "'p q'"), ("%L", "7")):
            line = line.replace(place, word)
        return self.run("sh", "-c", line.replace("\0", "%"))


WORDS = "git merge-driver o a b p q --marker-size 7"


@pytest.mark.parametrize(("code", "end"), [(0, 0), (CONFLICT, 1)])
def test_a_merge_that_is_done_is_not_done_again(tmp_path: Path, code: int, end: int) -> None:
    assert Started(tmp_path, code).merge() == (end, [f"fast -IS /a b/start.py {WORDS}"])


@pytest.mark.parametrize("code", [1, 2, 3, 126, 127, 139])
def test_a_merge_that_is_not_done_goes_the_usual_way(tmp_path: Path, code: int) -> None:
    end, said = Started(tmp_path, code).merge()
    assert (end, said[-1]) == (USUAL, f"usual {WORDS}")


def test_an_interpreter_that_is_gone_leaves_the_usual_way(tmp_path: Path) -> None:
    started = Started(tmp_path, 0)
    Path(started.python).unlink()
    assert started.merge() == (USUAL, [f"usual {WORDS}"])
    assert started.run("sh", "-c", f'{started.textconv} "$@"', "sh", "x y") == (
        USUAL, ["usual git textconv x y"],
    )  # fmt: skip


def test_a_text_that_is_shown_is_not_shown_again(tmp_path: Path) -> None:
    started = Started(tmp_path, 0)
    end, said = started.run("sh", "-c", f'{started.textconv} "$@"', "sh", "x y")
    assert (end, said) == (0, ["fast -IS /a b/start.py git textconv x y"])


def test_both_kinds_of_lines_count_as_set_up_and_the_new_one_is_written_over(
    tmp_path: Path,
) -> None:
    programs, files = LocalPrograms(), LocalFiles()
    programs.run(["git", "init", "-q", str(tmp_path)])
    place = flow.find_place(str(tmp_path), programs)
    quick = flow.quick_settings("/python", "/start.py", CONFLICT)
    newer = flow.quick_settings("/python4", "/start.py", CONFLICT)
    flow.apply(place, flow.plan_install(place, (), files, programs), files, programs)
    for settings in (quick, newer):
        changes = flow.plan_install(place, (), files, programs, settings)
        assert [change.config for change in changes] == [
            (name, value) for name, value in settings if name.endswith((".driver", ".textconv"))
        ]
        flow.apply(place, changes, files, programs)
        assert flow.plan_install(place, (), files, programs, settings) == []
        assert flow.plan_install(place, (), files, programs) == []
