"""A real Argo CD with the real plugin server: sopsmith renders, and a repository gets no identity.

The repo-server here has no identity and no leave to run programs. `argocd-cmp-server` runs with
the configuration and the program that the sidecar's image has.
"""

from __future__ import annotations

import base64
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import demo_data
import pytest
import yaml
from tests.attacks import Attack, exec_function, symbolic_link
from tests.e2e import argocd as argo
from tests.e2e import control_plane as plane_of
from tests.e2e.servers import free_port, listens, server
from tests.world import World

from sopsmith.kube.argocd_apps import Place, Source, build_application
from sopsmith.kube.argocd_config import build_cm
from sopsmith.kube.kinds import APPLICATION, APPPROJECT, CONFIGMAP, SECRET
from sopsmith.ports import Kind
from sopsmith.repo.layout_argocd import build_argocd_files
from sopsmith.repo.layout_settings import default_settings

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).parents[2]
NEEDED = (
    *argo.NEEDED, "argocd-cmp-server", "argocd-applicationset-controller", "etcd", "kube-apiserver",
)  # fmt: skip
OVERLAY = "bootstrap/argocd/overlays/main/prod"
CONSUMER = "hcloud-cloud-controller-manager"
KINDS = {"Application": APPLICATION, "AppProject": APPPROJECT}


@pytest.fixture(scope="module")
def sidecar(tmp_path_factory: pytest.TempPathFactory) -> Iterator[argo.ArgoCD]:
    """Return an Argo CD whose identities are the sidecar's alone, in a cluster of its own."""
    missing = [one for one in NEEDED if not os.access(plane_of.TOOLS / one, os.X_OK)]
    if missing:
        pytest.skip(f"{', '.join(missing)} not built; make e2e builds them")
    folder = tmp_path_factory.mktemp("cmp")
    sockets = folder / "plugins.sock"
    sockets.mkdir()
    with ExitStack() as stack:
        plane = stack.enter_context(plane_of.running(tmp_path_factory.mktemp("plane")))
        argo.install(plane)
        found = argo.ArgoCD(plane, folder / "none", folder / "plugins", folder)
        variables = {"ARGOCD_PLUGINSOCKFILEPATH": str(sockets), "SOPS_AGE_KEY_FILE": ""}
        argo.start(stack, found, **variables)
        data = {"kustomize.buildOptions": None, **build_cm("")}
        plane.cluster().patch(CONFIGMAP, "argocd-cm", argo.NAMESPACE, {"data": data})
        _start_plugin(stack, found, sockets)
        yield found


def keys_of(found: argo.ArgoCD) -> Path:
    """Return the folder of the identities, which the plugin server's program alone knows."""
    return found.folder / "keys"


def _start_plugin(stack: ExitStack, found: argo.ArgoCD, sockets: Path) -> None:
    """Run the plugin server as the sidecar's image does, on this machine's Python."""
    image = found.folder / "image"
    image.mkdir()
    shutil.copy(ROOT / "container/plugin.yaml", image)
    script = (ROOT / "container/sopsmith-cmp").read_text()
    script = script.replace("/usr/bin/python3 -IS", f"{sys.executable} -I")
    script = script.replace("/opt/sopsmith/lib", str(ROOT / "src"))
    (image / "sopsmith-cmp").write_text(script)
    (image / "sopsmith-cmp").chmod(0o755)
    shutil.copy(plane_of.TOOLS / "kustomize", image)
    environ = {
        "PATH": str(image),
        "SOPSMITH_KEYS": str(keys_of(found)),
        "ARGOCD_PLUGINSOCKFILEPATH": str(sockets),
        "ARGOCD_CMP_WORKDIR": str(found.folder),
    }
    argv = [str(plane_of.TOOLS / "argocd-cmp-server"), f"--config-dir-path={image}"]
    log = found.folder / "cmp-server.log"
    socket = sockets / "sopsmith.sock"
    stack.enter_context(server(argv, log, socket.exists, environ))


