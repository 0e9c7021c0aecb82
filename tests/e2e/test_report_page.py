"""The report and the ui in a real headless Chromium."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import pyrage
import pytest
from tests.e2e.chromium import BROWSER, Browser
from tests.past import Past
from tests.viewing import NOW, ROOT, locked, write_repository
from tests.world import World

from sopsmith.cli.page.document import build_page
from sopsmith.cli.page.tables import PAGE
from sopsmith.flows.inventory import Inventory, Listed
from sopsmith.flows.report import Report

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


def locked_away(number: int) -> Listed:
    name = f"secret-{number:04}"
    return Listed("dev", "apps", name, f"{name}.yaml", ("value",), None, ("Ann",), None)


def test_of_many_rows_a_page_is_laid_out_and_all_are_found(
    tmp_path: Path, browser: Browser
) -> None:
    secrets = tuple(locked_away(number) for number in range(3 * PAGE + 5))
    inventory = Inventory(("dev",), secrets, (), ())
    (tmp_path / "big.html").write_bytes(build_page(Report("big", NOW, inventory, (), ())))
    browser.visit(f"file://{tmp_path}/big.html")
    assert len(browser.run(NAMES.format("secrets"))) == PAGE
    said = "document.querySelector('#secrets output').textContent"
    assert browser.run(said) == f"{len(secrets)} rows, here 1 to {PAGE}"
    buttons = "document.querySelectorAll('#secrets .pages button')"
    for _ in range(3):
        browser.run(f"{buttons}[1].click()")
    assert browser.run(NAMES.format("secrets")) == [one.shown for one in secrets[3 * PAGE :]]
    assert browser.run(f"{buttons}[1].disabled") is True
    browser.run(
        "{ const s = document.querySelector('#secrets input'); s.value = 'SECRET-0604'; "
        "s.dispatchEvent(new Event('input')); }"
    )
    assert browser.run(NAMES.format("secrets")) == [secrets[-1].shown]
    assert browser.run(said) == f"1 of {len(secrets)} rows"
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
    # A shell that started the tests in the background had them ignore Ctrl-C.
    script = (
        "import os, signal\nsignal.signal(signal.SIGINT, signal.SIG_DFL)\n"
        "os.execvp('sopsmith', ['sopsmith', 'ui'])"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=world.work, env=world.environ, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
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
