"""A cluster in memory, for the tests of flows; it holds to tests/contracts/cluster.py.

What it leaves out of a real API server: validation by kind, defaults, admission, watches,
finalizers, and a Namespace's content going with it.
"""

from __future__ import annotations

import base64
import builtins
import copy
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sopsmith.errors import Conflict, Denied, NotThere, Unreachable
from sopsmith.kube.kinds import NAMESPACE, SECRET, api_version, resource_name
from sopsmith.ports import Kind, Object

NAME = "fake (https://127.0.0.1:6443)"


class Call(NamedTuple):
    """One call: what RBAC would be asked."""

    verb: str
    resource: str
    namespace: str
    name: str


class FakeCluster:
    """`ports.Cluster` in memory.

    Args:
        namespaces: Those that are there from the start.
        without: Kinds that this cluster does not have.

    Attributes:
        calls: Every call so far, also those that were refused.
        objects: What is stored, by kind, namespace and name; tests may look and change.
        ahead: How far its clock is ahead of this machine's.
    """

    def __init__(
        self,
        namespaces: Iterable[str] = ("default", "kube-system", "argocd"),
        without: Iterable[Kind] = (),
    ) -> None:
        self.calls: list[Call] = []
        self.objects: dict[tuple[Kind, str, str], Object] = {}
        self.ahead = timedelta()
        self._applied: dict[tuple[Kind, str, str], Object] = {}
        self._without = frozenset(without)
        self._denied: list[tuple[str, str, str]] = []
        self._left: int | None = None
        self._version = 0
        for name in namespaces:
            self._put(NAMESPACE, {"metadata": {"name": name}})

    @property
    def name(self) -> str:
        """The context and server."""
        return NAME

    def deny(self, verb: str, kind: Kind | None = None, namespace: str | None = None) -> None:
        """Refuse a verb ("*": any) from now on, for a kind and namespace (None: any)."""
        resource = "*" if kind is None else resource_name(kind)
        self._denied.append((verb, resource, "*" if namespace is None else namespace))

    def allow_all(self) -> None:
        """Take back every `deny`."""
        self._denied.clear()

    def go_away(self, after: int = 0) -> None:
        """Be unreachable once so many more calls have been answered."""
        self._left = after

    def come_back(self) -> None:
        """Be reachable again."""
        self._left = None

    def put(self, kind: Kind, found: Object) -> Object:
        """Store an object as if somebody else had, past all refusals and conflicts."""
        return self._put(kind, found)

    def values(self, name: str, namespace: str) -> dict[str, bytes]:
        """Return what a Secret holds, decoded."""
        data = self.objects[(SECRET, namespace, name)].get("data", {})
        return {key: base64.b64decode(value) for key, value in data.items()}

    def find(self, kind: Kind, name: str, namespace: str = "") -> Object | None:
        """Return a copy of an object, or None."""
        namespace = _home(kind, namespace)
        self._ask("get", kind, namespace, name)
        return copy.deepcopy(self.objects.get((kind, namespace, name)))

    def list(self, kind: Kind, namespace: str = "", labels: str = "") -> builtins.list[Object]:
        """Return copies of objects, sorted by namespace and name."""
        self._ask("list", kind, namespace)
        self._demand_kind(kind)
        found = sorted(
            (key[1:], value)
            for key, value in self.objects.items()
            if key[0] == kind and namespace in {"", key[1]} and _selected(value, labels)
        )
        return [copy.deepcopy(value) for _, value in found]

    def create(self, kind: Kind, found: Object) -> Object:
        """Create an object."""
        name, namespace = _place(kind, found)
        self._ask("create", kind, namespace, name)
        self._demand_home(kind, namespace)
        if (kind, namespace, name) in self.objects:
            raise Conflict("there is one already", path=_said(kind, name, namespace))
        return self._put(kind, found)

    def replace(self, kind: Kind, found: Object) -> Object:
        """Replace an object that was read."""
        name, namespace = _place(kind, found)
        if not found["metadata"].get("resourceVersion"):
            raise ValueError("an object is replaced by what was read, with its resourceVersion")
        self._ask("update", kind, namespace, name)
        stored = self._demand(kind, name, namespace)["metadata"]
        if stored["resourceVersion"] != found["metadata"]["resourceVersion"]:
            raise Conflict("it has changed since it was read", path=_said(kind, name, namespace))
        return self._put(kind, found, stored)

    def apply(self, kind: Kind, found: Object) -> Object:
        """Create an object, or set the fields given and drop those applied before and no more.

        A list is one field here; a real server merges those whose items have a key.
        """
        name, namespace = _place(kind, found)
        self._ask("patch", kind, namespace, name)
        self._demand_home(kind, namespace)
        key = (kind, namespace, name)
        wanted = _encoded(kind, found)
        before = self.objects.get(key)
        stored = copy.deepcopy(before or {})
        for path in set(_leaves(self._applied.get(key, {}))) - set(_leaves(wanted)):
            _drop(stored, path)
        self._applied[key] = wanted
        return self._put(kind, _merged(stored, wanted), before["metadata"] if before else None)

    def patch(self, kind: Kind, name: str, namespace: str, change: Object) -> Object:
        """Merge a change into an object that must exist (RFC 7396)."""
        namespace = _home(kind, namespace)
        self._ask("patch", kind, namespace, name)
        stored = self._demand(kind, name, namespace)
        wanted = change.get("metadata", {}).get("resourceVersion")
        if wanted and wanted != stored["metadata"]["resourceVersion"]:
            raise Conflict("it has changed since it was read", path=_said(kind, name, namespace))
        return self._put(kind, _merged(copy.deepcopy(stored), change), stored["metadata"])

    def delete(self, kind: Kind, name: str, namespace: str = "") -> None:
        """Delete an object that must exist."""
        namespace = _home(kind, namespace)
        self._ask("delete", kind, namespace, name)
        self._demand(kind, name, namespace)
        del self.objects[(kind, namespace, name)]
        self._applied.pop((kind, namespace, name), None)

    def allows(self, verb: str, kind: Kind, namespace: str = "", name: str = "") -> bool:
        """Tell whether no `deny` stands against it."""
        self._count()
        return not self._refused(verb, resource_name(kind), namespace)

    def server_version(self) -> str:
        """Return a version."""
        self._count()
        return "v1.34.4"

    def server_time(self) -> datetime:
        """Return this machine's clock, with `ahead` on top."""
        self._count()
        return datetime.now(UTC).replace(microsecond=0) + self.ahead

    def _ask(self, verb: str, kind: Kind, namespace: str, name: str = "") -> None:
        resource = resource_name(kind)
        self.calls.append(Call(verb, resource, namespace, name))
        self._count()
        if self._refused(verb, resource, namespace):
            where = f" in namespace {namespace}" if namespace else ""
            raise Denied(f"not allowed to {verb} {resource}{where}", path=NAME)

    def _count(self) -> None:
        if self._left is None:
            return
        if self._left == 0:
            raise Unreachable("the API server does not answer", path=NAME)
        self._left -= 1

    def _refused(self, verb: str, resource: str, namespace: str) -> bool:
        asked = (verb, resource, namespace)
        return any(
            all(rule in {"*", word} for rule, word in zip(one, asked, strict=True))
            for one in self._denied
        )

    def _demand_kind(self, kind: Kind) -> None:
        if kind in self._without:
            raise NotThere(f"the cluster has no kind {kind.kind} ({api_version(kind)})", path=NAME)

    def _demand_home(self, kind: Kind, namespace: str) -> None:
        self._demand_kind(kind)
        if namespace and (NAMESPACE, "", namespace) not in self.objects:
            raise NotThere("there is no such namespace", path=f"namespace {namespace}")

    def _demand(self, kind: Kind, name: str, namespace: str) -> Object:
        self._demand_kind(kind)
        try:
            return self.objects[(kind, namespace, name)]
        except KeyError:
            raise NotThere("there is no such object", path=_said(kind, name, namespace)) from None

    def _put(self, kind: Kind, found: Object, before: Object | None = None) -> Object:
        self._version += 1
        name, namespace = _place(kind, found)
        stored: Object = {"apiVersion": api_version(kind), "kind": kind.kind}
        stored |= _encoded(kind, found)
        known = before or {"uid": f"00000000-0000-4000-8000-{self._version:012}"}
        stored["metadata"] |= {
            "uid": known["uid"],
            "creationTimestamp": known.get("creationTimestamp", "2026-11-24T00:00:00Z"),
            "resourceVersion": str(self._version),
        }
        self.objects[(kind, namespace, name)] = stored
        return copy.deepcopy(stored)


