"""The entry script, and where it goes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sopsmith.adapters.files import LocalFiles
from sopsmith.adapters.interpreter import read_interpreter
from sopsmith.errors import OutsideError
from sopsmith.flows.install_plugin import MARK, build_script, find_plugin_home, install, is_on_path

FILES = LocalFiles()


def run(script: Path) -> str:
    done = subprocess.run(
        [str(script), "--help"], capture_output=True, text=True, check=False, env={}
    )
    return done.stdout or done.stderr


def test_the_script_runs_this_interpreter_without_its_site(tmp_path: Path) -> None:
    python = read_interpreter()
    script = build_script(python.executable, python.folders)
    install([str(tmp_path / "bin/ksops")], script, FILES, force=False)
    assert script.startswith(f"#!{sys.executable} -IS\n".encode()) or b"#!/bin/sh" in script
    assert "usage: sopsmith-ksops" in run(tmp_path / "bin/ksops")
    assert os.stat(tmp_path / "bin/ksops").st_mode & 0o777 == 0o755


@pytest.mark.parametrize("name", ["with space", "x" * 130, 'it\'s "a" $HOME'])
def test_an_interpreter_that_no_shebang_can_name_runs_through_the_shell(
    tmp_path: Path, name: str
) -> None:
    folder = tmp_path / name
    folder.mkdir()
    python = read_interpreter()
    (folder / "python").write_text(f'#!/bin/sh\nexec "{python.executable}" "$@"\n')
    (folder / "python").chmod(0o755)
    script = build_script(str(folder / "python"), python.folders)
    assert script.startswith(b"#!/bin/sh\n")
    target = tmp_path / "k s" / "ksops"
    install([str(target)], script, FILES, force=False)
    assert "usage: sopsmith-ksops" in run(target)


def test_it_says_what_is_new_and_leaves_alone_what_is_not(tmp_path: Path) -> None:
    target = str(tmp_path / "ksops")
    old, new = (build_script(f"/{name}/python", []) for name in ("old", "new"))
    news = [install([target], script, FILES, force=False)[0].news for script in (old, old, new)]
    assert news == ["installed", "unchanged", "updated"]
    assert MARK.encode() in Path(target).read_bytes()


def test_another_program_is_kept_unless_forced_and_then_nothing_is_written(tmp_path: Path) -> None:
    foreign, fresh = tmp_path / "a/ksops", tmp_path / "b/ksops"
    foreign.parent.mkdir()
    foreign.write_text("#!/bin/sh\n")
    script = build_script("/python", [])
    with pytest.raises(OutsideError, match="another program"):
        install([str(fresh), str(foreign)], script, FILES, force=False)
    assert not fresh.exists()
    install([str(foreign)], script, FILES, force=True)
    assert foreign.read_bytes() == script


def test_the_plugin_home_is_kustomizes() -> None:
    home = {"HOME": "/h"}
    assert find_plugin_home(home) == "/h/.config/kustomize/plugin"
    assert find_plugin_home({**home, "XDG_CONFIG_HOME": "/x"}) == "/x/kustomize/plugin"
    assert find_plugin_home({**home, "KUSTOMIZE_PLUGIN_HOME": "/k"}) == "/k"
    with pytest.raises(OutsideError):
        find_plugin_home({})


def test_a_folder_on_path_is_known_by_any_of_its_names(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert is_on_path(str(tmp_path / "real"), {"PATH": f"/nowhere:{tmp_path}/link"})
    assert not is_on_path(str(tmp_path / "real"), {"PATH": "/nowhere:"})
