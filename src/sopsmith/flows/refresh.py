"""Have Argo CD render Applications afresh, past what it remembers, and wait for what comes of it.

Source: argo-cd docs/user-guide/annotations.md; controller/appcontroller.go (persistAppStatus
takes the annotation away in the write that brings the new status).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sopsmith.errors import NotThere
from sopsmith.flows.doctor_sync import ANNOTATION, REFRESH, find_applications, is_synced
from sopsmith.kube.argocd_errors import errors_of
from sopsmith.kube.kinds import APPLICATION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sopsmith.flows.doctor import Context, Repair
    from sopsmith.ports import Cluster, Object
    from sopsmith.repo.diagnosis import Finding
    from sopsmith.repo.settings import RepoSettings

POLL = 1.0
"""Seconds between two looks."""


class Doors(NamedTuple):
    """What the flow needs of the outside.

    Attributes:
        clock: Seconds that only grow.
        pause: Waits some seconds.
        limit: Seconds to wait in all.
    """

    cluster: Cluster
    clock: Callable[[], float]
    pause: Callable[[float], None]
    limit: float


class Refreshed(NamedTuple):
    """What came of one Application.

    Attributes:
        taken_up: Argo CD has compared it since; otherwise what it says is old.
    """

    application: Object
    taken_up: bool

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.application["metadata"]["name"])

    @property
    def synced(self) -> bool:
        """Whether the cluster has now what Git says."""
        return self.taken_up and is_synced(self.application)


def choose_names(cluster: Cluster, settings: RepoSettings) -> list[str]:
    """Return the names of the Applications that render this repository.

    Raises:
        NotThere: There are none, or the cluster has no Argo CD.
    """
    found = [str(one["metadata"]["name"]) for one in find_applications(cluster, settings)]
    if not found:
        raise NotThere(f"no Application renders {settings.root}", path=cluster.name,
                       hint="sopsmith bootstrap, or name Applications")  # fmt: skip
    return found


def ask(cluster: Cluster, namespace: str, name: str) -> None:
    """Ask for a hard refresh: no cache of manifests, and no error of one.

    Raises:
        NotThere: There is no such Application.
    """
    change = {"metadata": {"annotations": {ANNOTATION: "hard"}}}
    cluster.patch(APPLICATION, name, namespace, change)


def refresh(names: Sequence[str], namespace: str, doors: Doors) -> Iterator[Refreshed]:
    """Ask for all of some Applications, then yield each as soon as it is known what came of it.

    Raises:
        NotThere: There is no such Application; those before it were asked for.
    """
    for name in names:
        ask(doors.cluster, namespace, name)
    until = doors.clock() + doors.limit
    for name in names:
        yield _wait(name, namespace, doors, until)


def repair(context: Context, finding: Finding) -> str:
    """Ask for a hard refresh of the Application that a finding is about, and do not wait."""
    namespace, _, name = finding.subject.removeprefix("Application ").partition("/")
    ask(context.cluster, namespace, name)
    return f"asked Argo CD to render it afresh; sopsmith refresh {name} waits for what comes of it"


def _wait(name: str, namespace: str, doors: Doors, until: float) -> Refreshed:
    while True:
        found = doors.cluster.find(APPLICATION, name, namespace)
        if found is None:
            raise NotThere("was deleted meanwhile", path=f"Application {namespace}/{name}")
        taken_up = ANNOTATION not in (found["metadata"].get("annotations") or {})
        left = until - doors.clock()
        if left <= 0 or (taken_up and _is_settled(found)):
            return Refreshed(found, taken_up)
        doors.pause(min(POLL, left))


def _is_settled(application: Object) -> bool:
    """Tell whether waiting longer changes nothing: Synced, an error, or nobody who syncs it."""
    done = is_synced(application) or bool(errors_of(application))
    return done or not _will_be_synced(application)


def _will_be_synced(application: Object) -> bool:
    """Tell whether Argo CD syncs it by itself; a commit twice only where it heals itself."""
    automated = ((application.get("spec") or {}).get("syncPolicy") or {}).get("automated")
    if automated is None or automated.get("enabled") is False:
        return False
    status = application.get("status") or {}
    operation = status.get("operationState") or {}
    last = _revisions(operation.get("syncResult"))
    again = any(last) and last == _revisions(status.get("sync"))
    return bool(automated.get("selfHeal")) or operation.get("phase") == "Running" or not again


def _revisions(found: Object | None) -> list[str]:
    one = found or {}
    return one.get("revisions") or [one.get("revision") or ""]


REPAIRS: dict[str, Repair] = {REFRESH: repair}
