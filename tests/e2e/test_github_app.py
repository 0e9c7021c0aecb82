"""A real Argo CD reads a private repository by the Secrets of the step `github-app`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.e2e import argocd as argo
from tests.e2e import control_plane as planes
from tests.e2e.control_plane import TOOLS
from tests.e2e.git_server import GitServer
from tests.fakes.github import TOKEN, FakeGitHub
from tests.github import pem_of, private_key, variables
from tests.loopback import running
from tests.loopback_tls import Authority
from tests.world import World

from sopsmith.flows.github_app import build_steps
from sopsmith.flows.steps import DONE, NEEDED, Step
from sopsmith.formats.env_file import Variable
from sopsmith.kube.kinds import CONFIGMAP
from sopsmith.repo.github_app import ENTERPRISE
from sopsmith.repo.settings import parse_settings
from sopsmith.secret import Secret

pytestmark = pytest.mark.e2e

MANIFEST = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: from-a-private-repository, namespace: default}
"""


@pytest.fixture(scope="module")
def github() -> Iterator[FakeGitHub]:
    with running(FakeGitHub(private_key().public_key())) as server:
        yield server


@pytest.fixture(scope="module")
def git(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitServer]:
    """Return a Git server with one private repository, which gives it to the App's token alone."""
    authority = Authority()
    world = World(tmp_path_factory.mktemp("git"))
    home = world.work / "acme/platform"
    home.mkdir(parents=True)
    (home / "manifest.yaml").write_text(MANIFEST)
    world.run("git", "init", "--quiet", "-b", "main", cwd=home)
    world.run("git", "add", "manifest.yaml", cwd=home)
    world.run("git", "commit", "--quiet", "-m", "A manifest", cwd=home)
    (world.work / "trusted").mkdir()
    (world.work / "trusted" / "127.0.0.1").write_bytes(authority.certificate)
    with running(GitServer(world.work, TOKEN, authority)) as server:
        yield server


@pytest.fixture(scope="module")
def argocd(git: GitServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[argo.ArgoCD]:
    """Return an Argo CD that trusts the Git server's certificate and knows no credential."""
    missing = [one for one in argo.NEEDED if not os.access(TOOLS / one, os.X_OK)]
    if missing:
        pytest.skip(f"{', '.join(missing)} not built; make e2e builds them")
    with ExitStack() as stack:
        plane = stack.enter_context(planes.running(tmp_path_factory.mktemp("plane")))
        argo.install(plane)
        folder = tmp_path_factory.mktemp("argocd")
        found = argo.ArgoCD(plane, folder / "keys.txt", folder / "plugins", folder)
        _put_askpass(found.plugins)
        variables = {
            "ARGOCD_TLS_DATA_PATH": str(git.folder / "trusted"),
            "ARGOCD_ASK_PASS_SOCK": str(folder / "ask-pass.sock"),
        }
        argo.start(stack, found, **variables)
        yield found


def _put_askpass(folder: Path) -> None:
    """Put in place by what name the repo-server has git ask it for credentials."""
    folder.mkdir()
    program = folder / "argocd"
    program.write_text(f'#!/bin/sh\nexec {TOOLS}/argocd-git-ask-pass "$@"\n')
    program.chmod(0o755)


def step_of(argocd: argo.ArgoCD, git: GitServer, github: FakeGitHub, key: bytes) -> Step:
    text = "version: 1\nenvironments: {prod: {recipients: []}}\n"
    text += f"argocd: {{repository: {git.address}/acme/platform}}\n"
    given = [*variables(key), Variable(ENTERPRISE, Secret(github.api.encode()))]
    settings = parse_settings(text.encode(), "sopsmith.yaml")
    (step,) = build_steps(argocd.plane.cluster(), settings, given, "prod")
    return step


def test_argo_cd_reads_a_private_repository_once_the_step_is_done(
    argocd: argo.ArgoCD, git: GitServer, github: FakeGitHub
) -> None:
    source = {"repoURL": f"{git.address}/acme/platform", "path": ".", "targetRevision": "main"}
    argocd.create_application("private", Path("/"), ".", source=source)
    assert "authentication required" in argocd.wait_failed("private")
    assert not git.served
    step = step_of(argocd, git, github, pem_of(private_key()))
    assert step.check().state == NEEDED
    step.apply()
    assert step.check().state == DONE
    argocd.refresh("private")
    argocd.wait_synced("private")
    cluster = argocd.plane.cluster()
    assert cluster.find(CONFIGMAP, "from-a-private-repository", "default") is not None


def test_the_real_server_keeps_every_value_as_it_was_given(
    argocd: argo.ArgoCD, git: GitServer, github: FakeGitHub
) -> None:
    step = step_of(argocd, git, github, pem_of(private_key()))
    assert step.check().state == DONE
    other = step_of(argocd, git, github, pem_of(private_key(3072)))
    assert other.check().why == "Secret argocd/github-app differs in githubAppPrivateKey"


def test_another_owner_whose_name_begins_alike_gets_no_token(
    argocd: argo.ArgoCD, git: GitServer, github: FakeGitHub
) -> None:
    step_of(argocd, git, github, pem_of(private_key())).apply()
    source = {"repoURL": f"{git.address}/acme-evil/platform", "path": ".", "targetRevision": "main"}
    argocd.create_application("evil", Path("/"), ".", source=source)
    assert "authentication required" in argocd.wait_failed("evil")
