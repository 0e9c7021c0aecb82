"""`generate` over forks: the same Secrets in the same order, and the same words for mistakes."""

from __future__ import annotations

import pytest
from tests.unit.flows.stage import HOME, ROOT, Stage

from sopsmith.adapters.workers import LocalWorkers
from sopsmith.errors import Error, RuleError
from sopsmith.flows.generate import Doors, Plan, Request, plan_generate
from sopsmith.repo.plan import CREATE, KEEP, UNCOMPARED, UPDATE, Change

ENV = "".join(f"NAME_{number:02}=value {number}\n" for number in range(20))


SCOPED = "".join(f"{('', 'DEV_', 'PROD_')[n % 3]}N{n:02}=value {n}\n" for n in range(21))
CHANGED = SCOPED.replace("value 4\n", "other 4\n") + "NEW_A=1\nDEV_NEW_B=2\nPROD_NEW_C=3\n"


def plan(stage: Stage, workers: LocalWorkers | None, env: str = ENV) -> Plan:
    doors: Doors = stage.doors._replace(workers=workers)
    return plan_generate(Request(ROOT, f"{ROOT}/.env", env.encode(), (), False), doors)


def told(made: Plan) -> list[Change]:
    """Return what a plan says of each file, without the bytes, which are random."""
    return [change._replace(data=b"" if change.data else None) for change in made.changes]


@pytest.fixture
def standing() -> Stage:
    """Return a repository whose three scopes have Secrets already."""
    stage = Stage()
    stage.generate(SCOPED)
    return stage


def test_forks_make_the_secrets_of_one_process_each_with_its_own_value() -> None:
    stage = Stage()
    many, one = (plan(stage, workers) for workers in (LocalWorkers(2, 0, 3), None))
    assert [change.path for change in many.changes] == [change.path for change in one.changes]
    for change in many.changes:
        stage.files.held[f"{ROOT}/{change.path}"] = change.data or b""
    found = [stage.value("core", f"name-{number:02}") for number in range(20)]
    assert found == [f"value {number}" for number in range(20)]


def test_a_rule_that_leaves_values_in_clear_is_refused_in_the_words_of_one_process() -> None:
    stage = Stage()
    path = f"{ROOT}/.sops.yaml"
    rules = stage.files.held[path].replace(b"^(data|stringData)$", b"^other$")
    stage.files.held[path] = rules
    said = []
    for workers in (LocalWorkers(2, 0, 3), None):
        with pytest.raises(RuleError) as caught:
            plan(stage, workers)
        said.append(str(caught.value))
    assert said[0] == said[1]
    assert HOME.format("core") in said[0]


def test_forks_compare_what_stands_as_one_process_does(standing: Stage) -> None:
    many, one = (
        told(plan(standing, workers, CHANGED)) for workers in (LocalWorkers(2, 0, 3), None)
    )
    assert many == one
    actions = [change.action for change in many]
    assert [actions.count(one) for one in (CREATE, UPDATE, KEEP)] == [3, 1 + 3, 20]


def test_what_no_fork_opens_is_left_alone_in_the_words_of_one_process(standing: Stage) -> None:
    standing.identities = ["dev"]
    many, one = (
        told(plan(standing, workers, CHANGED)) for workers in (LocalWorkers(2, 0, 3), None)
    )
    assert many == one
    closed = [change for change in many if change.action == UNCOMPARED]
    assert {change.scope for change in closed} == {"prod"}
    assert all(change.reason for change in closed)


def test_the_first_broken_file_is_the_one_that_is_spoken_of(standing: Stage) -> None:
    for scope, name in (("prod", "n20"), ("dev", "n10"), ("dev", "n13")):
        path = f"{ROOT}/{HOME.format(scope)}/{name}.secret.yaml"
        standing.files.held[path] = standing.files.held[path].replace(b"data:", b"data:AAAA", 1)
    said = []
    for workers in (LocalWorkers(2, 0, 3), None):
        with pytest.raises(Error) as caught:
            plan(standing, workers, CHANGED)
        said.append(str(caught.value))
    assert said[0] == said[1]
    assert "n10" in said[0]
