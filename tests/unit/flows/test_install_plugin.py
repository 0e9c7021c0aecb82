"""The entry script, and where it goes."""

from __future__ import annotations

import marshal
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.unit.plugin.conftest import Repo

from sopsmith.adapters.files import LocalFiles
from sopsmith.adapters.interpreter import build_bundle, read_interpreter
from sopsmith.errors import OutsideError
from sopsmith.flows.install_plugin import (
    BUNDLE,
    MARK,
    build_script,
    find_plugin_home,
    install,
    is_on_path,
)

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
    assert script.startswith(f"#!{sys.executable} -ISXutf8\n".encode()) or b"#!/bin/sh" in script
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


@pytest.fixture(scope="module")
def bundle() -> bytes:
    """Return the bundle of this interpreter."""
    return build_bundle(read_interpreter())


def ended_by(folder: Path, bundle: bytes, ending: str) -> Path:
    """Install a script that runs some more lines at its end."""
    python = read_interpreter()
    script = build_script(python.executable, python.folders)
    body, last = script.split(b"posix._exit(run(")
    script = body + b"code = run(" + last.removesuffix(b")\n") + f"\n{ending}\n".encode()
    install([str(folder / "ksops")], script, FILES, bundle=bundle, force=True)
    return folder / "ksops"


def loaded_by(folder: Path, bundle: bytes) -> set[str]:
    """Run a script that ends by naming the modules whose loader it did without."""
    ending = "print(*[k for k, m in sys.modules.items() if m.__spec__ is None])"
    return set(run(ended_by(folder, bundle, ending)).split())


def test_the_bundle_holds_what_opens_a_file(tmp_path: Path, bundle: bytes) -> None:
    found = loaded_by(tmp_path, bundle)
    assert {"sopsmith.plugin.run", "sopsmith.sops.check", "sopsmith.age.narrow", "os"} <= found


def test_opening_a_file_from_a_bundle_asks_for_no_more_than_the_systems_calls(
    tmp_path: Path, bundle: bytes
) -> None:
    repo = Repo(tmp_path)
    repo.secret("a.yaml", "a")
    (repo.app / "g.yaml").write_text(
        "apiVersion: viaduct.ai/v1\nkind: ksops\nmetadata:\n  name: g\nfiles:\n- ./a.yaml\n"
    )
    script = ended_by(tmp_path, bundle, "print(code, '_collections_abc' in sys.modules)")
    done = subprocess.run(
        [str(script), "g.yaml"],
        cwd=repo.app, env={"SOPS_AGE_KEY": repo.identity}, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert "kind: Secret" in done.stdout
    assert done.stdout.endswith("0 False\n")


def test_who_asks_for_more_than_the_systems_calls_gets_the_real_os(
    tmp_path: Path, bundle: bytes
) -> None:
    ending = """
import os, posixpath
text = os.environ["NAME"]
print(text == "\\xe9\\udcff", "_collections_abc" in sys.modules, posixpath is os.path)
from os import makedirs
print(os.makedirs is makedirs, posixpath.os.makedirs is makedirs, hasattr(os, "nothing"))
import os as again
print(again.environ["NAME"] == os.environ["NAME"] == text, "_collections_abc" in sys.modules)
"""
    script = ended_by(tmp_path, bundle, ending)
    done = subprocess.run(
        [str(script), "--help"],
        env={b"NAME": b"\xc3\xa9\xff"}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    said = done.stdout.splitlines()[-3:]
    assert said == ["True False True", "True True False", "True True"]


def test_a_bundle_of_another_interpreter_or_of_changed_sources_is_left_alone(
    tmp_path: Path, bundle: bytes
) -> None:
    head, mark, kept = bundle.partition(b"\0")
    code, stamps, modules = marshal.loads(kept)  # noqa: S302
    path, changed, size = stamps[-1]
    stale = marshal.dumps((code, [*stamps[:-1], (path, changed + 1, size)], modules))
    gone = marshal.dumps((code, [*stamps, (str(tmp_path / "gone"), changed, size)], modules))
    for other in (b"", b"3.10 " + bundle, head + mark + stale, head + mark + gone):
        assert "sopsmith.plugin.run" not in loaded_by(tmp_path, other)


def test_a_new_bundle_counts_as_an_update(tmp_path: Path) -> None:
    target = str(tmp_path / "ksops")
    script = build_script("/python", [])
    news = [
        install([target], script, FILES, bundle=bundle, force=False)[0].news
        for bundle in (b"old", b"old", b"new", b"")
    ]
    assert news == ["installed", "unchanged", "updated", "unchanged"]
    assert Path(target + BUNDLE).read_bytes() == b"new"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_bundle_of_another_user_is_left_alone(tmp_path: Path, bundle: bytes) -> None:
    loaded_by(tmp_path, bundle)
    os.chown(tmp_path / f"ksops{BUNDLE}", 12345, -1)
    assert "sopsmith.plugin.run" not in run(tmp_path / "ksops").split()


def test_a_link_to_a_bundle_is_left_alone(tmp_path: Path, bundle: bytes) -> None:
    loaded_by(tmp_path, bundle)
    path = tmp_path / f"ksops{BUNDLE}"
    path.rename(tmp_path / "of-a-clone")
    path.symlink_to(tmp_path / "of-a-clone")
    assert "sopsmith.plugin.run" not in run(tmp_path / "ksops").split()
