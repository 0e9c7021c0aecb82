"""Wait until the Secrets that Git promises are in the cluster, and say what keeps them away."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from sopsmith.errors import Denied, Error, NotThere
from sopsmith.flows.bootstrap_rights import Right, access
from sopsmith.flows.doctor_sync import context_of, examine
from sopsmith.flows.steps import DONE, NEEDED, Looked
from sopsmith.kube.kinds import APPLICATION, SECRET
from sopsmith.kube.ksops import NEEDS_HASH
from sopsmith.kube.lists import members
from sopsmith.repo.argocd_apps import BOOTSTRAP, SECRETS
from sopsmith.repo.diagnosis import ERROR, Finding, from_error
from sopsmith.repo.kustomization import parse_documents
from sopsmith.repo.manifests import SUFFIX
from sopsmith.repo.settings import CORE

if TYPE_CHECKING:
    from sopsmith.flows.bootstrap_doors import Doors, Request

POLL = 3.0
"""Seconds between two looks at the Secrets."""
REMIND = 30.0
"""Seconds after which a person is told again, where nothing has changed."""
_SHOWN = 3


class Delivery:
    """The Secrets that Git promises are in the cluster, with every key.

    Argo CD is not believed: in some releases its waves pass before what they wait for is there.
    """

    name = "wait"
    title = "Secrets in the cluster"

    def __init__(self, request: Request, doors: Doors) -> None:
        self._request = request
        self._doors = doors

    def rights(self) -> list[Right]:
        """Return those to read each Secret by its name, and the Applications."""
        found: list[Right] = []
        for namespace, name in self._promised():
            found += access(("get",), SECRET, namespace, [name])
        home = self._doors.settings(self._request).argocd.namespace
        return found + access(("get",), APPLICATION, home, [BOOTSTRAP, SECRETS])

    def check(self) -> Looked:
        """Look for each of them."""
        promised = self._promised()
        missing = self._missing(promised)
        if not missing:
            return Looked(DONE, f"{len(promised)} of {len(promised)} that Git promises")
        shown = ", ".join(missing[:_SHOWN]) + (", …" if len(missing) > _SHOWN else "")
        why = f"{len(missing)} of {len(promised)} that Git promises are missing: {shown}"
        said = self._explain()
        hint = said[0].hint if said else "commit and push; then sopsmith doctor"
        return Looked(NEEDED, "; ".join([why, *map(_finding, said)]), hint)

    def apply(self) -> None:
        """Wait until all are there, or the time is up; the check says what came of it."""
        promised = self._promised()
        until = self._doors.now().timestamp() + self._request.wait
        last, said = "", self._request.wait
        while missing := self._missing(promised):
            left = until - self._doors.now().timestamp()
            if left <= 0:
                return
            words = f"for {len(missing)} of {len(promised)} Secrets"
            words = "; ".join([words, *map(_finding, self._explain())])
            if words != last or said - left >= REMIND:
                self._doors.say(f"waiting {left:.0f} s more {words}")
                last, said = words, left
            self._doors.pause(min(POLL, left))

    def _missing(self, promised: dict[tuple[str, str], set[str]]) -> list[str]:
        missing = []
        for (namespace, name), keys in promised.items():
            found = self._doors.cluster.find(SECRET, name, namespace)
            lacks = sorted(keys.difference((found or {}).get("data") or {}))
            if found is None:
                missing.append(f"{namespace}/{name}")
            elif lacks:
                missing.append(f"{namespace}/{name} without {', '.join(lacks)}")
        return missing

    def _promised(self) -> dict[tuple[str, str], set[str]]:
        """Return namespace, name and keys of every Secret; all of it stands in clear in Git."""
        settings = self._doors.settings(self._request)
        found: dict[tuple[str, str], set[str]] = {}
        # The environment's Secret comes last, as it takes the place of core's of its name.
        for scope in (CORE, self._request.environment):
            folder = os.path.join(self._request.root, settings.secrets_folder(scope))
            for name in self._doors.files.names(folder):
                if name.endswith(SUFFIX):
                    found |= self._read(os.path.join(folder, name), settings.namespace)
        return found

    def _read(self, path: str, namespace: str) -> dict[tuple[str, str], set[str]]:
        found = {}
        for top in parse_documents(self._doors.files.read(path), path):
            for one in members(top) if isinstance(top, dict) else ():
                metadata = _mapping(one, "metadata")
                # kustomize appends a hash to such a name, so it cannot be asked for.
                hashed = NEEDS_HASH in _mapping(metadata, "annotations")
                if one.get("kind") == "Secret" and not hashed:
                    place = str(metadata.get("namespace") or namespace), str(metadata.get("name"))
                    found[place] = {*_mapping(one, "data"), *_mapping(one, "stringData")}
        return found

    def _explain(self) -> list[Finding]:
        """Return why the Applications are not synced, in the words of `doctor`."""
        home = self._doors.settings(self._request).argocd.namespace
        found: list[Finding] = []
        for name in (BOOTSTRAP, SECRETS):
            try:
                one = self._doors.cluster.find(APPLICATION, name, home)
            except (Denied, NotThere) as error:
                return [*found, from_error("application", f"Application {home}/{name}", error)]
            if one is None:
                place = f"Application {home}/{name}"
                return [*found, Finding("application", ERROR, place, "is not there yet")]
            found += examine(one, context_of(self._doors.cluster), self._at_hand)
        return found

    def _at_hand(self, paths: tuple[str, ...]) -> str:
        """Return the first of some paths at which the repository has a file; "" for none."""
        for path in paths:
            with suppress(Error):
                if self._doors.inside.find(path) is not None:
                    return path
        return ""


def _finding(one: Finding) -> str:
    return f"{one.subject}: {one.message}"


def _mapping(one: dict[str, object], field: str) -> dict[str, object]:
    found = one.get(field)
    return found if isinstance(found, dict) else {}
