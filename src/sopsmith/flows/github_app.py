"""Tell Argo CD how to read the repository as a GitHub App, before its first sync.

A mapping of `sopsmith.yaml` may deliver the credential through Git too. It is put in here all the
same: Argo CD cannot read from Git what it needs to read Git.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sopsmith.flows.steps import BLOCKED, DONE, NEEDED, Looked
from sopsmith.kube.kinds import SECRET
from sopsmith.kube.repo_creds import differences, stronger_credentials
from sopsmith.kube.secret import build_object
from sopsmith.repo.github_app import ID, TEMPLATE_NAME, GithubApp, find_github_app

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sopsmith.flows.steps import Step
    from sopsmith.formats.env_file import Variable
    from sopsmith.kube.secret import SecretManifest
    from sopsmith.ports import Cluster
    from sopsmith.repo.settings import RepoSettings

    Prove = Callable[[GithubApp], object]
    """Raises where GitHub does not accept the App."""


def build_steps(
    cluster: Cluster,
    settings: RepoSettings,
    variables: Sequence[Variable],
    environment: str,
    prove: Prove | None = None,
) -> list[Step]:
    """Return the one step of this module.

    Args:
        variables: Those of the `.env`, or what the Secrets in Git stand for.
        environment: Whose cluster it is.
        prove: Called before the Secrets are written, if given.
    """
    return [GithubAppStep(cluster, settings, variables, environment, prove)]


class GithubAppStep:
    """The Secrets that tell Argo CD of the GitHub App."""

    name = "github-app"
    title = "GitHub App by which Argo CD reads the repository"

    def __init__(
        self,
        cluster: Cluster,
        settings: RepoSettings,
        variables: Sequence[Variable],
        environment: str,
        prove: Prove | None = None,
    ) -> None:
        self._cluster = cluster
        self._settings = settings
        self._variables = variables
        self._environment = environment
        self._prove = prove

    def check(self) -> Looked:
        """Compare what is in the cluster with what the variables stand for."""
        app = self._find()
        if app is None:
            return self._unnamed()
        wrong: list[str] = []
        for wanted in app.secrets:
            found = self._cluster.find(SECRET, wanted.name, wanted.namespace)
            stronger = stronger_credentials(found or {})
            if stronger:
                return _stronger(wanted, stronger)
            if found is None:
                wrong.append(f"{_place(wanted)} is missing")
            elif names := differences(found, wanted):
                wrong.append(f"{_place(wanted)} differs in {', '.join(names)}")
        if wrong:
            return Looked(NEEDED, "; ".join(wrong))
        through = f", which the mapping {app.mapping} delivers too" if app.mapping else ""
        return Looked(DONE, f"{_place(app.secrets[0])} is as the variables say{through}")

    def apply(self) -> None:
        """Put the Secrets in, over the API alone."""
        app = self._find()
        if app is None:
            return
        if self._prove is not None:
            self._prove(app)
        for wanted in app.secrets:
            self._cluster.apply(SECRET, build_object(wanted))

    def _find(self) -> GithubApp | None:
        return find_github_app(self._variables, self._settings, self._environment)

    def _unnamed(self) -> Looked:
        home = self._settings.argocd.namespace
        if self._cluster.find(SECRET, TEMPLATE_NAME, home) is not None:
            return Looked(DONE, f"Secret {home}/{TEMPLATE_NAME} is there; no {ID} to compare with")
        return Looked(DONE, f"not asked for: no {ID}, so Argo CD must read the repository without")


def _place(wanted: SecretManifest) -> str:
    return f"Secret {wanted.namespace}/{wanted.name}"


def _stronger(wanted: SecretManifest, names: list[str]) -> Looked:
    return Looked(
        BLOCKED,
        f"{_place(wanted)} holds {', '.join(names)} too, which Argo CD takes in the App's place",
        f"kubectl -n {wanted.namespace} delete secret {wanted.name}, if nobody needs it",
    )
