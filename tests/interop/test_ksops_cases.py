"""KSOPS's own cases, through the real kustomize and the real gpg."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml as pyyaml

ROOT = Path(__file__).parents[2]
CASES = ROOT.parent / "shared/reference/ksops-cases"
GPG = shutil.which("gpg")
KRM = ["single", "multiple", "envs", "behaviors"]
pytestmark = [
    pytest.mark.skipif(not CASES.is_dir(), reason="KSOPS's cases are not here"),
    pytest.mark.skipif(GPG is None, reason="gpg is not installed"),
]


def find_kustomize() -> str | None:
    """Return the kustomize program, or None; kubectl's own runs no exec functions."""
    local = ROOT / ".tools/bin/kustomize"
    return str(local) if local.exists() else shutil.which("kustomize")


@pytest.fixture(scope="module")
def gnupg() -> Iterator[str]:
    """Return a GnuPG home with KSOPS's test key; short, since its agent's socket lies in it."""
    home = tempfile.mkdtemp(prefix="g", dir="/tmp")
    environ = {"PATH": os.environ["PATH"], "GNUPGHOME": home}
    try:
        subprocess.run(
            ["gpg", "--batch", "--quiet", "--import", str(CASES / "key.asc")],
            env=environ,
            check=True,
            capture_output=True,
        )
        yield home
    finally:
        subprocess.run(["gpgconf", "--kill", "all"], env=environ, check=False, capture_output=True)
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def environ(gnupg: str, tmp_path: Path) -> dict[str, str]:
    """Return an environment with the plugin as `ksops` on PATH and no identity but the PGP one."""
    plugin = tmp_path / "bin/ksops"
    plugin.parent.mkdir()
    plugin.write_text(
        f"#!/bin/sh\nexec '{sys.executable}' -c 'from sopsmith.plugin import main; main()' \"$@\"\n"
    )
    plugin.chmod(0o755)
    path = os.pathsep.join([str(plugin.parent), os.environ["PATH"]])
    return {
        "PATH": path,
        "GNUPGHOME": gnupg,
        "HOME": str(tmp_path),
        "PYTHONPATH": str(ROOT / "src"),
    }


def build(case: str, tmp_path: Path, environ: dict[str, str]) -> list[object]:
    """Render a case from a copy, and return its objects."""
    kustomize = find_kustomize()
    if kustomize is None:
        pytest.skip("kustomize is not installed")
    shutil.copytree(CASES / case, tmp_path / "case")
    done = subprocess.run(
        [kustomize, "build", "--enable-alpha-plugins", "--enable-exec", str(tmp_path / "case")],
        env=environ,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return list(pyyaml.safe_load_all(done.stdout))


def wanted(case: str) -> list[object]:
    return list(pyyaml.safe_load_all((CASES / case / "want.yaml").read_text()))


@pytest.mark.parametrize("case", KRM)
def test_exact_output_is_what_ksops_wants(
    case: str, tmp_path: Path, environ: dict[str, str]
) -> None:
    found = build(f"krm/{case}", tmp_path, {**environ, "SOPSMITH_KSOPS_EXACT": "1"})
    assert found == wanted(f"krm/{case}")


@pytest.mark.parametrize("case", KRM)
def test_default_output_stores_the_same_values_in_the_cluster(
    case: str, tmp_path: Path, environ: dict[str, str]
) -> None:
    from sopsmith.kube.fold import fold

    found = build(f"krm/{case}", tmp_path, environ)
    assert all("stringData" not in one for one in found if isinstance(one, dict))
    assert found == [fold(one) for one in wanted(f"krm/{case}") if isinstance(one, dict)]


def test_legacy_output_is_what_ksops_wants(tmp_path: Path, environ: dict[str, str]) -> None:
    case = CASES / "legacy/single"
    shutil.copytree(case, tmp_path / "case")
    done = subprocess.run(
        ["ksops", "generate-resources.yaml"],
        cwd=tmp_path / "case",
        env={**environ, "SOPSMITH_KSOPS_EXACT": "1"},
        capture_output=True,
        check=False,
        executable=str(tmp_path / "bin/ksops"),
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    assert done.stdout.decode() == (case / "want.yaml").read_text()
