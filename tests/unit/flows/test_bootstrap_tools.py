"""The programs of this machine are steps that look before they write."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from sopsmith.adapters.download import file_digest
from sopsmith.adapters.files import LocalFiles
from sopsmith.errors import Unreachable
from sopsmith.flows.bootstrap_tools import Plugin, build_steps
from sopsmith.flows.install_plugin import BUNDLE, build_script
from sopsmith.flows.steps import BLOCKED, DONE, NEEDED, Step, apply_steps, look
from sopsmith.flows.tools import Doors
from sopsmith.repo.tools import Download

Fetch = Callable[[str, str], bytes]
SCRIPT = build_script("/usr/bin/python3", [])
DATA = b"made-up program"
TOOL = Download("tool", "1", "https://x/tool", hashlib.sha256(DATA).hexdigest(), {"tool": ""})


def fetch(url: str, sha256: str) -> bytes:
    return DATA


def no_network(url: str, sha256: str) -> bytes:
    raise Unreachable("does not answer", path=url)


def steps_in(folder: Path, *downloads: Download, fetches: Fetch = fetch) -> list[Step]:
    doors = Doors(LocalFiles(), fetches, file_digest)
    plugin = Plugin(str(folder / "ksops"), SCRIPT, b"bundle")
    return build_steps(plugin, LocalFiles(), (downloads, str(folder), doors))


def test_what_is_missing_is_put_in_place_once(tmp_path: Path) -> None:
    steps = steps_in(tmp_path, TOOL)
    assert [look(step).state for step in steps] == [NEEDED, NEEDED]
    assert [one.state for one in apply_steps(steps, lambda _: None)] == [DONE, DONE]
    assert (tmp_path / "ksops").read_bytes() == SCRIPT
    assert (tmp_path / f"ksops{BUNDLE}").read_bytes() == b"bundle"
    assert [one.after for one in apply_steps(steps, lambda _: None)] == [None, None]


def test_a_check_downloads_nothing(tmp_path: Path) -> None:
    (_, tools) = steps_in(tmp_path, TOOL, fetches=no_network)
    assert look(tools).state == NEEDED
    results = list(apply_steps([tools], lambda _: None))
    assert results[0].state == BLOCKED


def test_another_program_in_the_plugins_place_blocks(tmp_path: Path) -> None:
    (tmp_path / "ksops").write_bytes(b"upstream's")
    (plugin, *_) = steps_in(tmp_path)
    assert look(plugin).state == BLOCKED


def test_a_tool_that_would_take_the_plugins_place_is_left_out(tmp_path: Path) -> None:
    ksops = Download("ksops", "1", TOOL.url, TOOL.sha256, {"ksops": ""})
    assert [step.name for step in steps_in(tmp_path, ksops)] == ["plugin"]
    assert [step.name for step in steps_in(tmp_path, ksops, TOOL)] == ["plugin", "tools"]
