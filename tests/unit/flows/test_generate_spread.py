"""`generate` over forks: the same Secrets in the same order, and the same words for mistakes."""

from __future__ import annotations

import pytest
from tests.unit.flows.stage import HOME, ROOT, Stage

from sopsmith.adapters.workers import LocalWorkers
from sopsmith.errors import RuleError
from sopsmith.flows.generate import Doors, Plan, Request, plan_generate

ENV = "".join(f"NAME_{number:02}=value {number}\n" for number in range(20))


def plan(stage: Stage, workers: LocalWorkers | None) -> Plan:
    doors: Doors = stage.doors._replace(workers=workers)
    return plan_generate(Request(ROOT, f"{ROOT}/.env", ENV.encode(), (), False), doors)


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
