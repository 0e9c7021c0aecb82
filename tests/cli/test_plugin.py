"""The plugin as kustomize starts it: installed, in both ways, and what it says when it fails."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml as pyyaml
from tests.unit.plugin.conftest import Repo
from tests.world import World

from sopsmith import age

HEAD = "apiVersion: viaduct.ai/v1\nkind: ksops\nmetadata:\n  name: g\n"
OBJECT = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "a"},
    "data": {"value": "eA=="},
}


class Plugin:
    """An installed plugin beside a repository with one Secret."""

    def __init__(self, folder: Path) -> None:
        self.world = World(folder)
        self.repo = Repo(self.world.work)
        self.repo.secret("a.yaml", "a", "x")
        self.generator = self.repo.app / "g.yaml"
        self.generator.write_text(f"{HEAD}files:\n- ./a.yaml\n")
        self.bin = folder / "bin"
        self.said = self.world.attempt("sopsmith", "plugin", "install", str(self.bin))
        self.world.environ["SOPS_AGE_KEY"] = self.repo.identity

    def run(self, *argv: str, stdin: str = "", **environ: str) -> Any:
        """Run it in the app's folder."""
        return self.world.attempt(
            str(self.bin / "ksops"), *argv, stdin=stdin.encode(), cwd=self.repo.app, **environ
        )

    def krm(self) -> str:
        """Return a ResourceList as kustomize sends it."""
        item = pyyaml.safe_load(self.generator.read_text())
        return pyyaml.safe_dump(
            {
                "apiVersion": "config.kubernetes.io/v1",
                "kind": "ResourceList",
                "items": [item],
                "functionConfig": item,
            }
        )


@pytest.fixture
def plugin(tmp_path: Path) -> Plugin:
    """Return an installed plugin."""
    return Plugin(tmp_path)


def test_install_says_where_and_that_the_folder_is_not_on_path(plugin: Plugin) -> None:
    assert plugin.said.returncode == 0
    assert plugin.said.stderr.decode() == (
        f"installed: {plugin.bin}/ksops\n"
        f"warning: {plugin.bin} is not on PATH, so kustomize does not find the plugin there\n"
        "note: kustomize needs both --enable-alpha-plugins and --enable-exec\n"
    )


def test_the_legacy_way_prints_documents(plugin: Plugin) -> None:
    done = plugin.run("g.yaml")
    assert (done.returncode, done.stderr) == (0, b"")
    assert list(pyyaml.safe_load_all(done.stdout)) == [OBJECT]


def test_the_krm_way_answers_with_the_objects_in_the_list(plugin: Plugin) -> None:
    done = plugin.run(stdin=plugin.krm())
    answer = pyyaml.safe_load(done.stdout)
    assert answer["kind"] == "ResourceList"
    assert answer["items"] == [OBJECT]
    assert answer["functionConfig"]["metadata"] == {"name": "g"}


@pytest.mark.parametrize(
    ("argv", "environ"), [(["--exact"], {}), ([], {"SOPSMITH_KSOPS_EXACT": "1"})]
)
def test_exact_keeps_string_data(plugin: Plugin, argv: list[str], environ: dict[str, str]) -> None:
    (made,) = pyyaml.safe_load_all(plugin.run(*argv, "g.yaml", **environ).stdout)
    assert made["stringData"] == {"value": "x"}


def test_the_concurrency_limit_is_taken_and_checked(plugin: Plugin) -> None:
    assert plugin.run("g.yaml", KSOPS_CONCURRENCY_LIMIT="20").returncode == 0
    assert plugin.run("g.yaml", KSOPS_CONCURRENCY_LIMIT="many").stderr == (
        b"error: KSOPS_CONCURRENCY_LIMIT is not a positive number\n"
    )


def test_failures_go_to_stderr_with_exit_code_1_and_nothing_on_stdout(plugin: Plugin) -> None:
    plugin.generator.write_text(f"{HEAD}files:\n- ./none.yaml\n")
    done = plugin.run("g.yaml")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr == b"error: ./none.yaml: no such file or directory\n"


def test_no_identity_and_a_foreign_one_are_told_apart(plugin: Plugin) -> None:
    none = plugin.run("g.yaml", SOPS_AGE_KEY="").stderr.decode()
    foreign = plugin.run("g.yaml", SOPS_AGE_KEY=age.generate()[0].reveal().decode()).stderr.decode()
    assert none.startswith("error: ./a.yaml: no identity at hand; ")
    assert foreign.startswith("error: ./a.yaml: no identity at hand opens it; ")


@pytest.mark.parametrize("path", ["../../../etc/passwd", "/etc/passwd"])
def test_files_outside_the_repository_are_refused(plugin: Plugin, path: str) -> None:
    plugin.generator.write_text(f"{HEAD}files:\n- {path}\n")
    done = plugin.run("g.yaml")
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: {path}: lies outside the repository\n".encode())


def test_a_root_can_be_named(plugin: Plugin) -> None:
    done = plugin.run("g.yaml", SOPSMITH_ROOT=str(plugin.bin))
    assert b"lies outside" in done.stderr


@pytest.mark.parametrize(
    ("stdin", "words"),
    [
        ("", b"nothing came on stdin"),
        ("kind: ResourceList\n", b"no items and no functionConfig"),
        ("kind: [canary\n", b"error: the generator: line"),
        ("kind: Secret\ndata: canary\n", b"not a generator"),
    ],
)
def test_broken_input_is_named_without_quoting_it(plugin: Plugin, stdin: str, words: bytes) -> None:
    done = plugin.run(stdin=stdin)
    assert done.returncode == 1
    assert words in done.stderr
    assert b"canary" not in done.stderr


def test_an_unknown_option_is_refused(plugin: Plugin) -> None:
    assert plugin.run("--exakt", "g.yaml").returncode == 1


def test_help_says_how_it_is_used(plugin: Plugin) -> None:
    assert plugin.run("--help").stdout.startswith(b"usage: sopsmith-ksops")