@pytest.fixture(scope="module")
def repository(sidecar: argo.ArgoCD, platform: World) -> World:
    """Return the demo's repository with Applications, its identities at the sidecar."""
    keys = keys_of(sidecar) / "platform-secrets"
    keys.mkdir(parents=True)
    shutil.copy(platform.keys_file, keys / "keys.txt")
    settings = platform.work / "sopsmith.yaml"
    block = {"repository": platform.work.as_uri(), "revision": "HEAD"}
    settings.write_text(settings.read_text() + yaml.safe_dump({"argocd": block}))
    platform.run("sopsmith", "argocd", "applications")
    _add_consumer(platform)
    commit(platform.work, platform)
    return platform


def _add_consumer(platform: World) -> None:
    """Put an Application into prod's overlay that needs the Secrets, at wave 1."""
    overlay = platform.work / OVERLAY
    (overlay / "ccm").mkdir()
    (overlay / "ccm/cm.yaml").write_text(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ccm, namespace: argocd}\n"
    )
    source = Source(platform.work.as_uri(), "HEAD", f"{OVERLAY}/ccm", confined=False)
    made = build_application(Place(CONSUMER, argo.NAMESPACE, 1), "default", source, "argocd")
    (overlay / "ccm.yaml").write_text(yaml.safe_dump(made))
    listed = overlay / "kustomization.yaml"
    listed.write_text(listed.read_text() + "  - ccm.yaml\n")


@pytest.fixture(scope="module")
def delivered(sidecar: argo.ArgoCD, repository: World) -> argo.ArgoCD:
    """Return Argo CD once it has taken up what bootstrap applies for prod."""
    root = repository.work / "bootstrap/argocd/install/applications/prod.yaml"
    for one in yaml.safe_load_all(root.read_text()):
        sidecar.plane.cluster().create(KINDS[one["kind"]], one)
    sidecar.wait("platform-secrets", _is_synced)
    return sidecar


def _is_synced(found: dict[str, object]) -> bool:
    status = found.get("status")
    sync = status.get("sync") if isinstance(status, dict) else None
    return isinstance(sync, dict) and sync.get("status") == "Synced"


def commit(folder: Path, world: World) -> None:
    """Commit all of a folder, and make it a repository where it is none."""
    world.run("git", "init", "--quiet", cwd=folder)
    world.run("git", "add", "--all", cwd=folder)
    world.run("git", "commit", "--quiet", "--message", "A change", cwd=folder)


def plugin_source(folder: Path, path: str) -> dict[str, object]:
    """Return a source that the sidecar renders."""
    return {
        "repoURL": folder.as_uri(),
        "path": path,
        "targetRevision": "HEAD",
        "plugin": {"name": "sopsmith"},
    }


def test_the_secrets_arrive_by_their_own_application(delivered: argo.ArgoCD) -> None:
    found = delivered.plane.cluster().list(SECRET, "kube-system")
    got = {
        one["metadata"]["name"]: base64.b64decode(one["data"]["value"]).decode() for one in found
    }
    assert got == demo_data.secrets_of("prod")


def test_an_application_of_a_later_wave_is_made_when_the_secrets_are_there(
    delivered: argo.ArgoCD,
) -> None:
    consumer = delivered.wait(CONSUMER, _is_synced)
    secrets = delivered.plane.cluster().find(APPLICATION, "platform-secrets", argo.NAMESPACE)
    assert secrets is not None
    finished = secrets["status"]["operationState"]["finishedAt"]
    assert consumer["metadata"]["creationTimestamp"] >= finished


def test_no_secret_carries_its_values_in_an_annotation(delivered: argo.ArgoCD) -> None:
    for one in delivered.plane.cluster().list(SECRET, "kube-system"):
        annotations = one["metadata"].get("annotations", {})
        assert "kubectl.kubernetes.io/last-applied-configuration" not in annotations


