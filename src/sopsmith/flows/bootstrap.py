"""Make a cluster able to decrypt what is in Git: the steps of `sopsmith bootstrap`, in order.

`doctor` and `status` run the checks of the same steps, so that they cannot disagree with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sopsmith.errors import OutsideError, UsageError
from sopsmith.flows import bucket, github_app
from sopsmith.flows.bootstrap_argocd import Applications, Home, Installation
from sopsmith.flows.bootstrap_delivery import Delivery
from sopsmith.flows.bootstrap_keys import Backed, Identity, Injection
from sopsmith.flows.bootstrap_rights import Guarded, Right, access, build_rbac
from sopsmith.flows.steps import BLOCKED, DONE, NEEDED, Looked, apply_steps
from sopsmith.kube.kinds import NAMESPACE, SECRET
from sopsmith.repo.contexts import find_environment, refuse_other
from sopsmith.repo.github_app import TEMPLATE_NAME, find_github_app
from sopsmith.repo.settings import FILE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sopsmith.flows.bootstrap_doors import Doors, Request
    from sopsmith.flows.bootstrap_rights import ClusterStep
    from sopsmith.flows.steps import Step
    from sopsmith.ports import Object
    from sopsmith.repo.settings import RepoSettings


def build_steps(request: Request, doors: Doors) -> list[Step]:
    """Return the steps for one environment and its cluster, in the order in which they go.

    Nothing is looked at yet but sopsmith.yaml.

    Raises:
        UsageError: There is no such environment.
        LayoutError: sopsmith.yaml cannot be read.
    """
    request.scope(doors.settings(request))

    def guard(step: ClusterStep) -> Step:
        return Guarded(step, doors.cluster, request.rbac_command)

    return [
        *doors.tools,
        guard(Home(request, doors)),
        guard(_GithubApp(request, doors)),
        Group("bucket", "place for backups", lambda: _bucket(request, doors)),
        Identity(request, doors),
        guard(Injection(request, doors)),
        Backed(request, doors),
        guard(Installation(request, doors)),
        guard(Applications(request, doors)),
        guard(Delivery(request, doors)),
    ]


def choose_environment(settings: RepoSettings, named: str, context: str) -> str:
    """Return the environment that is meant: the named one, that of the context, or the only one.

    Raises:
        UsageError: Nothing says which.
    """
    names = [scope.name for scope in settings.environments]
    found = [scope.name for scope in settings.environments if scope.context == context != ""]
    if named or len(found) == 1 or len(names) == 1:
        return named or (found or names)[0]
    raise UsageError(
        "nothing says whose cluster it is", hint=f"--environment NAME, one of {', '.join(names)}"
    )


def choose_context(
    settings: RepoSettings, environment: str, named: str, server_of: Callable[[str], str]
) -> str:
    """Return the kubeconfig context of an environment; "" where nothing says which it is.

    Args:
        named: By the user; "" for that of sopsmith.yaml.
        server_of: Returns the address behind a context; "" for one that is not known here.

    Raises:
        UsageError: There is no such environment, or it is not the context that it is tied to,
            or it leads to the cluster that another one is tied to.
    """
    scope = find_environment(settings, environment)
    refuse_other(scope, named)
    own = scope.context
    if own or not named:
        return own
    for other in settings.environments:
        context = other.context
        if context and (named == context or server_of(named) == server_of(context) != ""):
            raise UsageError(
                f"the context {named} leads to the cluster of {other.name}, by {FILE}: it must "
                f"not get the identity of {environment}",
                hint=f"name the context of {environment}: --context NAME",
            )
    return named


def plan_rbac(steps: Sequence[Step], user: str, home: str) -> list[Object]:
    """Return Argo CD's namespace, and roles with what these steps need of a cluster.

    The namespace is part of it, since a role can stand only in one that is there; so nobody
    who has these roles must be able to make namespaces.
    """
    rights = [right for step in steps if isinstance(step, Guarded) for right in step.rights()]
    granted = [one for one in rights if one != Right("create", NAMESPACE)]
    made = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": home}}
    return [made, *build_rbac(granted, user)]


class Group:
    """Several steps that people see as one."""

    def __init__(self, name: str, title: str, build: Callable[[], list[Step]]) -> None:
        self.name = name
        self.title = title
        self._build = build

    def check(self) -> Looked:
        """Say what keeps the first of them from being done, or that all are."""
        seen = [step.check() for step in self._build()]
        for state in (BLOCKED, NEEDED):
            found = [one for one in seen if one.state == state]
            if found:
                return Looked(state, "; ".join(one.why for one in found), found[0].hint)
        return Looked(DONE, "; ".join(one.why for one in seen))

    def apply(self) -> None:
        """Do them one after the other.

        Raises:
            OutsideError: One of them is not done then.
        """
        for result in apply_steps(self._build(), lambda _step: None):
            if result.state != DONE:
                seen = result.after or result.before
                raise OutsideError(seen.why, hint=seen.hint or None)


class _GithubApp:
    """The step of the GitHub App, with the rights that it needs."""

    name = github_app.GithubAppStep.name
    title = github_app.GithubAppStep.title

    def __init__(self, request: Request, doors: Doors) -> None:
        self._request = request
        self._doors = doors

    def check(self) -> Looked:
        """See how it stands."""
        return self._step().check()

    def apply(self) -> None:
        """Put the Secrets in."""
        self._step().apply()

    def rights(self) -> list[Right]:
        """Return those to its Secrets."""
        settings = self._doors.settings(self._request)
        app = find_github_app(self._doors.variables(), settings, self._request.environment)
        if app is None:
            return access(["get"], SECRET, settings.argocd.namespace, [TEMPLATE_NAME])
        return [
            right
            for one in app.secrets
            for right in access(["get", "create", "patch"], SECRET, one.namespace, [one.name])
        ]

    def _step(self) -> Step:
        doors, environment = self._doors, self._request.environment
        settings = doors.settings(self._request)
        (step,) = github_app.build_steps(doors.cluster, settings, doors.variables(), environment)
        return step


def _bucket(request: Request, doors: Doors) -> list[Step]:
    backup = doors.settings(request).backup
    return bucket.build_steps(doors.place(), backup.retention_days)
