"""The report and the ui in a real headless Chromium."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import pyrage
import pytest
from tests.e2e.chromium import BROWSER, Browser
from tests.past import Past
from tests.viewing import ROOT, locked, write_repository
from tests.world import World

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(BROWSER is None, reason="there is no chromium on PATH"),
]
ROWS = "[...document.querySelectorAll('#{} tbody tr')].filter((r) => !r.hidden)"
NAMES = ROWS + ".map((r) => r.cells[0].textContent)"


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Return a world with a repository."""
    made = World(tmp_path)
    recipient = str(pyrage.x25519.Identity.generate().to_public())
    write_repository(Past(made.work), recipient, "hidden-value")
    (made.home / "recipient").write_text(recipient)
    return made


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    """Return a browser."""
    with Browser(tmp_path / "profile") as made:
        yield made


def test_search_filter_and_sort_work_and_the_policy_is_kept(world: World, browser: Browser) -> None:
    world.run("sopsmith", "report", "--html", "report.html")
    browser.visit(f"file://{world.work}/report.html")
    whole = ["apps/db", "apps/only", "apps/db"]
    assert browser.run(NAMES.format("secrets")) == whole
    find = (
        "const s = document.querySelector('#secrets {0}'); s.value = '{1}'; "
        "s.dispatchEvent(new Event('{2}'));"
    )
    browser.run("{" + find.format("input", "ONLY dev", "input") + "}")
    assert browser.run(NAMES.format("secrets")) == ["apps/only"]
    assert browser.run("document.querySelector('#secrets output').textContent") == "1 of 3 rows"
    browser.run("{" + find.format("input", "", "input") + "}")
    browser.run("{" + find.format("select", "unused", "change") + "}")
    assert browser.run(NAMES.format("secrets")) == ["apps/only"]
    browser.run("{" + find.format("select", "", "change") + "}")
    for order in (sorted(whole), sorted(whole, reverse=True)):
        browser.run("document.querySelector('#secrets thead button').click()")
        assert browser.run(NAMES.format("secrets")) == order
    head = "document.querySelector('#secrets thead th').getAttribute('aria-sort')"
    assert browser.run(head) == "descending"
    assert browser.said == []


def test_what_is_not_the_pages_own_does_not_run(world: World, browser: Browser) -> None:
    world.run("sopsmith", "report", "--html", "report.html")
    browser.visit(f"file://{world.work}/report.html")
    browser.run("{ const s = document.createElement('script'); s.textContent = 'window.bad = 1'; "
                "document.body.append(s); }")  # fmt: skip
    assert browser.run("window.bad") is None
    assert any("Content Security Policy" in one for one in browser.said)


def test_without_javascript_every_table_stands_whole(world: World, browser: Browser) -> None:
    world.run("sopsmith", "report", "--html", "report.html")
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    browser.visit(f"file://{world.work}/report.html")
    assert browser.run(NAMES.format("secrets")) == ["apps/db", "apps/only", "apps/db"]
    assert browser.run("document.querySelector('.controls').hidden") is True


def test_the_ui_lets_one_in_refreshes_itself_and_ends_on_ctrl_c(
    world: World, browser: Browser
) -> None:
    process = subprocess.Popen(
        ["sopsmith", "ui"], cwd=world.work, env=world.environ, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stderr is not None
        browser.visit(process.stderr.readline().strip())
        assert browser.run("location.search") == ""
        assert len(browser.run(NAMES.format("secrets"))) == 3
        recipient = (world.home / "recipient").read_text()
        path = world.work / f"{ROOT}/prod/secrets/new.secret.yaml"
        path.write_bytes(locked(recipient, "new", {"a": "b"}))
        end = monotonic() + 20
        while "apps/new" not in browser.run(NAMES.format("secrets")):
            assert monotonic() < end, "the page did not load itself anew"
            sleep(0.2)
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait()
