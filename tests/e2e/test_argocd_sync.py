"""A real Argo CD delivers what `sopsmith generate` committed, from a Git repository."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import demo_data
import pytest
from tests.e2e.argocd import ArgoCD
from tests.world import World

from sopsmith.kube.kinds import SECRET

pytestmark = pytest.mark.e2e

NAME = "platform-bootstrap"
PATH = "bootstrap/argocd/overlays/main/prod"


@pytest.fixture
def delivered(argocd: ArgoCD, platform: World) -> Iterator[ArgoCD]:
    """Return Argo CD with the demo's repository as an Application of prod."""
    platform.run("git", "add", "--all")
    platform.run("git", "commit", "--quiet", "--message", "The platform")
    argocd.keys_file.write_bytes(platform.keys_file.read_bytes())
    argocd.create_application(NAME, platform.work, PATH)
    yield argocd
    argocd.delete_application(NAME)


def test_the_secrets_in_the_cluster_are_what_the_env_says(delivered: ArgoCD) -> None:
    delivered.wait_synced(NAME)
    found = delivered.plane.cluster().list(SECRET, "kube-system")
    values = {
        one["metadata"]["name"]: base64.b64decode(one["data"]["value"]).decode() for one in found
    }
    assert values == demo_data.secrets_of("prod")
