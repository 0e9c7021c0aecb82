"""What keeps an Application from being Synced is found by name, and nothing of it is quoted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.unit.flows.cluster_at import OVERLAY, SYNCED, A, Delivered, put_application
from tests.unit.flows.keys_at import DEV, HOME

from sopsmith.flows.doctor import diagnose, repair
from sopsmith.flows.doctor_sync import ANNOTATION, CHECKS, context_of
from sopsmith.flows.refresh import REPAIRS
from sopsmith.kube.kinds import APPLICATION
from sopsmith.repo.diagnosis import ERROR, INFO, OK, UNKNOWN, WARNING, Finding

CANARY = "canary-value-2718281828"
FAILED = (
    "Failed to load target state: failed to generate manifest for source 1 of 1: rpc error: "
    "code = Unknown desc = "
)
BUILD = (
    f"`kustomize build <path to cached source>/{OVERLAY} --enable-alpha-plugins --enable-exec` "
    "failed exit status 1: {} Error: accumulating resources: accumulation err='accumulating "
    "resources from './secrets': '<path to cached source>/" + OVERLAY + "/secrets' must resolve to "
    "a file': recursed accumulation of path '<path to cached source>/" + OVERLAY + "/secrets': "
    "couldn't execute function: exit status 1"
)
MAC = FAILED + BUILD.format("error: ./a.secret.yaml: the MAC does not match: a value was changed")


@pytest.fixture
def at(tmp_path: Path) -> Delivered:
    return Delivered(tmp_path)


def failing(message: str) -> Any:
    condition = {"type": "ComparisonError", "message": message}
    return {"conditions": [condition], "sync": {"status": "Unknown"}}


def one_of(at: Delivered) -> Finding:
    (one,) = at.found(CHECKS)
    return one


def test_a_synced_application_is_well(at: Delivered) -> None:
    assert at.found(CHECKS) == []


def test_an_error_is_explained_with_the_file_that_it_is_about(at: Delivered) -> None:
    put_application(at.cluster, failing(MAC))
    one = one_of(at)
    assert (one.code, one.level) == ("sync-mac-mismatch", ERROR)
    assert one.subject == "Application argocd/platform"
    assert one.message == f"a file was changed after it was encrypted: {at.place.root}/{A}"


def test_a_file_that_the_sidecar_names_without_its_folder_is_found(at: Delivered) -> None:
    said = "CMP processing failed for application: `sopsmith-cmp generate` failed exit status 1: "
    message = f"{FAILED}{said}error: ./a.secret.yaml: the MAC does not open: the metadata was"
    put_application(at.cluster, failing(message))
    assert one_of(at).message.endswith(f": {at.place.root}/{A}")
    at.place.lock(f"{HOME}/core/secrets/a.secret.yaml", DEV[1])
    assert one_of(at).message == "a file was changed after it was encrypted"


def test_an_error_that_argo_cd_remembers_is_found_and_mended_by_a_refresh(at: Delivered) -> None:
    put_application(at.cluster, failing(f"Manifest generation error (cached): {MAC}"))
    results = list(diagnose(at.context(), CHECKS))
    codes = [one.code for one in results[0].findings]
    assert codes == ["sync-mac-mismatch", "sync-cached"]
    (done,) = repair(at.context(), results, REPAIRS)
    assert (done.code, done.level) == ("sync-cached", OK)
    found = at.cluster.find(APPLICATION, "platform", "argocd")
    assert found is not None
    assert found["metadata"]["annotations"] == {ANNOTATION: "hard"}
    levels = [(one.code, one.level) for one in at.found(CHECKS)]
    assert levels == [("sync-mac-mismatch", ERROR), ("sync-cached", INFO)]


@pytest.mark.parametrize(
    "message",
    [
        f"{FAILED}{CANARY}",
        MAC + CANARY,
        FAILED + BUILD.format(f"error: {CANARY}.secret.yaml: no identity at hand"),
        f'failed to unmarshal "{CANARY}.yaml": error: {CANARY}.json: yaml: line 3',
        f'one or more objects failed to apply, reason: namespaces "{CANARY}" not found',
        f"Secret in version v1 cannot be handled as a Secret: json: {CANARY}",
    ],
    ids=["alone", "behind", "as a file", "quoted", "as a namespace", "as a value"],
)
def test_a_value_in_a_message_is_not_passed_on(at: Delivered, message: str) -> None:
    status = failing(message) | {"operationState": {"phase": "Failed", "message": message}}
    put_application(at.cluster, status)
    found = at.found(CHECKS)
    assert found
    assert CANARY not in repr(found)


def test_an_error_that_nobody_knows_says_how_to_read_it(at: Delivered) -> None:
    put_application(at.cluster, failing("something new"))
    one = one_of(at)
    assert one.code == "sync-error"
    assert one.hint.startswith("kubectl --context fake --namespace argocd get application platform")


def test_a_sync_that_the_api_server_refused_is_explained(at: Delivered) -> None:
    state = {
        "phase": "Running",
        "message": 'one or more objects failed to apply, reason: namespaces "x" not found.',
    }
    put_application(at.cluster, {"sync": {"status": "OutOfSync"}, "operationState": state})
    assert one_of(at).code == "sync-namespace"


def test_an_old_failure_of_what_is_synced_now_is_none(at: Delivered) -> None:
    put_application(at.cluster, SYNCED | {"operationState": {"phase": "Failed", "message": "x"}})
    assert at.found(CHECKS) == []


@pytest.mark.parametrize(
    ("state", "level"), [({}, WARNING), ({"phase": "Running"}, INFO)], ids=["idle", "syncing"]
)
def test_out_of_sync_is_found_with_what_differs(at: Delivered, state: Any, level: str) -> None:
    differs = {"kind": "Secret", "namespace": "kube-system", "name": "a", "status": "OutOfSync"}
    same = differs | {"name": "b", "status": "Synced"}
    put_application(
        at.cluster,
        {
            "sync": {"status": "OutOfSync"},
            "resources": [same, differs],
            "operationState": state,
        },
    )
    one = one_of(at)
    assert (one.code, one.level) == ("out-of-sync", level)
    assert one.message.endswith(": Secret kube-system/a")
    assert one.hint == "sopsmith refresh platform --context fake"


def test_an_application_that_nobody_compared_is_found(at: Delivered) -> None:
    put_application(at.cluster, {})
    assert one_of(at).message.startswith("Argo CD has not compared it")


def test_applications_of_others_are_not_looked_at(at: Delivered) -> None:
    put_application(at.cluster, failing("x"), source={"path": "elsewhere"})
    assert one_of(at).code == "application-missing"


def test_applications_that_render_with_the_plugin_are_looked_at(at: Delivered) -> None:
    source = {"path": "elsewhere", "plugin": {"name": "sopsmith"}}
    put_application(at.cluster, failing("x"), source=source)
    assert one_of(at).code == "sync-error"


def test_a_cluster_without_argo_cd_is_said_to_be_so(at: Delivered) -> None:
    at.cluster._without = frozenset([APPLICATION])
    found = one_of(at)
    assert found.code == "argocd-missing"
    named = f"--environment dev --context {context_of(at.cluster)}"
    assert found.hint == f"sopsmith bootstrap {named}"


def test_rights_that_lack_are_named(at: Delivered) -> None:
    at.cluster.deny("list", APPLICATION)
    one = one_of(at)
    assert one.level == UNKNOWN
    assert "list applications.argoproj.io in namespace argocd" in one.message
