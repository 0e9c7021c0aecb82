"""A refresh is asked for once, waited for, and said to be what it came to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.unit.flows.cluster_at import SYNCED, Delivered, put_application

from sopsmith.errors import NotThere
from sopsmith.flows.doctor_sync import ANNOTATION
from sopsmith.flows.refresh import Doors, choose_names, refresh
from sopsmith.kube.kinds import APPLICATION

OUT = {"sync": {"status": "OutOfSync"}}
AUTOMATED: Any = {"automated": {}}


@pytest.fixture
def at(tmp_path: Path) -> Delivered:
    return Delivered(tmp_path)


class Clock:
    """A clock that the waiting itself moves on, while Argo CD does something."""

    def __init__(self, *steps: Callable[[], None]) -> None:
        self.now = 0.0
        self._steps = list(steps)

    def doors(self, at: Delivered) -> Doors:
        return Doors(at.cluster, lambda: self.now, self.pause, 10)

    def pause(self, seconds: float) -> None:
        self.now += seconds
        if self._steps:
            self._steps.pop(0)()


def compares(at: Delivered, status: Any, **spec: Any) -> Callable[[], None]:
    return lambda: put_application(at.cluster, status, **spec)


def test_an_application_that_becomes_synced_is(at: Delivered) -> None:
    clock = Clock(compares(at, OUT, syncPolicy=AUTOMATED), compares(at, SYNCED))
    (one,) = refresh(["platform"], "argocd", clock.doors(at))
    assert (one.name, one.synced, clock.now) == ("platform", True, 2)


def test_what_was_synced_before_does_not_count(at: Delivered) -> None:
    (one,) = refresh(["platform"], "argocd", Clock().doors(at))
    assert (one.synced, one.taken_up) == (False, False)


@pytest.mark.parametrize(
    "status",
    [OUT, {"conditions": [{"type": "ComparisonError", "message": "x"}]}],
    ids=["nobody syncs it", "an error"],
)
def test_what_waiting_does_not_change_is_not_waited_for(at: Delivered, status: Any) -> None:
    clock = Clock(compares(at, status))
    (one,) = refresh(["platform"], "argocd", clock.doors(at))
    assert (one.synced, one.taken_up, clock.now) == (False, True, 1)


@pytest.mark.parametrize(
    ("automated", "phase", "waited"),
    [
        ({}, "Succeeded", 1),
        ({"selfHeal": True, "enabled": False}, "Succeeded", 1),
        ({"selfHeal": True}, "Succeeded", 10),
        ({}, "Running", 10),
    ],
    ids=["no healing", "off", "healing", "running"],
)
def test_a_commit_is_synced_twice_only_where_an_application_heals_itself(
    at: Delivered, automated: Any, phase: str, waited: float
) -> None:
    state = {"phase": phase, "syncResult": {"revision": "1"}}
    status = {"sync": {"status": "OutOfSync", "revision": "1"}, "operationState": state}
    clock = Clock(compares(at, status, syncPolicy={"automated": automated}))
    (one,) = refresh(["platform"], "argocd", clock.doors(at))
    assert (one.synced, clock.now) == (False, waited)


def test_a_hard_refresh_is_asked_for(at: Delivered) -> None:
    next(refresh(["platform"], "argocd", Clock().doors(at)))
    found = at.cluster.find(APPLICATION, "platform", "argocd")
    assert found is not None
    assert found["metadata"]["annotations"] == {ANNOTATION: "hard"}


def test_an_application_that_is_not_there_is_named(at: Delivered) -> None:
    with pytest.raises(NotThere, match="argocd/other"):
        next(refresh(["other"], "argocd", Clock().doors(at)))


def test_all_that_render_the_repository_are_chosen(at: Delivered) -> None:
    settings = at.context().settings
    assert choose_names(at.cluster, settings) == ["platform"]
    at.cluster.delete(APPLICATION, "platform", "argocd")
    with pytest.raises(NotThere, match="no Application renders bootstrap/argocd"):
        choose_names(at.cluster, settings)
