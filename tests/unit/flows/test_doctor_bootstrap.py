"""`doctor` says how far `bootstrap` is, by the checks of the steps themselves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from tests.fakes.cluster import FakeCluster
from tests.unit.flows.examined import open_context
from tests.unit.flows.keys_at import Place

from sopsmith.errors import Denied
from sopsmith.flows.doctor import Context, diagnose
from sopsmith.flows.doctor_bootstrap import CHECKS
from sopsmith.flows.steps import BLOCKED, DONE, NEEDED, Looked
from sopsmith.repo.diagnosis import ERROR, OK, SKIPPED, UNKNOWN


class Stepping(NamedTuple):
    """A step that stands somehow."""

    name: str
    seen: Looked
    title: str = "a step"

    def check(self) -> Looked:
        """Return how it stands."""
        if self.seen.why == "denied":
            raise Denied("not allowed to get secrets")
        return self.seen

    def apply(self) -> None:
        """Do nothing: `doctor` must not come here."""
        raise AssertionError("doctor looks only")


def at(folder: Path, environment: str) -> Context:
    steps = [
        Stepping("namespace", Looked(DONE, "argocd is there")),
        Stepping("inject", Looked(NEEDED, "the key Secret is missing")),
        Stepping("argocd", Looked(BLOCKED, "no Argo CD runs", "kubectl apply")),
        Stepping("wait", Looked(DONE, "denied")),
    ]
    return replace(
        open_context(Place(folder)),
        environment=environment,
        open_cluster=FakeCluster,
        open_steps=lambda: steps,
    )


def test_each_step_is_a_finding_and_says_how_to_go_on(tmp_path: Path) -> None:
    (result,) = diagnose(at(tmp_path, "dev"), CHECKS)
    again = f"sopsmith bootstrap --environment dev --context {FakeCluster().name.split()[0]}"
    assert [(one.level, one.subject, one.hint) for one in result.findings] == [
        (ERROR, "step inject", again),
        (UNKNOWN, "step argocd", "kubectl apply"),
        (UNKNOWN, "step wait", again),
        (OK, "step namespace", ""),
    ]


def test_steps_are_those_of_one_environment(tmp_path: Path) -> None:
    (result,) = diagnose(at(tmp_path, ""), CHECKS)
    assert [one.level for one in result.findings] == [SKIPPED]
