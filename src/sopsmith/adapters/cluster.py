"""Read and change the objects of a real cluster over its API.

Messages of the API server are never passed on: those of validation and of admission quote
what they refuse, and that may be a Secret's value. Reasons, kinds and field names are.

Source: Kubernetes apimachinery pkg/apis/meta/v1 (Status, StatusReason) and
"Kubernetes API Concepts" (paths, chunks, server-side apply).
"""

from __future__ import annotations

import base64
import builtins
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sopsmith.adapters.kube_http import Reply, Wire
from sopsmith.adapters.kubeconfig import read_access
from sopsmith.errors import Conflict, Denied, Error, ManifestError, NotThere, Unreachable
from sopsmith.kube.kinds import SECRET, api_version, resource_name

if TYPE_CHECKING:
    from datetime import datetime

    from sopsmith.adapters.environment import Settings
    from sopsmith.adapters.kubeconfig import Access
    from sopsmith.ports import Kind, Object

MANAGER = "sopsmith"
"""Who owns the fields that are set here, in `metadata.managedFields`."""
_MERGE = "application/merge-patch+json"
_APPLY = "application/apply-patch+yaml"
_CHUNK = 500
_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


def open_cluster(context: str | None, settings: Settings) -> RealCluster:
    """Return the cluster of a kubeconfig context, the current one unless named; asks it nothing.

    Raises:
        NotThere: There is no such context; the hint has those that there are.
        OutsideError: The kubeconfig cannot be read or used.
    """
    access = read_access(context, settings)
    return RealCluster(access, Wire(access, settings))


