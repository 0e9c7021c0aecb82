"""Argo CD's credential is put in as it must be, and only where it is not so yet."""

from __future__ import annotations

import pytest
from tests.fakes.cluster import FakeCluster
from tests.github import REPOSITORY, pem_of, private_key, variables, wrapped

from sopsmith.errors import Denied, EnvFileError, LayoutError, ManifestError
from sopsmith.flows.github_app import build_steps
from sopsmith.flows.steps import BLOCKED, DONE, NEEDED, Step, look
from sopsmith.formats.env_file import Variable
from sopsmith.kube.kinds import SECRET
from sopsmith.repo.github_app import ENTERPRISE, find_github_app
from sopsmith.repo.settings import RepoSettings, parse_settings
from sopsmith.secret import Secret

PEM = pem_of(private_key())
BASE = """\
version: 1
environments: {prod: {prefix: PROD_, recipients: []}}
argocd: {repository: %s}
"""
MAPPED = """\
secrets:
  - name: app-of-git
    data: {type: GIT_TYPE, url: GIT_URL, githubAppID: GIT_APP_ID,
           githubAppInstallationID: GIT_APP_INSTALLATION_ID,
           githubAppPrivateKey: GIT_APP_PRIVATE_KEY}
    namespace: argocd
    labels: {argocd.argoproj.io/secret-type: repo-creds}
"""
GIT = [
    Variable("GIT_TYPE", Secret(b"git")),
    Variable("GIT_URL", Secret(b"https://github.com/acme/")),
]


def settings_of(repository: str = REPOSITORY, more: str = "") -> RepoSettings:
    return parse_settings((BASE % repository + more).encode(), "sopsmith.yaml")


def step_of(
    cluster: FakeCluster, given: list[Variable] | None = None, settings: RepoSettings | None = None
) -> Step:
    given = variables() if given is None else given
    (step,) = build_steps(cluster, settings or settings_of(), given, "prod")
    return step


def test_the_secrets_are_those_that_argo_cd_reads() -> None:
    cluster = FakeCluster()
    step = step_of(cluster)
    assert step.check().state == NEEDED
    step.apply()
    assert cluster.values("github-app", "argocd") == {
        "type": b"git",
        "url": b"https://github.com/acme/",
        "githubAppID": b"12345",
        "githubAppInstallationID": b"67890",
        "githubAppPrivateKey": PEM,
    }
    label = "argocd.argoproj.io/secret-type"
    found = cluster.objects[(SECRET, "argocd", "github-app")]
    assert found["metadata"]["labels"] == {label: "repo-creds"}
    assert cluster.values("platform-repository", "argocd") == {
        "type": b"git",
        "url": REPOSITORY.encode(),
    }
    assert step.check().state == DONE


def test_what_differs_is_named_and_never_shown() -> None:
    cluster = FakeCluster()
    step_of(cluster).apply()
    other = variables(pem_of(private_key(3072)))
    seen = step_of(cluster, other).check()
    assert (seen.state, seen.why) == (
        NEEDED,
        "Secret argocd/github-app differs in githubAppPrivateKey",
    )


def test_a_secret_without_the_label_is_not_done() -> None:
    cluster = FakeCluster()
    step = step_of(cluster)
    step.apply()
    del cluster.objects[(SECRET, "argocd", "github-app")]["metadata"]["labels"]
    assert "differs in argocd.argoproj.io/secret-type" in step.check().why


def test_a_password_beside_it_blocks_since_argo_cd_would_take_that() -> None:
    cluster = FakeCluster()
    step = step_of(cluster)
    step.apply()
    cluster.patch(SECRET, "github-app", "argocd", {"data": {"password": "bWFkZS11cA=="}})
    assert step.check().state == BLOCKED


def test_without_variables_nothing_is_asked_for_and_nothing_done() -> None:
    cluster = FakeCluster()
    step = step_of(cluster, [])
    assert step.check().state == DONE
    step.apply()
    assert [call.verb for call in cluster.calls] == ["get"]


