"""Bring Argo CD to where it renders this repository: namespace, installation, Applications."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from sopsmith.errors import Conflict
from sopsmith.flows.applications import check_waves, plan_applications
from sopsmith.flows.argocd_install import check_install, install_folder
from sopsmith.flows.bootstrap_rights import Right, access
from sopsmith.flows.steps import BLOCKED, DONE, NEEDED, Looked
from sopsmith.kube.argocd_merge import merge, own_container
from sopsmith.kube.kinds import (
    APPLICATION,
    DEPLOYMENT,
    NAMESPACE,
    STATEFULSET,
    find_kind,
)  # fmt: skip
from sopsmith.repo.argocd_apps import build_root
from sopsmith.repo.argocd_install import build_install_files
from sopsmith.repo.argocd_settings import HELM, KUSTOMIZE
from sopsmith.repo.diagnosis import ERROR, UNKNOWN, Finding
from sopsmith.repo.kustomization import parse_documents

if TYPE_CHECKING:
    from sopsmith.flows.bootstrap_doors import Doors, Request
    from sopsmith.ports import Kind, Object
    from sopsmith.repo.settings import RepoSettings

ATTEMPTS = 5
"""Writes that are tried while others write the same object."""
_REPO_SERVER = "argocd-repo-server"
_WORKLOADS = (DEPLOYMENT, STATEFULSET)
"""What is patched, and never made."""
_MIGRATE = "docs/how-to/argocd.md: In a cluster that runs already"


class Home:
    """Argo CD's namespace is there."""

    name = "namespace"
    title = "namespace of Argo CD"

    def __init__(self, request: Request, doors: Doors) -> None:
        self._request = request
        self._doors = doors

    def rights(self) -> list[Right]:
        """Return those to the one namespace."""
        return access(("get", "create"), NAMESPACE, "", [self._name()])

    def check(self) -> Looked:
        """See whether it is there."""
        name = self._name()
        if self._doors.cluster.find(NAMESPACE, name) is not None:
            return Looked(DONE, f"{name} is there")
        return Looked(NEEDED, f"{name} is missing")

    def apply(self) -> None:
        """Make it."""
        # A conflict is somebody else's namespace of that name, which is what is wanted.
        with suppress(Conflict):
            self._doors.cluster.create(NAMESPACE, {"metadata": {"name": self._name()}})

    def _name(self) -> str:
        return self._doors.settings(self._request).argocd.namespace


class Installation:
    """Argo CD runs as the manifests in Git say."""

    name = "argocd"
    title = "Argo CD"

    def __init__(self, request: Request, doors: Doors) -> None:
        self._request = request
        self._doors = doors

    def rights(self) -> list[Right]:
        """Return those to what the manifests patch."""
        found: list[Right] = []
        for kind, one in self._patches():
            verbs = ["get"]
            if self._request.patch_argocd:
                verbs += ["update"] if kind in _WORKLOADS else ["create", "update"]
            found += access(verbs, kind, self._home(), [_name(one)])
        return found

    def check(self) -> Looked:
        """Compare Git with sopsmith.yaml, and what runs with Git."""
        doors, settings = self._doors, self._doors.settings(self._request)
        wrong = _errors(check_install(settings, doors.files, self._request.root))
        if wrong:
            return wrong
        cluster, patches = doors.cluster, self._patches()
        found = [(kind, one, self._find(kind, one)) for kind, one in patches]
        folder = install_folder(settings)
        for kind, one, present in found:
            if present is None and kind in _WORKLOADS:
                return Looked(
                    BLOCKED,
                    f"Argo CD does not run in {cluster.name}: no {_said(kind, one)} in "
                    f"namespace {self._home()}",
                    _install_command(settings, folder),
                )
        differs = [_said(kind, one) for kind, one, now in found if not _holds(now, one)]
        if not differs:
            return Looked(DONE, f"runs as {folder} says")
        why = f"{', '.join(differs)} in the cluster: not as {folder} says"
        if self._request.patch_argocd:
            return Looked(NEEDED, why)
        return Looked(BLOCKED, why, f"{_install_command(settings, folder)}, or --apply-argocd")

    def apply(self) -> None:
        """Merge the patches into what runs.

        Raises:
            Conflict: Others kept changing it.
        """
        for kind, one in self._patches():
            self._merge(kind, one)

    def _merge(self, kind: Kind, patch: Object) -> None:
        for _ in range(ATTEMPTS):
            found = self._find(kind, patch)
            if _holds(found, patch):
                return
            # Controllers write the status of what runs all the time.
            with suppress(Conflict):
                if found is None:
                    self._doors.cluster.create(kind, patch)
                else:
                    self._doors.cluster.replace(kind, merge(found, _fitted(patch, found)))
                return
        raise Conflict(f"was changed by others in each of {ATTEMPTS} attempts",
                       path=_said(kind, patch), hint="run it again")  # fmt: skip

    def _patches(self) -> list[tuple[Kind, Object]]:
        """Return the objects of the install folder, each with the namespace that it is in."""
        argocd = self._doors.settings(self._request).argocd
        if argocd.install == HELM:
            # Its containers and arguments have other names; what is sopsmith's fits both.
            argocd = replace(argocd, install=KUSTOMIZE, redis_tls=False)
        found = []
        for name, text in build_install_files(replace(argocd, base="")).items():
            if name == "kustomization.yaml":
                continue
            for one in parse_documents(text.encode(), name):
                assert isinstance(one, dict)
                kind = find_kind(one)
                assert kind is not None
                found.append((kind, merge(one, {"metadata": {"namespace": argocd.namespace}})))
        return found

    def _find(self, kind: Kind, patch: Object) -> Object | None:
        return self._doors.cluster.find(kind, _name(patch), self._home())

    def _home(self) -> str:
        return self._doors.settings(self._request).argocd.namespace


