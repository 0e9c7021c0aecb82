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
CHANGED = "a changed greeting"


@pytest.fixture(scope="module")
def delivering(argocd: ArgoCD, platform: World) -> Iterator[ArgoCD]:
    """Return Argo CD with the demo's repository as an Application of prod, synced once."""
    commit(platform)
    argocd.keys_file.write_bytes(platform.keys_file.read_bytes())
    argocd.create_application(NAME, platform.work, PATH)
    argocd.wait_synced(NAME)
    yield argocd
    argocd.delete_application(NAME)


def write_env(world: World, **changes: str | None) -> None:
    """Write the demo's `.env` with some variables changed, or left out where None is given."""
    written = {one.name: one.written for one in demo_data.VARIABLES} | changes
    lines = [f"{name}={text}\n" for name, text in written.items() if text is not None]
    (world.work / ".env").write_text("".join(lines))


def commit(world: World) -> str:
    """Commit all that changed and return the commit."""
    world.run("git", "add", "--all")
    world.run("git", "commit", "--quiet", "--message", "A change of the platform")
    return world.run("git", "rev-parse", "HEAD").decode().strip()


def deliver(argocd: ArgoCD, world: World) -> None:
    """Commit, and wait until the commit has been synced."""
    revision = commit(world)
    argocd.refresh(NAME)
    argocd.wait_synced(NAME, revision)


def values(argocd: ArgoCD) -> dict[str, str]:
    """Return the value of every Secret of kube-system, by name."""
    found = argocd.plane.cluster().list(SECRET, "kube-system")
    return {
        one["metadata"]["name"]: base64.b64decode(one["data"]["value"]).decode() for one in found
    }


def test_the_secrets_in_the_cluster_are_what_the_env_says(delivering: ArgoCD) -> None:
    assert values(delivering) == demo_data.secrets_of("prod")


def test_a_changed_variable_arrives_and_nothing_else_changes(
    delivering: ArgoCD, platform: World
) -> None:
    before = values(delivering)
    write_env(platform, GREETING=CHANGED)
    platform.run("sopsmith", "generate")
    deliver(delivering, platform)
    assert values(delivering) == before | {"greeting": CHANGED}


def test_a_broken_file_is_an_error_and_the_last_good_secrets_stay(
    delivering: ArgoCD, platform: World
) -> None:
    before = values(delivering)
    path = platform.work / PATH / "secrets/signing-pin.secret.yaml"
    whole = path.read_text()
    path.write_text(whole.replace("namespace: kube-system", "namespace: kube-public"))
    commit(platform)
    delivering.refresh(NAME)
    message = delivering.wait_failed(NAME)
    assert "signing-pin.secret.yaml" in message
    assert not any(value in message for value in before.values())
    assert values(delivering) == before
    path.write_text(whole)
    deliver(delivering, platform)
    assert values(delivering) == before


def test_an_identity_that_opens_nothing_is_an_error_and_the_last_good_secrets_stay(
    delivering: ArgoCD, platform: World
) -> None:
    before = values(delivering)
    right = delivering.keys_file.read_bytes()
    delivering.keys_file.write_bytes(platform.run("age-keygen"))
    delivering.refresh(NAME)
    assert "secret.yaml" in delivering.wait_failed(NAME)
    assert values(delivering) == before
    delivering.keys_file.write_bytes(right)
    delivering.refresh(NAME)
    delivering.wait(NAME, lambda found: not found["status"].get("conditions"))
    assert values(delivering) == before


def test_a_pruned_variable_leaves(delivering: ArgoCD, platform: World) -> None:
    write_env(platform, GREETING=CHANGED, PROD_SIGNING_PIN=None)
    platform.run("sopsmith", "generate", "--prune")
    before = values(delivering)
    deliver(delivering, platform)
    assert "signing-pin" in before
    del before["signing-pin"]
    assert values(delivering) == before
