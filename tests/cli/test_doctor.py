"""`sopsmith doctor` as people run it: the table, the hints, the exit code, JSON and --fix."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.unit.flows.keys_at import SECRET, Place

from sopsmith.cli.main import run
from sopsmith.flows.doctor_table import CODES, REPAIRS
from sopsmith.repo.settings import FILE

PAGE = Path(__file__).parents[2] / "docs/how-to/troubleshooting.md"


class Site:
    """A repository, a HOME that has its identities, and what a run says."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any) -> None:
        self.place = Place(folder)
        self._capfd = capfd
        for name in ("SOPS_AGE_KEY", "SOPS_AGE_KEY_CMD", "KUBECONFIG", "KUSTOMIZE_PLUGIN_HOME"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("HOME", str(folder))
        monkeypatch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
        monkeypatch.setenv("SOPS_AGE_KEY_FILE", str(self.place.keys))
        monkeypatch.setenv("PATH", str(folder / "bin"))
        monkeypatch.chdir(self.place.root)

    def doctor(self, *argv: str) -> tuple[int, str, str]:
        """Return the exit code, stdout and stderr."""
        code = run(["doctor", "--jobs", "1", *argv])
        said = self._capfd.readouterr()
        return code, said.out, said.err


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any) -> Site:
    return Site(tmp_path, monkeypatch, capfd)


def test_every_code_has_its_section_and_no_section_is_left_over() -> None:
    sections = re.findall(r"^### (.+)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(sections) == sorted(CODES)


def test_a_problem_is_shown_with_a_hint_and_ends_with_3(site: Site) -> None:
    site.place.put("db.yaml", SECRET)
    code, out, err = site.doctor("--only", "plain-secret")
    assert code == 3
    assert out == (
        "repository\n"
        "  error           plain-secret     db.yaml: line 5: a Secret stands in clear\n"
        "doctor: 1 error\n"
    )
    assert err.startswith("hint: sopsmith encrypt --in-place db.yaml;")
    assert "troubleshooting.md" in err


def test_all_is_well_of_what_is_looked_at(site: Site) -> None:
    code, out, err = site.doctor("--only", "plain-secret", "--only", "identity-open")
    assert (code, err) == (0, "")
    assert out.splitlines()[-1] == "doctor: 2 ok"


def test_a_machine_without_kustomize_is_not_ill(site: Site) -> None:
    code, out, _ = site.doctor("--only", "kustomize-old")
    assert code == 0
    assert re.search("info +kustomize-old", out)


def test_without_a_cluster_named_none_is_asked(site: Site) -> None:
    code, out, err = site.doctor("--only", "bootstrap-step")
    assert code == 0
    assert "skipped" in out
    assert "no cluster was named" in out
    assert err == (
        "hint: sopsmith doctor --only bootstrap-step --jobs 1 --environment dev --context NAME\n"
    )
    assert "ties no context to dev" in site.doctor("--only", "bootstrap-step", "-e", "dev")[1]
    assert "--no-cluster was given" in site.doctor("--only", "bootstrap-step", "--no-cluster")[1]


def test_what_is_skipped_for_one_reason_is_one_row(site: Site) -> None:
    _, out, err = site.doctor("--only", "cluster-clock", "--only", "redis-open", "--only",
                              "bootstrap-step")  # fmt: skip
    assert out.splitlines() == [
        "cluster, Argo CD, bootstrap",
        "  skipped         3 checks           no cluster was named",
        "doctor: 3 skipped",
    ]
    assert err.count("--context NAME") == 1


def test_a_cluster_that_is_not_there_could_not_be_looked_at(site: Site) -> None:
    code, out, _ = site.doctor("--only", "bootstrap-step", "-e", "dev", "--context", "nowhere")
    assert code == 3
    assert re.search("could not look .* there is no kubeconfig", out)


def test_the_page_s_examples_run(site: Site) -> None:
    (block,) = re.findall(r"<!-- run -->\n```sh\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    for line in block.splitlines():
        assert line.startswith("sopsmith doctor")
        assert site.doctor(*line.split()[2:])[0] in {0, 3}


def test_of_many_faults_of_a_kind_the_first_are_shown_and_the_rest_counted(site: Site) -> None:
    for number in range(13):
        site.place.put(f"{number}.yaml", SECRET)
    _, out, err = site.doctor("--only", "plain-secret")
    assert out.count("stands in clear") == err.count("encrypt --in-place") == 10
    assert "and 3 more; -o json has all" in out
    assert out.splitlines()[-1] == "doctor: 13 error"
    assert site.doctor("--only", "plain-secret", "-o", "json")[1].count('"plain-secret"') == 13


def test_a_name_cannot_move_the_cursor(site: Site) -> None:
    site.place.put("a\x1b[2J\n.yaml", SECRET)
    out = site.doctor("--only", "plain-secret")[1]
    assert "\x1b" not in out
    assert len(out.splitlines()) == 3


def test_json_has_the_family_and_the_counts(site: Site) -> None:
    site.place.put("db.yaml", SECRET)
    code, out, _ = site.doctor("--only", "plain-secret", "-o", "json")
    found = json.loads(out)
    assert code == 3
    assert found["counts"]["error"] == 1
    (one,) = found["findings"]
    assert (one["family"], one["code"], one["subject"]) == ("repository", "plain-secret", "db.yaml")


def test_what_is_safe_is_mended_and_looked_at_again(site: Site) -> None:
    site.place.keys.chmod(0o640)
    assert site.doctor("--only", "identity-open")[0] == 3
    code, out, err = site.doctor("--only", "identity-open", "--fix")
    assert (code, out.splitlines()[-1]) == (0, "doctor: 1 ok")
    assert err == f"repaired: {site.place.keys}: only its owner can read it now\n"
    assert "nothing that was found can be mended" in site.doctor("--only", "malformed", "--fix")[2]


def test_words_that_contradict_are_refused(site: Site) -> None:
    assert site.doctor("--no-cluster", "--context", "x")[0] == 2
    assert site.doctor("-e", "live")[0] == 2
    assert site.doctor("--only", "plain")[0] == 2


def test_the_cluster_of_another_environment_is_refused(site: Site) -> None:
    path = site.place.root / FILE
    path.write_text(path.read_text().replace("  dev:\n", "  dev:\n    context: dev@here\n"))
    assert site.doctor("-e", "dev", "--context", "other@here")[0] == 2
    assert site.doctor("-e", "prod", "--context", "dev@here")[0] == 2
    assert "kubeconfig" in site.doctor("--context", "dev@here", "--only", "bootstrap-step")[1]


def test_every_repair_is_one_that_the_page_names() -> None:
    assert {*REPAIRS} >= {"close-identity", "end-lines", "install-plugin", "install-git-drivers"}
