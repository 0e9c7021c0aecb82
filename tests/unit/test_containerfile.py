"""The sidecar's image has no shell, no root and nothing unpinned, as far as its recipe tells.

No image is built here: that needs a registry. What is copied is checked to exist, and the
program that the image starts is started.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "container/Containerfile").read_text(encoding="utf-8").replace("\\\n", "")
LINES = [line.split(maxsplit=1) for line in TEXT.splitlines() if line and line[0] != "#"]
FINAL = LINES[max(at for at, line in enumerate(LINES) if line[0] == "FROM") :]


def values_of(word: str, lines: list[list[str]] = LINES) -> list[str]:
    """Return what stands behind an instruction."""
    return [rest for name, rest in lines if name == word]


def test_every_base_image_is_the_builders_to_pin() -> None:
    froms = values_of("FROM")
    assert froms == ["${GO_BUILD} AS kustomize", "${PYTHON_BUILD} AS library", "${RUNTIME}"]
    assert values_of("ARG") == ["GO_BUILD", "PYTHON_BUILD", "RUNTIME"]


@pytest.mark.parametrize("word", ["RUN", "ENTRYPOINT"])
def test_nothing_goes_through_a_shell(word: str) -> None:
    for value in values_of(word):
        assert all(isinstance(one, str) for one in json.loads(value))


def test_libraries_are_pinned_by_hash_and_kustomize_by_version() -> None:
    installs = [json.loads(one) for one in values_of("RUN") if "install" in one]
    for words in installs:
        pinned = "--require-hashes" in words or "--no-deps" in words
        assert pinned or re.search(r"@v\d+\.\d+\.\d+$", words[-1])


def test_kustomize_is_the_one_that_the_tests_run() -> None:
    tools = (ROOT / "tools/versions.env").read_text(encoding="utf-8")
    (version,) = re.findall(r"kustomize/v5@(v[\d.]+)", TEXT)
    assert f"KUSTOMIZE_VERSION={version}\n" in tools


def test_what_is_copied_exists() -> None:
    for value in values_of("COPY"):
        words = value.split()
        if any(word.startswith("--from=") for word in words):
            continue
        for source in [word for word in words[:-1] if not word.startswith("--")]:
            assert (ROOT / source).exists(), source


def test_the_image_runs_as_argo_cds_user_and_installs_nothing_itself() -> None:
    assert values_of("USER", FINAL) == ["999:999"]
    assert values_of("RUN", FINAL) == []
    assert [name for name, _ in FINAL][-1] == "ENTRYPOINT"


def test_the_program_of_the_image_starts() -> None:
    script = (ROOT / "container/sopsmith-cmp").read_text(encoding="utf-8")
    assert script.startswith("#!/usr/bin/python3 -IS\n")
    code = script.replace('"/opt/sopsmith/lib"', repr(str(ROOT / "src")))
    done = subprocess.run(
        [sys.executable, "-IS", "-c", code, "--help"], capture_output=True, check=False, env={}
    )
    assert (done.returncode, done.stdout) == (0, b"usage: sopsmith-cmp generate\n")
