"""The bench runs to its end and writes what it measured; how fast is nobody's test."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]


def test_a_small_bench_writes_a_ratio_for_each_size(tools: Path, tmp_path: Path) -> None:
    results = tmp_path / "results.json"
    sizes = ("--secrets", "4", "--sizes", "1,3", "--trees", "5", "--keys", "2", "--runs", "1")
    done = subprocess.run(
        [sys.executable, "-m", "bench.run", *sizes, "--results", str(results)],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    written = json.loads(results.read_text())
    assert [row["files"] for row in written["plugin"]] == [1, 3]
    assert [row["files"] for row in written["trees"]] == [5]
    assert [row["files"] for row in written["keys"]] == [2]
    assert written["generate"]["ratio"] > 0
