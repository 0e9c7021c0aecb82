"""`sopsmith doctor` over a real API server and a real Argo CD names faults that are really made."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import pytest
from tests.e2e.argocd import ArgoCD
from tests.world import World

from sopsmith.kube.key_secret import DATA_KEY
from sopsmith.kube.key_secret import NAME as KEY_SECRET
from sopsmith.kube.kinds import CONFIGMAP, POD, SECRET
from sopsmith.ports import Object

pytestmark = pytest.mark.e2e

NAME = "doctored"
PATH = "bootstrap/argocd/overlays/main/prod"
FILE = f"{PATH}/secrets/signing-pin.secret.yaml"
CANARY = "canary-value-1414213562"
NO_HEALING = {"automated": {"prune": True, "selfHeal": False}}


class Site:
    """The demo's repository, and an Argo CD that has synced its prod."""

    def __init__(self, argocd: ArgoCD, world: World) -> None:
        self.argocd = argocd
        self.world = world
        self.plane = argocd.plane
        self.pin = ""

    def run(self, *argv: str, context: str = "admin") -> tuple[int, str]:
        """Run a command on prod's cluster, and return its exit code and stdout."""
        words = ("sopsmith", *argv, "--environment", "prod", "--context", context)
        done = self.world.attempt(*words, KUBECONFIG=str(self.plane.kubeconfig))
        said = (done.stdout + done.stderr).decode()
        assert "Traceback" not in said
        assert CANARY not in said
        assert "AGE-SECRET-KEY" not in said
        return done.returncode, done.stdout.decode()

    def doctor(self, *only: str, context: str = "admin") -> dict[str, Object]:
        """Return the problems that doctor finds of some codes, by code."""
        argv = [word for code in only for word in ("--only", code)]
        code, out = self.run("doctor", "--output", "json", *argv, context=context)
        found = json.loads(out)["findings"]
        problems = [one for one in found if one["level"] not in {"ok", "info", "skipped"}]
        assert code == (3 if problems else 0)
        return {one["code"]: one for one in problems}

    def commit(self) -> None:
        """Commit all that changed."""
        self.world.run("git", "add", "--all")
        self.world.run("git", "commit", "--quiet", "--message", "A change")

    def write_by_hand(self, data: str) -> None:
        """Write a Secret's value past Argo CD."""
        change = json.dumps({"data": {"value": data}})
        self.plane.kubectl("-n", "kube-system", "patch", "secret", "signing-pin", "-p", change)

    def put_keys(self, text: bytes) -> None:
        """Write the key Secret."""
        metadata = {"name": KEY_SECRET, "namespace": "argocd"}
        self.plane.cluster().apply(
            SECRET, {"metadata": metadata, "stringData": {DATA_KEY: text.decode()}}
        )


@pytest.fixture(scope="module")
def site(argocd: ArgoCD, platform: World) -> Iterator[Site]:
    found = Site(argocd, platform)
    found.commit()
    argocd.keys_file.write_bytes(platform.keys_file.read_bytes())
    found.put_keys(platform.keys_file.read_bytes())
    argocd.create_application(NAME, platform.work, PATH, syncPolicy=NO_HEALING)
    argocd.wait_synced(NAME)
    pin = found.plane.cluster().find(SECRET, "signing-pin", "kube-system")
    assert pin is not None
    found.pin = pin["data"]["value"]
    yield found
    argocd.delete_application(NAME)
    found.plane.cluster().delete(SECRET, KEY_SECRET, "argocd")


def test_what_argo_cd_delivered_is_well(site: Site) -> None:
    codes = ("secret-missing", "secret-drift", "namespace-missing", "sync-error", "cluster-clock")
    assert site.doctor(*codes) == {}


def test_a_broken_file_is_explained_by_its_name(site: Site) -> None:
    path = site.world.work / FILE
    whole = path.read_text()
    path.write_text(whole.replace("namespace: kube-system", "namespace: kube-public"))
    site.commit()
    site.argocd.refresh(NAME)
    site.argocd.wait_failed(NAME)
    (one,) = site.doctor("sync-mac-mismatch").values()
    assert one["subject"] == f"Application argocd/{NAME}"
    assert one["message"] == f"a file was changed after it was encrypted: {FILE}"
    path.write_text(whole)
    site.commit()
    code, out = site.run("refresh", NAME)
    assert (code, out) == (0, f"{NAME}: Synced\n")


def test_a_key_secret_of_another_recipient_is_found(site: Site) -> None:
    site.put_keys(site.world.run("age-keygen"))
    found = site.doctor("key-secret-foreign", "key-secret-lacks")
    site.put_keys(site.world.keys_file.read_bytes())
    assert {*found} == {"key-secret-foreign", "key-secret-lacks"}