class Applications:
    """What brings the repository in is in the cluster, as Git has it."""

    name = "applications"
    title = "projects and Application of the platform"

    def __init__(self, request: Request, doors: Doors) -> None:
        self._request = request
        self._doors = doors

    def rights(self) -> list[Right]:
        """Return those to each of them by its name."""
        return [
            right
            for kind, one in self._wanted()
            for right in access(
                ("get", "create", "patch"), kind, one["metadata"]["namespace"], [_name(one)]
            )
        ]

    def check(self) -> Looked:
        """Compare Git with sopsmith.yaml, the waves with each other, and the cluster with Git."""
        request, doors = self._request, self._doors
        settings = doors.settings(request)
        one = replace(settings, environments=(request.scope(settings),))
        planned = plan_applications(one, doors.files, request.root)
        stale = [file.path for file in planned if file.news != "unchanged"]
        if stale:
            return Looked(
                BLOCKED,
                f"not as sopsmith.yaml says: {', '.join(stale)}",
                "sopsmith argocd applications, then commit and push",
            )
        wrong = _errors(check_waves(one, doors.inside, doors.folder_of))
        if wrong:
            return wrong
        return self._compare()

    def apply(self) -> None:
        """Apply them, the projects first."""
        for kind, one in self._wanted():
            self._doors.cluster.apply(kind, one)

    def _compare(self) -> Looked:
        differs = []
        for kind, one in self._wanted():
            found = self._doors.cluster.find(kind, _name(one), one["metadata"]["namespace"])
            if kind == APPLICATION and found is not None and not _prunes(found):
                # Somebody is moving the Secrets into an Application of their own.
                return Looked(
                    BLOCKED, f"{_said(kind, one)} stands and does not prune; that stays", _MIGRATE
                )
            if not _holds(found, one):
                differs.append(f"{_said(kind, one)} {'differs' if found else 'is missing'}")
        if differs:
            return Looked(NEEDED, ", ".join(differs))
        return Looked(DONE, "in the cluster as Git has them")

    def _wanted(self) -> list[tuple[Kind, Object]]:
        settings = self._doors.settings(self._request)
        found = []
        for one in build_root(settings, self._request.environment):
            kind = find_kind(one)
            assert kind is not None
            found.append((kind, one))
        return found


def _finding(one: Finding) -> str:
    return f"{one.subject}: {one.message}"


def _errors(findings: list[Finding]) -> Looked | None:
    """Return that a step is blocked by what is wrong in Git; None where nothing is."""
    wrong = [one for one in findings if one.level in {ERROR, UNKNOWN}]
    if not wrong:
        return None
    return Looked(BLOCKED, "; ".join(map(_finding, wrong)),
                  wrong[0].hint)  # fmt: skip


def _holds(found: Object | None, wanted: Object) -> bool:
    """Tell whether an object has everything that a patch would give it."""
    if found is None:
        return False
    merged = merge(found, _fitted(wanted, found))
    return _filled(merged) == _filled(found)


def _filled(value: object) -> object:
    """Return a value without what is empty: Argo CD leaves that out when it writes."""
    if isinstance(value, dict):
        filled = {key: _filled(part) for key, part in value.items()}
        return {key: part for key, part in filled.items() if part not in (None, False, "", [], {})}
    return [_filled(one) for one in value] if isinstance(value, list) else value


def _fitted(patch: Object, found: Object) -> Object:
    """Return a patch with the repo-server's container called as in what runs."""
    if patch.get("kind") != DEPLOYMENT.kind or _name(patch) != _REPO_SERVER:
        return patch
    spec = patch["spec"]["template"]["spec"]
    own = own_container(found)
    containers = [
        one | {"name": own} if one["name"] == _REPO_SERVER else one for one in spec["containers"]
    ]
    return merge(
        {**patch, "spec": {"template": {"spec": {**spec, "containers": []}}}},
        {"spec": {"template": {"spec": {"containers": containers}}}},
    )


def _prunes(found: Object) -> bool:
    automated = ((found.get("spec") or {}).get("syncPolicy") or {}).get("automated") or {}
    return bool(automated.get("prune"))


def _install_command(settings: RepoSettings, folder: str) -> str:
    if settings.argocd.install == HELM:
        home = settings.argocd.namespace
        return f"helm upgrade --install argocd argo/argo-cd -n {home} -f {folder}/values.yaml"
    if settings.argocd.install == KUSTOMIZE:
        return f"kubectl apply --server-side -k {folder}"
    return f"kubectl apply --server-side -f {folder}/argocd.yaml"


def _said(kind: Kind, one: Object) -> str:
    return f"{kind.kind} {_name(one)}"


def _name(one: Object) -> str:
    return str(one["metadata"]["name"])