class RealCluster:
    """`ports.Cluster` over one API server."""

    def __init__(self, access: Access, wire: Wire) -> None:
        self._access = access
        self._wire = wire

    def __repr__(self) -> str:
        return f"<RealCluster {self.name}>"

    @property
    def name(self) -> str:
        """The context and its server."""
        return f"{self._access.context} ({self._access.server})"

    def find(self, kind: Kind, name: str, namespace: str = "") -> Object | None:
        """Return an object, or None where it is proven that there is none."""
        reply = self._wire.send("GET", _path(kind, namespace, name))
        if reply.status == 404 and (_is_status(reply) or not self._serves(kind)):
            return None
        return self._demand(reply, "get", kind, name, namespace)

    def list(self, kind: Kind, namespace: str = "", labels: str = "") -> builtins.list[Object]:
        """Return objects, read in chunks."""
        query = {"limit": str(_CHUNK)} | ({"labelSelector": labels} if labels else {})
        found: builtins.list[Object] = []
        while True:
            reply = self._wire.send("GET", _path(kind, namespace, one=False), query)
            if reply.status == 410 and "continue" in query:
                # The chunks are of a state that the server has forgotten: all at once, then.
                found, query = [], {name: query[name] for name in query if name == "labelSelector"}
                continue
            body = self._demand(reply, "list", kind, "", namespace)
            found += body.get("items") or []
            following = body.get("metadata", {}).get("continue")
            if not following:
                # In a list the items do not say what they are.
                said = {"apiVersion": api_version(kind), "kind": kind.kind}
                return [said | one for one in found]
            query["continue"] = following

    def create(self, kind: Kind, found: Object) -> Object:
        """Create an object."""
        return self._write("POST", kind, found, {})

    def replace(self, kind: Kind, found: Object) -> Object:
        """Replace an object that was read."""
        if not found["metadata"].get("resourceVersion"):
            raise ValueError("an object is replaced by what was read, with its resourceVersion")
        return self._write("PUT", kind, found, {})

    def apply(self, kind: Kind, found: Object) -> Object:
        """Create an object or change the fields given, whoever set them before."""
        return self._write("PATCH", kind, _without_texts(kind, found), {"force": "true"}, _APPLY)

    def patch(self, kind: Kind, name: str, namespace: str, change: Object) -> Object:
        """Merge a change into an object that must exist."""
        path = _path(kind, namespace, name)
        query = {"fieldManager": MANAGER}
        reply = self._wire.send("PATCH", path, query, change, _MERGE)
        return self._demand(reply, "patch", kind, name, namespace)

    def delete(self, kind: Kind, name: str, namespace: str = "") -> None:
        """Delete an object that must exist; what it owns goes with it."""
        options = {"propagationPolicy": "Background"}
        reply = self._wire.send("DELETE", _path(kind, namespace, name), options)
        self._demand(reply, "delete", kind, name, namespace)

    def allows(self, verb: str, kind: Kind, namespace: str = "", name: str = "") -> bool:
        """Ask the API server whether RBAC lets us do something."""
        asked = {
            "verb": verb,
            "group": kind.group,
            "resource": kind.plural,
            "namespace": namespace,
            "name": name,
        }
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": {key: value for key, value in asked.items() if value}},
        }
        path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
        reply = self._wire.send("POST", path, body=review)
        if reply.status != 201 or reply.body is None:
            raise self._error(reply, "ask", "what it may do", None)
        return bool(reply.body.get("status", {}).get("allowed"))

    def server_version(self) -> str:
        """Return the API server's version."""
        reply = self._wire.send("GET", "/version")
        if reply.status != 200 or reply.body is None:
            raise self._error(reply, "get", "/version", None)
        return str(reply.body.get("gitVersion", ""))

    def server_time(self) -> datetime:
        """Return the API server's clock, by the header of an answer that no cache may give."""
        self._wire.send("GET", "/readyz")
        try:
            found = parsedate_to_datetime(self._wire.date)
        except ValueError:
            raise self._unlike() from None
        return found if found.tzinfo else found.replace(tzinfo=UTC)

    def _write(
        self,
        method: str,
        kind: Kind,
        found: Object,
        query: dict[str, str],
        content_type: str = "application/json",
    ) -> Object:
        metadata = found["metadata"]
        name, namespace = metadata["name"], metadata.get("namespace", "")
        body = {"apiVersion": api_version(kind), "kind": kind.kind} | found
        path = _path(kind, namespace, "" if method == "POST" else name)
        query = query | {"fieldManager": MANAGER}
        reply = self._wire.send(method, path, query, body, content_type)
        return self._demand(reply, _VERBS[method], kind, name, namespace)

    def _demand(self, reply: Reply, verb: str, kind: Kind, name: str, namespace: str) -> Object:
        """Return the object of a good answer.

        Raises:
            Error: The one that the answer means.
        """
        if reply.status in {200, 201, 202} and reply.body is not None:
            return reply.body
        if reply.status == 404 and not _is_status(reply) and not self._serves(kind):
            raise self._no_kind(kind)
        where = f" in namespace {namespace}" if namespace else ""
        resource = resource_name(kind)
        subject = f"{resource}{where}"
        place = _place(kind, namespace, name)
        if reply.status == 404 and _is_status(reply):
            raise self._missing(reply, kind, place, namespace)
        hint = f"kubectl --context {self._access.context} auth can-i {verb} {resource}"
        hint += f" --namespace {namespace}" if namespace else ""
        raise self._error(reply, verb, subject, hint).at(place)

    def _missing(self, reply: Reply, kind: Kind, place: str, namespace: str) -> Error:
        details = _details(reply)
        if details.get("kind") == "namespaces" and namespace:
            return NotThere("there is no such namespace", path=f"namespace {namespace}")
        if not details.get("name"):
            return self._no_kind(kind)
        return NotThere("there is no such object", path=place)

    def _no_kind(self, kind: Kind) -> NotThere:
        message = f"the cluster has no kind {kind.kind} ({api_version(kind)})"
        return NotThere(message, path=self.name)

    def _serves(self, kind: Kind) -> bool:
        """Tell whether the cluster has a kind, by its own lists.

        A 404 without a Status comes from the API server for kinds that it does not have, and
        from anything else that may stand at the address.
        """
        version = api_version(kind)
        groups = self._listed("/apis", "APIGroupList", "groups")
        versions = [one.get("groupVersion") for group in groups for one in group["versions"]]
        if kind.group and version not in versions:
            return False
        path = f"/apis/{version}" if kind.group else f"/api/{version}"
        resources = self._listed(path, "APIResourceList", "resources")
        return kind.plural in {one.get("name") for one in resources}

    def _listed(self, path: str, said: str, field: str) -> builtins.list[Object]:
        reply = self._wire.send("GET", path)
        if reply.status != 200 or reply.body is None or reply.body.get("kind") != said:
            raise self._unlike()
        return reply.body.get(field) or []

    def _unlike(self) -> Unreachable:
        return Unreachable("what answers is not the Kubernetes API", path=self._access.server)

    def _error(self, reply: Reply, verb: str, subject: str, hint: str | None) -> Error:
        """Return what an answer that is no success means."""
        reason = str((reply.body or {}).get("reason") or "")
        if reply.status == 401:
            return Denied(f"the API server does not accept the credentials to {verb} {subject}")
        if not _is_status(reply):
            return self._unlike()
        if reply.status == 403:
            return _forbidden(reply, verb, subject, hint)
        if reply.status == 409:
            taken = reason == "AlreadyExists"
            return Conflict("there is one already" if taken else "it has changed since it was read")
        if reply.status in {400, 413, 415, 422}:
            return ManifestError(f"the API server does not accept it: {_fields(reply)}")
        return Unreachable(
            f"the API server failed to {verb} {subject}: HTTP {reply.status} {reason}"
        )