@pytest.mark.parametrize("attack", [exec_function, symbolic_link], ids=["program", "link"])
def test_an_attack_is_an_error_of_its_application(
    sidecar: argo.ArgoCD, repository: World, tmp_path: Path, attack: Attack
) -> None:
    (tmp_path / "app").mkdir()
    keys = keys_of(sidecar) / "platform-secrets/keys.txt"
    attack(tmp_path / "app", keys)
    commit(tmp_path, repository)
    name = attack.__name__.replace("_", "-")
    sidecar.create_application(name, tmp_path, "app", source=plugin_source(tmp_path, "app"))
    message = sidecar.wait_failed(name)
    sidecar.delete_application(name)
    identity = keys.read_text().split()[-1]
    assert identity not in message
    assert "names a generator" in message or "symlink" in message


def test_another_project_does_not_open_the_platforms_files(
    sidecar: argo.ArgoCD, repository: World
) -> None:
    path = f"{OVERLAY}/platform-secrets"
    source = plugin_source(repository.work, path)
    sidecar.create_application("thief", repository.work, path, source=source)
    message = sidecar.wait_failed("thief")
    sidecar.delete_application("thief")
    assert "the project default has no identities in this sidecar" in message


def test_a_file_that_does_not_open_holds_up_the_secrets_alone(
    delivered: argo.ArgoCD, repository: World
) -> None:
    delivered.wait("platform-bootstrap", _is_synced)
    before = delivered.plane.cluster().list(SECRET, "kube-system")
    file = next((repository.work / OVERLAY / "secrets").glob("*.secret.yaml"))
    kept = file.read_text()
    broken = kept.replace("mac: ENC[AES256_GCM,data:", "mac: ENC[AES256_GCM,data:AAAA")
    assert broken != kept
    file.write_text(broken)
    commit(repository.work, repository)
    delivered.refresh("platform-secrets")
    message = delivered.wait_failed("platform-secrets")
    delivered.refresh("platform-bootstrap")
    delivered.wait("platform-bootstrap", _is_synced)
    assert file.name in message
    assert delivered.plane.cluster().list(SECRET, "kube-system") == before
    file.write_text(kept)
    commit(repository.work, repository)


def test_a_tenant_on_the_list_gets_an_application_of_the_tenants_project(
    sidecar: argo.ArgoCD,
) -> None:
    cluster = sidecar.plane.cluster()
    path = "bootstrap/argocd/overlays/main/prod/99-tenants.yaml"
    text = build_argocd_files(default_settings({"prod": ()}))[path]
    project, tenants = yaml.safe_load_all(text)
    element = {"tenant": "shop", "repository": "https://git.example.com/shop.git", "path": "deploy"}
    tenants["spec"]["generators"][0]["list"]["elements"] = [element]
    # Argo CD itself has the ones of these names in its care, and would heal them.
    for one in (project, tenants):
        one["metadata"]["name"] = "tenants-by-hand"
    cluster.apply(APPPROJECT, project)
    cluster.apply(Kind("argoproj.io", "v1alpha1", "applicationsets", "ApplicationSet"), tenants)
    metrics, probe, webhook = (free_port() for _ in range(3))
    argv = [
        str(plane_of.TOOLS / "argocd-applicationset-controller"),
        f"--kubeconfig={sidecar.plane.kubeconfig}",
        f"--namespace={argo.NAMESPACE}",
        f"--metrics-addr=127.0.0.1:{metrics}",
        f"--probe-addr=127.0.0.1:{probe}",
        f"--webhook-addr=127.0.0.1:{webhook}",
        "--argocd-repo-server=127.0.0.1:9",
    ]
    log = sidecar.folder / "applicationset-controller.log"
    environ = {"PATH": os.environ["PATH"], "KUBECONFIG": str(sidecar.plane.kubeconfig)}
    with server(argv, log, lambda: listens(probe), environ):
        found = sidecar.wait("tenant-shop", lambda one: bool(one["spec"]))
    assert found["spec"]["project"] == "tenants"
    assert found["spec"]["source"]["plugin"] == {"name": "sopsmith"}
    assert found["spec"]["source"]["path"] == "deploy"
    assert found["spec"]["destination"]["namespace"] == "tenant-shop"
