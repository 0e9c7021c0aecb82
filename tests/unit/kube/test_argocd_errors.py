"""What Argo CD 3.2.6, kustomize 5.7.1 and the plugin really said is explained.

The messages of the first list were taken from Applications of the real Argo CD that
tests/e2e/argocd.py runs; those of upstream KSOPS and sops, of their sources.
"""

from __future__ import annotations

import pytest

from sopsmith.kube.argocd_errors import UNKNOWN, errors_of, explain

FAILED = (
    "Failed to load target state: failed to generate manifest for source 1 of 1: rpc error: "
    "code = Unknown desc = "
)
BUILD = "`kustomize build <path to cached source>/overlays/prod{}` failed exit status 1: "
INSIDE = (
    "Error: accumulating resources: accumulation err='accumulating resources from './secrets': "
    "'<path to cached source>/overlays/prod/secrets' must resolve to a file': recursed "
    "accumulation of path '<path to cached source>/overlays/prod/secrets': "
)
RUN = FAILED + BUILD.format(" --enable-alpha-plugins --enable-exec")
PLUGIN = (
    RUN + "error: ./pin.secret.yaml: {}\n" + INSIDE + "couldn't execute function: exit status 1"
)
FILE = "overlays/prod/secrets/pin.secret.yaml"

REAL = {
    "no identity": (PLUGIN.format("no identity at hand; the file is encrypted to age age1x"),
                    "sync-no-identity"),
    "another identity": (PLUGIN.format("no identity at hand opens it; encrypted to age age1x"),
                         "sync-no-identity"),
    "metadata of another file": (PLUGIN.format("the MAC does not open: the metadata was changed"),
                                 "sync-mac-mismatch"),
    "a changed file": (PLUGIN.format("the MAC does not match: a value was changed, added"),
                       "sync-mac-mismatch"),
    "markers": (PLUGIN.format("line 2, column 11: not valid YAML: mapping values are not allowed"),
                "sync-broken-file"),
    "clear": (PLUGIN.format("the file has no sops metadata, so it is not encrypted"),
              "sync-broken-file"),
    "gone": (PLUGIN.format("no such file or directory"), "sync-broken-file"),
    "no options": (FAILED + BUILD.format("") + INSIDE + "loading generator plugins: failed to load "
                   "generator: external plugins disabled; unable to load external plugin 'ksops'",
                   "sync-build-options"),
    "no plugin": (RUN + INSIDE + "couldn't execute function: exec: \"ksops\": executable file not "
                  "found in $PATH", "sync-plugin-missing"),
    "no sidecar": (FAILED + 'CMP processing failed for application "a": could not find cmp-server '
                   'plugin with name "sopsmith" supporting the given repository',
                   "sync-plugin-missing"),
    "no repository": (FAILED + "failed to list refs: repository not found", "sync-repository"),
    "no answer": (FAILED + 'failed to list refs: Get "https://127.0.0.1:1/x.git/info/refs": dial '
                  "tcp 127.0.0.1:1: connect: connection refused", "sync-repository"),
    "no path": (FAILED + "no/such/path: app path does not exist", "sync-path"),
    "no revision": (FAILED + "unable to resolve 'nosuch' to a commit SHA", "sync-repository"),
    "no project": ("Application referencing project x which does not exist", "sync-project"),
    "no namespace": ('one or more objects failed to apply, reason: namespaces "not-there" not '
                     "found. Retrying attempt #2 at 2:55PM.", "sync-namespace"),
    "a number": ('one or more objects failed to apply, reason: Secret in version "v1" cannot be '
                 "handled as a Secret: json: cannot unmarshal number into Go struct field "
                 "Secret.stringData of type string.", "sync-refused"),
    "no base64": ('one or more objects failed to apply, reason: Secret in version "v1" cannot be '
                  "handled as a Secret: illegal base64 data at input byte 6.", "sync-refused"),
}  # fmt: skip
CMP = (FAILED + 'CMP processing failed for application "a": error generating manifests in cmp: rpc '
       "error: code = Unknown desc = error generating manifests: `sopsmith-cmp generate` failed "
       "exit status 1: error: {}")  # fmt: skip
SIDECAR = {
    "a changed file": ("./pin.secret.yaml: the MAC does not open: the metadata was changed",
                       "sync-mac-mismatch"),
    "no identities": ("the project default has no identities in this sidecar", "sync-no-identity"),
    "a program": ("app/g.yaml: names a program of its own", "sync-not-allowed"),
    "a generator": ("app/g.yaml: names a generator that the sidecar does not run",
                    "sync-not-allowed"),
    "a field": ("app/kustomization.yaml: x: is no field that the sidecar knows",
                "sync-not-allowed"),
    "lost": ("app: the generators promise what does not come out: Secret a", "sync-lost-secret"),
}  # fmt: skip
UPSTREAM = {
    "no data key": ("error decrypting file \"./pin.secret.yaml\": Error getting data key: 0 "
                    "successful groups required, got 0", "sync-no-identity"),
    "mac": ("unable to decrypt file: MAC mismatch. File has ABC, computed DEF",
            "sync-mac-mismatch"),
    "clear": ("trouble decrypting file: sops metadata not found", "sync-broken-file"),
    "twice": ("may not add resource with an already registered id: Secret.v1.[noGrp]/a.x",
              "sync-broken-file"),
    "legacy plugin": ("unable to find plugin root - tried: ...", "sync-plugin-missing"),
    "time": ("`kustomize build x` failed timeout after 1m30s", "sync-timeout"),
}  # fmt: skip


@pytest.mark.parametrize("name", [*REAL])
def test_what_was_really_said_is_explained(name: str) -> None:
    message, code = REAL[name]
    assert explain(message).cause.code == code


@pytest.mark.parametrize("name", [*SIDECAR])
def test_what_the_sidecar_says_is_explained(name: str) -> None:
    message, code = SIDECAR[name]
    assert explain(CMP.format(message)).cause.code == code


@pytest.mark.parametrize("name", [*UPSTREAM])
def test_what_upstream_says_is_explained(name: str) -> None:
    message, code = UPSTREAM[name]
    assert explain(RUN + message).cause.code == code


def test_the_file_stands_where_kustomize_was() -> None:
    assert explain(REAL["a changed file"][0]).paths[0] == FILE


def test_no_path_leads_out_of_the_repository() -> None:
    assert explain("error: ../../etc/shadow.yaml: x; error: /etc/shadow.yaml: x").paths == ()


def test_an_error_that_is_only_remembered_is_told() -> None:
    message = REAL["gone"][0]
    again = message.replace("desc = ", "desc = Manifest generation error (cached): ")
    assert (explain(message).cached, explain(again).cached) == (False, True)
    assert explain(again).cause == explain(message).cause


def test_another_error_is_not_known() -> None:
    assert explain(RUN + INSIDE + "a new thing").cause == UNKNOWN


def test_a_running_sync_without_a_failure_is_no_error() -> None:
    state = {"phase": "Running", "message": "waiting for healthy state of v1/Secret/a"}
    assert errors_of({"status": {"operationState": state}}) == []
    assert errors_of({}) == []