def _path(kind: Kind, namespace: str, name: str = "", *, one: bool = True) -> str:
    if one and kind.namespaced and not namespace:
        raise ValueError(f"a {kind.kind} is in a namespace")
    parts = ["apis", kind.group, kind.version] if kind.group else ["api", kind.version]
    parts += ["namespaces", namespace] if namespace and kind.namespaced else []
    parts += [kind.plural, *([name] if name else [])]
    return "/" + "/".join(quote(part, safe="") for part in parts)


def _place(kind: Kind, namespace: str, name: str) -> str:
    return f"{kind.kind} {'/'.join(part for part in (namespace, name) if part)}".strip()


def _is_status(reply: Reply) -> bool:
    return reply.body is not None and reply.body.get("kind") == "Status"


def _details(reply: Reply) -> dict[str, Any]:
    return (reply.body or {}).get("details") or {}


def _forbidden(reply: Reply, verb: str, subject: str, hint: str | None) -> Error:
    """Tell RBAC's refusal from admission's, which has the same code."""
    causes = {one.get("reason") for one in _details(reply).get("causes") or []}
    if "NamespaceTerminating" in causes:
        return Conflict("its namespace is being deleted")
    # RBAC's message is the one that says what the user cannot do.
    if " cannot " in str((reply.body or {}).get("message")):
        return Denied(f"not allowed to {verb} {subject}", hint=hint)
    return Denied(f"an admission check of the cluster refuses to {verb} {subject}")


def _fields(reply: Reply) -> str:
    """Return which fields are wrong and how, without what stands in them."""
    causes = _details(reply).get("causes") or []
    said = [f"{one.get('field', '')}: {one.get('reason', '')}".strip(": ") for one in causes]
    return ", ".join(one for one in said if one) or str((reply.body or {}).get("reason") or "")


def _without_texts(kind: Kind, found: Object) -> Object:
    """Return a Secret with `stringData` encoded into `data`.

    The server owns fields by the names that were sent: of a text applied as `stringData` it
    forgets who set it, and would keep it when a later apply leaves it out.
    """
    if kind != SECRET or "stringData" not in found:
        return found
    texts = {
        key: base64.b64encode(text.encode()).decode() for key, text in found["stringData"].items()
    }
    rest = {key: value for key, value in found.items() if key != "stringData"}
    return rest | {"data": {**(found.get("data") or {}), **texts}}
