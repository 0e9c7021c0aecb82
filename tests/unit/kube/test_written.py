"""Who wrote an object's data last is taken from its managed fields."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sopsmith.kube.written import Written, last_written

MADE = "2026-11-24T10:00:00Z"


def entry(manager: str, hour: int, field: str = "f:data") -> dict[str, Any]:
    return {"manager": manager, "time": f"2026-11-24T{hour}:00:00Z", "fieldsV1": {field: {}}}


def written(*entries: dict[str, Any]) -> Written:
    return last_written({"metadata": {"creationTimestamp": MADE, "managedFields": [*entries]}})


def at(hour: int) -> datetime:
    return datetime(2026, 11, 24, hour, tzinfo=UTC)


def test_the_last_writer_of_data_counts() -> None:
    found = written(entry("argocd-controller", 11), entry("kubectl-edit", 12))
    assert found == Written("kubectl-edit", at(12))
    assert not found.by_argocd


def test_who_wrote_something_else_does_not_count() -> None:
    found = written(entry("argocd-controller", 11), entry("labeller", 12, "f:metadata"))
    assert found == Written("argocd-controller", at(11))
    assert found.by_argocd


def test_where_nobody_is_noted_the_making_counts() -> None:
    assert written() == Written("", at(10))
