"""`list`, `diff` and `report` as a user runs them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.leaks.watch import CANARY, Watch, assert_silent
from tests.past import Past
from tests.viewing import ROOT, locked, write_repository
from tests.world import World


@pytest.fixture
def watch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> Watch:
    """Return a world with a repository whose values are the canary."""
    made = Watch(tmp_path, monkeypatch, capfdbinary)
    write_repository(Past(made.world.work), made.recipient, CANARY)
    return made


def listed(watch: Watch, *argv: str) -> dict[str, Any]:
    """Return what `list` says as JSON, without any identity."""
    found: dict[str, Any] = json.loads(
        watch.call("list", "-o", "json", *argv, SOPS_AGE_KEY="").stdout
    )
    return found


def test_list_says_all_of_a_secret(watch: Watch) -> None:
    only = next(one for one in listed(watch)["secrets"] if one["name"] == "only")
    assert (only["scope"], only["namespace"], only["keys"]) == ("dev", "apps", ["a"])
    assert only["recipients"] == ["Ann & <Bob>"]
    assert (only["expires"], only["consumers"]) == ("2031-05-06T00:00:00Z", [])
    assert only["changed"]["date"] == "2023-11-14T22:14:20Z"


def test_list_tells_what_is_missing_where(watch: Watch) -> None:
    found = listed(watch)
    assert found["matrix"] == {"apps/db": ["dev", "prod"], "apps/only": ["dev"]}
    assert [one["secret"] for one in found["missing"]] == ["registry"]
    assert found["unused"] == [f"{ROOT}/dev/secrets/only.secret.yaml"]


@pytest.mark.parametrize("option", ["--unused", "--missing"])
def test_what_is_looked_for_and_found_ends_with_3(watch: Watch, option: str) -> None:
    assert watch.tells_nothing("list", option).code == 3
    assert watch.call("list").code == 0


def test_an_environment_alone_is_listed(watch: Watch) -> None:
    assert [one["name"] for one in listed(watch, "-e", "prod")["secrets"]] == ["db"]
    assert watch.call("list", "-e", "nope").code == 2


def diff(
    watch: Watch, *argv: str, identity: str | None = None
) -> tuple[int, list[tuple[str, str, str]]]:
    """Return the exit code and what differs, as kind, secret and key."""
    own = watch.world.environ["SOPS_AGE_KEY"] if identity is None else identity
    done = watch.tells_nothing("diff", "-o", "json", *argv, SOPS_AGE_KEY=own)
    found = json.loads(done.stdout)["differences"]
    return done.code, [(one["kind"], one["secret"], one["key"]) for one in found]


def test_environments_differ_by_value(watch: Watch) -> None:
    code, found = diff(watch, "dev", "prod")
    assert (code, found) == (3, [("changed", "apps/db", "user"), ("removed", "apps/only", "a")])


def test_without_an_identity_a_change_under_another_data_key_is_not_known(watch: Watch) -> None:
    _, found = diff(watch, "dev", "prod", identity="")
    assert ("not known", "apps/db", "user") in found


def test_the_same_value_under_a_new_data_key_is_the_same(watch: Watch) -> None:
    path = f"{ROOT}/dev/secrets/db.secret.yaml"
    assert diff(watch, "HEAD", ".") == (0, [])
    watch.write(path, locked(watch.recipient, "db", {"user": CANARY}))
    assert diff(watch, "HEAD:dev", "dev") == (0, [])
    watch.write(path, locked(watch.recipient, "db", {"user": "new", "more": "x"}))
    assert diff(watch, "HEAD", ".") == (
        3, [("added", "apps/db", "more"), ("changed", "apps/db", "user")],
    )  # fmt: skip


@pytest.mark.parametrize("words", [("dev", "HEAD"), ("cluster", "cluster"), ("HEAD", "no-such")])
def test_what_cannot_be_compared_is_refused(watch: Watch, words: tuple[str, str]) -> None:
    assert watch.call("diff", *words).code == 2


def test_a_report_is_whole_escaped_and_holds_no_value(watch: Watch) -> None:
    done = watch.tells_nothing("report", "--html", "report.html")
    assert done.code == 0
    path = watch.world.work / "report.html"
    page = path.read_bytes()
    assert_silent(page, "the page")
    assert watch.world.environ["SOPS_AGE_KEY"].encode() not in page
    assert b"<script>alert(1)" not in page
    assert b"&lt;script&gt;alert(1)" in page
    assert b"default-src &#x27;none&#x27;" in page
    assert [one for one in (b"http://", b"https://", b" style=", b" onclick=") if one in page] == []
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_pages_example_runs(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs/how-to/see-it-all.md").read_text(encoding="utf-8")
    [script] = re.findall(r"<!-- run -->\n```sh\n(.*?)```", page, re.DOTALL)
    world = World(tmp_path)
    assert b"kube-system/registry-password" in world.run("bash", "-euo", "pipefail", "-c", script)
    assert b"made-up" not in (world.work / "platform/report.html").read_bytes()
