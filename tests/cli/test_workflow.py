"""`sopsmith workflow github` writes workflows that get little, pin much and say nothing secret."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from sopsmith.cli.main import run

SOURCE = "https://git.example.org/sopsmith@" + "01234567" * 5
PLACE = Path(".github/workflows")
SETTINGS = (
    "version: 1\nenvironments: {dev: {recipients: []}, 'on': {recipients: [], prefix: ON_}}\n"
)


@pytest.fixture(params=["secrets", "aws"])
def workflows(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> list[Any]:
    """Return both workflows, as GitHub would read them."""
    (tmp_path / "sopsmith.yaml").write_text(SETTINGS)
    monkeypatch.chdir(tmp_path)
    assert run(["workflow", "github", "--source", SOURCE, "--keys", request.param]) == 0
    files = sorted((tmp_path / PLACE).iterdir())
    return [yaml.load(file.read_text(), yaml.BaseLoader) for file in files]  # noqa: S506


def jobs_of(workflows: list[Any]) -> list[Any]:
    return [job for one in workflows for job in one["jobs"].values()]


def steps_of(workflows: list[Any]) -> list[Any]:
    return [step for job in jobs_of(workflows) for step in job["steps"]]


def test_rights_are_none_but_what_a_job_names(workflows: list[Any]) -> None:
    assert [one["permissions"] for one in workflows] == [{}, {}]
    granted = [job["permissions"] for job in jobs_of(workflows)]
    assert all(one["contents"] == "read" for one in granted)
    writes = {name for one in granted for name, right in one.items() if right != "read"}
    assert writes <= {"pull-requests", "id-token"}
    assert "id-token" not in str(workflows[0])


def test_every_action_is_githubs_own_at_a_full_commit(workflows: list[Any]) -> None:
    used = {step["uses"] for step in steps_of(workflows) if "uses" in step}
    assert all(re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", one) for one in used)
    assert len(used) == 2


def test_pull_requests_meet_no_secret_and_no_environment(workflows: list[Any]) -> None:
    check = workflows[0]
    assert list(check["on"]) == ["pull_request"]
    assert "secrets." not in str(check)
    assert not [job for job in check["jobs"].values() if "environment" in job]


def test_nothing_is_put_into_a_script_by_the_service(workflows: list[Any]) -> None:
    assert not [step["run"] for step in steps_of(workflows) if "${{" in step.get("run", "")]


def test_a_secret_is_given_to_one_step_alone(workflows: list[Any]) -> None:
    given = [step["name"] for step in steps_of(workflows) if "secrets." in str(step)]
    assert given == ["Bootstrap"]
    assert all("secrets." not in str(job.get("env")) for job in jobs_of(workflows))


def test_a_cluster_is_changed_by_one_run_at_a_time_under_its_environment(
    workflows: list[Any],
) -> None:
    create = workflows[1]
    assert list(create["on"]) == ["workflow_dispatch"]
    assert create["concurrency"]["cancel-in-progress"] == "false"
    assert create["jobs"]["bootstrap"]["environment"] == "${{ inputs.environment }}"
    assert create["on"]["workflow_dispatch"]["inputs"]["apply"]["default"] == "false"


def test_environments_and_commit_stay_text(workflows: list[Any]) -> None:
    typed = yaml.safe_load((PLACE / "create-cluster.yaml").read_text())
    inputs = typed[True]["workflow_dispatch"]["inputs"]  # `on` is true to YAML 1.1
    assert inputs["environment"]["options"] == ["dev", "on"]
    install = next(one for one in steps_of([typed]) if one.get("name") == "Install sopsmith")
    assert install["env"]["COMMIT"] == "01234567" * 5


def test_argo_cd_is_checked_where_its_manifests_stand(workflows: list[Any]) -> None:
    assert "sopsmith argocd check" not in (PLACE / "check-secrets.yaml").read_text()
    folder = Path("bootstrap/argocd/install")
    folder.mkdir(parents=True)
    (folder / "kustomization.yaml").touch()
    assert run(["workflow", "github", "--source", SOURCE]) == 0
    assert "sopsmith argocd check" in (PLACE / "check-secrets.yaml").read_text()


def test_backups_are_made_where_they_outlive_the_runner(workflows: list[Any]) -> None:
    path = PLACE / "create-cluster.yaml"
    assert "--skip bucket --skip backup" in path.read_text()
    Path("sopsmith.yaml").write_text(SETTINGS + "backup: {store: 's3://backups/platform'}\n")
    assert run(["workflow", "github", "--source", SOURCE]) == 0
    assert "--skip" not in path.read_text()


def test_nothing_is_left_to_be_filled_in(workflows: list[Any]) -> None:
    texts = [file.read_text() for file in PLACE.iterdir()]
    assert not [found for text in texts for found in re.findall(r"@[A-Z_]+@", text)]


def test_a_file_of_another_hand_stays(
    workflows: list[Any], capfd: pytest.CaptureFixture[str]
) -> None:
    path = PLACE / "create-cluster.yaml"
    path.write_text("name: mine\n")
    assert run(["workflow", "github", "--source", SOURCE]) == 1
    assert "--force replaces it" in capfd.readouterr().err
    assert path.read_text() == "name: mine\n"


@pytest.mark.parametrize(
    "source",
    [
        "https://git.example.org/sopsmith",
        "https://git.example.org/sopsmith@main",
        "https://git.example.org/sopsmith@0123456",
        "http://git.example.org/sopsmith@" + "a" * 40,
        "https://git.example.org/'$(id)'@" + "a" * 40,
    ],
)
def test_a_source_that_is_not_pinned_is_refused(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sopsmith.yaml").write_text(SETTINGS)
    monkeypatch.chdir(tmp_path)
    assert run(["workflow", "github", "--source", source]) == 2
    assert not PLACE.exists()