def _place(kind: Kind, found: Object) -> tuple[str, str]:
    metadata = found["metadata"]
    return metadata["name"], _home(kind, metadata.get("namespace", ""))


def _home(kind: Kind, namespace: str) -> str:
    """Return the namespace that an object is in; of some kinds it is in none."""
    if kind.namespaced and not namespace:
        raise ValueError(f"a {kind.kind} is in a namespace")
    return namespace if kind.namespaced else ""


def _said(kind: Kind, name: str, namespace: str) -> str:
    return f"{kind.kind} {namespace}/{name}" if namespace else f"{kind.kind} {name}"


def _encoded(kind: Kind, found: Object) -> Object:
    """Return a copy as the server stores it: of a Secret, `stringData` goes into `data`."""
    copied = copy.deepcopy(found)
    if kind == SECRET:
        texts = copied.pop("stringData", None) or {}
        data = dict(copied.pop("data", None) or {})
        data |= {key: base64.b64encode(text.encode()).decode() for key, text in texts.items()}
        copied |= {"data": data} if data else {}
        copied.setdefault("type", "Opaque")
    return copied


def _merged(stored: Object, change: Object) -> Object:
    for key, value in change.items():
        if value is None:
            stored.pop(key, None)
        elif isinstance(value, dict):
            below = stored.get(key)
            stored[key] = _merged(below if isinstance(below, dict) else {}, value)
        else:
            stored[key] = copy.deepcopy(value)
    return stored


def _leaves(found: Object, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for key, value in found.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, (*above, key))
        else:
            yield (*above, key)


def _drop(stored: Object, path: tuple[str, ...]) -> None:
    for part in path[:-1]:
        stored = stored.get(part, {})
    stored.pop(path[-1], None)


def _selected(found: Object, selector: str) -> bool:
    labels = found["metadata"].get("labels") or {}
    return all(_holds(labels, part.strip()) for part in selector.split(",") if part.strip())


def _holds(labels: Object, part: str) -> bool:
    """Tell whether one equality or existence requirement of a selector holds."""
    if "!=" in part:
        key, value = part.split("!=")
        return bool(labels.get(key.strip()) != value.strip())
    if "=" in part:
        key, value = part.replace("==", "=").split("=")
        return bool(labels.get(key.strip()) == value.strip())
    return part[1:].strip() not in labels if part.startswith("!") else part in labels