def test_a_key_in_base64_arrives_as_pem() -> None:
    cluster = FakeCluster()
    step_of(cluster, variables(wrapped(PEM))).apply()
    assert cluster.values("github-app", "argocd")["githubAppPrivateKey"] == PEM


def test_an_environments_own_app_goes_before_the_shared_one() -> None:
    own = [
        one._replace(value=Secret(b"777")) if "APP_ID" in one.name else one
        for one in variables(prefix="PROD_")
    ]
    app = find_github_app([*variables(), *own], settings_of(), "prod")
    assert app is not None
    assert app.credential.app_id == "777"


def test_an_enterprise_is_asked_at_its_own_address() -> None:
    named = Variable(ENTERPRISE, Secret(b"https://ghe.acme.example/api/v3"))
    settings = settings_of("https://ghe.acme.example/a/b")
    app = find_github_app([*variables(), named], settings, "prod")
    assert app is not None
    assert app.credential.base_url == "https://ghe.acme.example/api/v3"
    assert app.secrets[0].data["githubAppEnterpriseBaseUrl"].reveal().endswith(b"/api/v3")


@pytest.mark.parametrize("named", ["", "https://ghe.acme.example/api/v3"])
def test_the_repository_alone_says_of_no_host_that_it_may_see_the_apps_tokens(named: str) -> None:
    more = [Variable(ENTERPRISE, Secret(named.encode()))] if named else []
    with pytest.raises(EnvFileError, match="is not an address of evil"):
        find_github_app([*variables(), *more], settings_of("https://evil.example/a/b"), "prod")


def test_a_mapped_secret_is_put_in_as_git_will_deliver_it() -> None:
    cluster = FakeCluster()
    step = step_of(cluster, variables() + GIT, settings_of(more=MAPPED))
    step.apply()
    assert cluster.values("app-of-git", "argocd")["url"] == b"https://github.com/acme/"
    assert (SECRET, "argocd", "github-app") not in cluster.objects
    assert "which the mapping app-of-git delivers too" in step.check().why


@pytest.mark.parametrize(
    ("given", "settings", "kind", "why"),
    [
        (variables()[:2], settings_of(), EnvFileError, "GIT_APP_PRIVATE_KEY is missing"),
        (variables(), settings_of("''"), LayoutError, "argocd.repository: is no https"),
        (variables(), settings_of("git@github.com:acme/platform"), LayoutError, "no https"),
        (variables(), settings_of(more=MAPPED), EnvFileError, "GIT_TYPE, GIT_URL is missing"),
        (
            variables(),
            settings_of(more=MAPPED.replace("type: GIT_TYPE, url: GIT_URL, ", "")),
            ManifestError,
            "needs type, url",
        ),
        (
            variables() + GIT,
            settings_of(more=MAPPED.replace("namespace: argocd", "namespace: apps")),
            ManifestError,
            "in argocd alone",
        ),
        (
            variables() + GIT,
            settings_of("https://github.com/other/platform", MAPPED),
            ManifestError,
            "not the beginning",
        ),
        (variables(wrapped(PEM)) + GIT, settings_of(more=MAPPED), EnvFileError, "many lines"),
        (
            [*variables()[1:], Variable("GIT_APP_ID", Secret(b"Iv1.0123"))],
            settings_of(),
            EnvFileError,
            "is no number",
        ),
    ],
)
def test_what_argo_cd_would_not_take_is_never_put_in(
    given: list[Variable], settings: RepoSettings, kind: type[Exception], why: str
) -> None:
    cluster = FakeCluster()
    step = step_of(cluster, given, settings)
    assert why in look(step).why
    assert look(step).state == BLOCKED
    with pytest.raises(kind):
        step.apply()
    assert not cluster.calls


def test_a_refusal_names_the_right_that_is_missing() -> None:
    cluster = FakeCluster()
    cluster.deny("patch", SECRET, "argocd")
    with pytest.raises(Denied, match="not allowed to patch secrets in namespace argocd"):
        step_of(cluster).apply()
