"""Ask for what a step may do before it does it, and write the RBAC that grants just that."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from sopsmith.flows.steps import BLOCKED, NEEDED, Looked, Step
from sopsmith.kube.kinds import resource_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sopsmith.ports import Cluster, Kind, Object

NAME = "sopsmith-bootstrap"
"""What the roles and their bindings are called."""
_GROUP = "rbac.authorization.k8s.io"


class Right(NamedTuple):
    """One thing that RBAC may allow.

    Attributes:
        namespace: "" for a kind that is in none.
        name: Of the one object; "" for all, as what is not there yet cannot be named.
    """

    verb: str
    kind: Kind
    namespace: str = ""
    name: str = ""

    def __str__(self) -> str:
        where = f" in namespace {self.namespace}" if self.namespace else ""
        which = f" {self.name}" if self.name else ""
        return f"{self.verb} {resource_name(self.kind)}{which}{where}"


class ClusterStep(Step, Protocol):
    """A step that needs rights in the cluster."""

    def rights(self) -> list[Right]:
        """Return every right that its check and its apply may need."""


class Guarded:
    """A step of the cluster that is blocked, before it writes, where a right is missing."""

    def __init__(self, step: ClusterStep, cluster: Cluster, command: str) -> None:
        self._step = step
        self._cluster = cluster
        self._command = command

    @property
    def name(self) -> str:
        """The step's own."""
        return self._step.name

    @property
    def title(self) -> str:
        """The step's own."""
        return self._step.title

    def rights(self) -> list[Right]:
        """Return the step's own."""
        return self._step.rights()

    def check(self) -> Looked:
        """See how the step stands; where it is needed, also whether it may be done."""
        seen = self._step.check()
        if seen.state != NEEDED:
            return seen
        missing = [str(one) for one in self._step.rights() if not self._allowed(one)]
        if not missing:
            return seen
        return Looked(
            BLOCKED, f"{seen.why}; not allowed to {', nor to '.join(missing)}", self._command
        )

    def apply(self) -> None:
        """Do what is needed."""
        self._step.apply()

    def _allowed(self, right: Right) -> bool:
        return self._cluster.allows(right.verb, right.kind, right.namespace, right.name)


def access(
    verbs: Sequence[str], kind: Kind, namespace: str = "", names: Sequence[str] = ()
) -> list[Right]:
    """Return rights to objects by their names; to create, which has no name yet, to any."""
    found = [Right("create", kind, namespace)] if "create" in verbs else []
    return found + [
        Right(verb, kind, namespace, name) for verb in verbs if verb != "create" for name in names
    ]


def build_rbac(rights: Sequence[Right], user: str) -> list[Object]:
    """Return roles that grant exactly these rights, and bind a user to them.

    A role a namespace, and one for what is in none.
    """
    return [
        made
        for namespace in sorted({one.namespace for one in rights})
        for made in _role(namespace, [r for r in rights if r.namespace == namespace], user)
    ]


def _role(namespace: str, rights: list[Right], user: str) -> list[Object]:
    prefix = "" if namespace else "Cluster"
    metadata = {"name": NAME} | ({"namespace": namespace} if namespace else {})
    head = {"apiVersion": f"{_GROUP}/v1"}
    return [
        head | {"kind": f"{prefix}Role", "metadata": metadata, "rules": _rules(rights)},
        head
        | {
            "kind": f"{prefix}RoleBinding",
            "metadata": metadata,
            "subjects": [{"apiGroup": _GROUP, "kind": "User", "name": user}],
            "roleRef": {"apiGroup": _GROUP, "kind": f"{prefix}Role", "name": NAME},
        },
    ]


def _rules(rights: list[Right]) -> list[Object]:
    """Return one rule for all objects of a kind that may be done the same with."""
    verbs: dict[tuple[Kind, str], list[str]] = {}
    for one in dict.fromkeys(rights):
        verbs.setdefault((one.kind, one.name), []).append(one.verb)
    names: dict[tuple[Kind, tuple[str, ...]], list[str]] = {}
    for (kind, name), allowed in verbs.items():
        names.setdefault((kind, tuple(sorted(allowed))), []).append(name)
    return [
        {"apiGroups": [kind.group], "resources": [kind.plural]}
        | ({"resourceNames": sorted(found)} if all(found) else {})
        | {"verbs": list(allowed)}
        for (kind, allowed), found in sorted(names.items())
    ]
