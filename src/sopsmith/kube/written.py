"""Say who wrote an object's data last, and when.

Source: Kubernetes "Server-Side Apply", section "Field management": an entry's time is that of
the last change of a field that it owns.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple


class Written(NamedTuple):
    """A write.

    Attributes:
        manager: Who wrote: `argocd-controller`, `kubectl-edit`; "" where nobody noted it.
        at: When (UTC), to the second.
    """

    manager: str
    at: datetime

    @property
    def by_argocd(self) -> bool:
        """Whether Argo CD wrote it."""
        return self.manager.startswith("argocd")


def last_written(found: dict[str, Any]) -> Written:
    """Return who wrote a Secret's data last; where none says so, who made it."""
    metadata = found["metadata"]
    made = Written("", datetime.fromisoformat(metadata["creationTimestamp"]))
    entries = [
        Written(str(one.get("manager", "")), datetime.fromisoformat(one["time"]))
        for one in metadata.get("managedFields") or []
        if one.get("time") and "f:data" in (one.get("fieldsV1") or {})
    ]
    return max(entries, key=lambda one: one.at, default=made)
