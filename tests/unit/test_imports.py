"""The plugin starts once for each generator, so what it loads is held here."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.unit.plugin.conftest import NOW, Repo

from sopsmith.sops.document import Document

HEAVY = (
    "boto3", "click", "collections", "contextlib", "dataclasses", "datetime", "enum", "functools",
    "hashlib", "http", "importlib", "json", "kubernetes", "logging", "multiprocessing", "pathlib",
    "pyrage", "re", "re2", "rich", "socket", "ssl", "subprocess", "tempfile", "threading", "typing",
    "urllib", "warnings", "yaml",
)  # fmt: skip
SCRIPT = """
import sys
sys.path += {path!r}
from sopsmith.plugin import main
try:
    main()
except SystemExit as done:
    assert not done.code, done.code
print("LOADED", *sys.modules)
"""


def loaded(repo: Repo, *argv: str) -> set[str]:
    """Run the plugin in a fresh interpreter and return the modules that it loaded."""
    out, _, modules = lean(repo, SCRIPT, *argv).rpartition("LOADED ")
    assert "kind: Secret" in out
    return set(modules.split())


def lean(repo: Repo, script: str, *argv: str) -> str:
    """Run a script in a fresh interpreter, which has loaded no `site`, and return what it says."""
    path = [entry for entry in sys.path if entry.endswith(("site-packages", "src"))]
    path.append(str(Path(__file__).parents[2] / "src"))
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script.format(path=path), *argv],
        cwd=repo.app,
        env={"SOPS_AGE_KEY": repo.identity},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def repo(tmp_path: Path) -> Any:
    """Return a repository with one encrypted Secret and a generator for it."""
    made = Repo(tmp_path)
    made.secret("a.yaml", "a")
    (made.app / "g.yaml").write_text(
        "apiVersion: viaduct.ai/v1\nkind: ksops\nmetadata:\n  name: g\nfiles:\n- ./a.yaml\n"
    )
    return made


def test_the_plugin_loads_nothing_heavy_for_what_sops_writes(repo: Repo) -> None:
    found = loaded(repo, "g.yaml")
    assert sorted(name for name in found if name.split(".")[0] in HEAVY) == []


def test_the_plugin_loads_its_own_room_the_lower_ones_and_the_doors_it_opens(repo: Repo) -> None:
    rooms = {name.split(".")[1] for name in loaded(repo, "g.yaml") if name.startswith("sopsmith.")}
    assert rooms <= {
        "adapters",
        "age",
        "errors",
        "formats",
        "hashes",
        "kube",
        "pgp",
        "plugin",
        "secret",
        "sops",
    }


def test_a_masked_diff_loads_no_command_line_no_yaml_and_no_cryptography(repo: Repo) -> None:
    script = (
        "import sys\nfrom sopsmith.cli.start import run_driver\n"
        "assert run_driver(['git', 'textconv', 'a.yaml']) == 0\nprint('LOADED', *sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=repo.app, capture_output=True, text=True, check=False
    )
    out, _, modules = done.stdout.rpartition("LOADED ")
    heavy = {"click", "cryptography", "pyrage", "subprocess", "typing", "yaml"}
    assert "#" in out, done.stderr
    assert heavy.isdisjoint(modules.split())


def test_generate_loads_no_general_reader_for_what_init_writes(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path / "home"), "PATH": os.environ["PATH"]}
    work = tmp_path / "work"
    work.mkdir()
    base = "import sys\nfrom sopsmith.cli.main import run\n"

    def python(script: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", base + script],
            cwd=work, env=environ, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    python("assert run(['init', '.']) == 0")
    (work / ".env").write_text("TOKEN=made-up\nPROD_OTHER=as-well\n")
    out = python("assert run(['generate']) == 0\nprint('LOADED', *sys.modules)")
    plan, _, modules = out.rpartition("LOADED ")
    assert "plan: 2 to create" in plan
    assert {"difflib", "json", "re2", "urllib.parse", "yaml"}.isdisjoint(modules.split())


def test_a_merge_loads_nothing_heavy_for_what_sops_writes(repo: Repo) -> None:
    base = (repo.app / "a.yaml").read_bytes()
    (repo.app / "base").write_bytes(base)
    for name in ("ours", "theirs"):
        side = Document.parse(base, "yaml", path=name).unlock(repo.keyring)
        changed = side.plaintext().replace(b"stringData:", f"stringData:\n    {name}: x".encode())
        changed = changed.replace(b"hunter2", b"7 words") if name == "ours" else changed
        (repo.app / name).write_bytes(side.reencrypt(changed, now=NOW))
    script = (
        "import sys\nsys.path += {path!r}\nfrom sopsmith.cli.start import run_driver\n"
        "words = ['base', 'ours', 'theirs', 'a.yaml', '--marker-size', '7']\n"
        "assert run_driver(['git', 'merge-driver', *words]) == 0\nprint('LOADED', *sys.modules)"
    )
    modules = lean(repo, script).rpartition("LOADED ")[2].split()
    assert sorted(name for name in modules if name.split(".")[0] in HEAVY) == []
    merged = Document.parse((repo.app / "ours").read_bytes(), "yaml", path="x")
    text = merged.unlock(repo.keyring).plaintext()
    assert b"\n    ours: x\n    theirs: x\n    value: 7 words\n" in text