def test_crlf_in_the_key_secret_is_mended(site: Site) -> None:
    right = site.world.keys_file.read_bytes()
    site.put_keys(right.replace(b"\n", b"\r\n"))
    assert {*site.doctor("key-secret-crlf")} == {"key-secret-crlf"}
    assert site.run("doctor", "--fix", "--only", "key-secret-crlf")[0] == 0
    found = site.plane.cluster().find(SECRET, KEY_SECRET, "argocd")
    assert found is not None
    assert base64.b64decode(found["data"][DATA_KEY]) == right


def test_an_error_that_argo_cd_remembers_goes_by_a_refresh(site: Site) -> None:
    right = site.argocd.keys_file.read_bytes()
    site.argocd.keys_file.write_bytes(site.world.run("age-keygen"))
    site.argocd.refresh(NAME)
    for _ in range(4):
        site.argocd.refresh(NAME, "normal")
    site.argocd.keys_file.write_bytes(right)
    site.argocd.refresh(NAME, "normal")
    found = site.doctor("sync-cached", "sync-no-identity")
    assert {*found} == {"sync-cached", "sync-no-identity"}
    assert found["sync-cached"]["hint"] == f"sopsmith refresh {NAME} --context admin"
    assert site.run("refresh") == (0, f"{NAME}: Synced\n")
    assert site.doctor("sync-cached", "sync-no-identity") == {}


def test_a_refresh_that_leads_to_an_error_says_so(site: Site) -> None:
    right = site.argocd.keys_file.read_bytes()
    site.argocd.keys_file.write_bytes(b"")
    code, out = site.run("refresh", NAME, "--output", "json")
    site.argocd.keys_file.write_bytes(right)
    assert site.run("refresh", NAME)[0] == 0
    (one,) = json.loads(out)["applications"]
    assert (code, one["state"]) == (3, "not Synced")
    assert [finding["code"] for finding in one["findings"]] == ["sync-no-identity"]


def test_a_file_that_is_not_committed_yet_is_no_drift(site: Site) -> None:
    site.world.run("sopsmith", "set", FILE, '["stringData"]["value"]', json.dumps(CANARY))
    found = site.doctor("secret-drift", "secret-behind")
    site.world.run("git", "checkout", "--quiet", "--", FILE)
    assert {*found} == {"secret-behind"}


def test_a_value_that_was_written_by_hand_is_drift(site: Site) -> None:
    site.write_by_hand(base64.b64encode(CANARY.encode()).decode())
    (one,) = site.doctor("secret-drift").values()
    assert one["subject"] == "Secret kube-system/signing-pin"
    assert one["message"].startswith("value: not what Git says; kubectl-patch wrote it at ")


def test_a_value_that_is_git_s_again_is_well(site: Site) -> None:
    site.write_by_hand(site.pin)
    assert site.doctor("secret-drift") == {}
    assert site.run("refresh") == (0, f"{NAME}: Synced\n")


def test_a_pod_that_started_before_is_found(site: Site) -> None:
    reads = {"name": "app", "image": "x", "envFrom": [{"secretRef": {"name": "signing-pin"}}]}
    metadata = {"name": "reader", "namespace": "kube-system"}
    site.plane.cluster().create(POD, {"metadata": metadata, "spec": {"containers": [reads]}})
    status = json.dumps({"status": {"startTime": "2026-01-01T00:00:00Z"}})
    words = ("patch", "pod", "reader", "--subresource=status", "--patch", status)
    site.plane.kubectl("-n", "kube-system", *words)
    found = site.doctor("pod-outdated")
    site.plane.kubectl("-n", "kube-system", "delete", "pod", "reader", "--force")
    assert found["pod-outdated"]["subject"] == "Pod kube-system/reader"


def test_alpha_plugins_without_exec_are_found(site: Site) -> None:
    cluster = site.plane.cluster()
    before = cluster.find(CONFIGMAP, "argocd-cm", "argocd")
    assert before is not None
    options = {"kustomize.buildOptions": "--enable-alpha-plugins"}
    # The Application would lose its Secrets for it; it has no time to notice.
    cluster.patch(CONFIGMAP, "argocd-cm", "argocd", {"data": options})
    found = site.doctor("build-options")
    cluster.patch(CONFIGMAP, "argocd-cm", "argocd", {"data": before["data"]})
    assert "Secrets vanish" in found["build-options"]["message"]


def test_without_rights_nothing_is_claimed_and_the_right_is_named(site: Site) -> None:
    found = site.doctor("key-secret-missing", "secret-missing", context="user-8")
    assert {one["level"] for one in found.values()} == {"could not look"}
    assert "get secrets in namespace argocd" in found["key-secret-missing"]["message"]
