"""Kubeconfig files are merged as kubectl does it; what would carry keys in the open is refused."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from sopsmith.adapters.environment import Settings
from sopsmith.adapters.kube_exec import run_plugin
from sopsmith.adapters.kubeconfig import Access, read_access
from sopsmith.errors import Error, NotThere, OutsideError
from sopsmith.secret import Secret

CANARY = "canary-value-2718281828"
VERSION = "client.authentication.k8s.io/v1"


def written(path: Path, context: str = "dev", **changes: Any) -> Path:
    """Write a kubeconfig of one context, with some fields of its cluster and user."""
    cluster = {"server": "https://127.0.0.1:6443"} | changes.get("cluster", {})
    found = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": changes.get("current", context),
        "clusters": [{"name": context, "cluster": cluster}],
        "users": [{"name": context, "user": changes.get("user", {"token": CANARY})}],
        "contexts": [{"name": context, "context": {"cluster": context, "user": context}}],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found))
    return path


def access(*paths: Path, context: str | None = None, home: Path | None = None) -> Access:
    """Read what some files together say."""
    listed = {"KUBECONFIG": os.pathsep.join(map(str, paths))} if paths else {}
    return read_access(context, Settings(str(home or ""), "", listed))


def test_the_file_in_the_home_folder_is_read(tmp_path: Path) -> None:
    written(tmp_path / ".kube/config")
    found = access(home=tmp_path)
    assert (found.context, found.server) == ("dev", "https://127.0.0.1:6443")
    assert found.token == Secret(CANARY.encode())


def test_of_several_files_the_first_that_names_a_thing_wins(tmp_path: Path) -> None:
    first = written(tmp_path / "one", "dev", user={"token": "first"})
    second = written(tmp_path / "two", "dev", user={"token": "second"})
    third = written(tmp_path / "three", "prod", user={"token": "third"})
    assert access(first, second, third).token == Secret(b"first")
    assert access(first, second, third, context="prod").token == Secret(b"third")
    assert access(third, first).context == "prod"


def test_a_file_that_is_not_there_is_passed_over(tmp_path: Path) -> None:
    assert access(tmp_path / "none", written(tmp_path / "one")).context == "dev"


def test_an_unknown_context_lists_those_that_there_are(tmp_path: Path) -> None:
    paths = (written(tmp_path / "one"), written(tmp_path / "two", "prod"))
    with pytest.raises(NotThere, match="no context live") as caught:
        access(*paths, context="live")
    assert caught.value.hint == "it has the contexts dev, prod"


def test_without_a_name_there_must_be_a_current_context(tmp_path: Path) -> None:
    path = written(tmp_path / "one", current="")
    with pytest.raises(NotThere, match="no context is named"):
        access(path)
    assert access(path, context="dev").context == "dev"


def test_no_kubeconfig_at_all_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotThere, match=r"\.kube/config: there is no kubeconfig"):
        access(home=tmp_path)


def test_paths_start_from_the_folder_of_their_own_file(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/ca.crt").write_text("# für alle\n-----BEGIN CERTIFICATE-----")
    path = written(
        tmp_path / "a/config",
        cluster={"certificate-authority": "ca.crt"},
        user={"tokenFile": "token"},
    )
    found = access(written(tmp_path / "b/config", "other"), path, context="dev")
    assert found.authority == "# fr alle\n-----BEGIN CERTIFICATE-----"
    assert found.token_file == str(tmp_path / "a/token")


@pytest.mark.parametrize(
    ("cluster", "complaint"),
    [
        ({"insecure-skip-tls-verify": True}, "does not verify the server's certificate"),
        ({"server": "http://cluster.example"}, "is not https"),
        ({"server": "https://user:pass@cluster.example"}, "is not an https address"),
        ({"server": "https://[::1"}, "is not an https address"),
        ({"certificate-authority-data": "gvwA"}, "certificate-authority is no PEM"),
        ({"server": ""}, "is not an https address"),
    ],
)
def test_a_server_that_keys_should_not_go_to_is_refused(
    tmp_path: Path, cluster: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(OutsideError, match=complaint):
        access(written(tmp_path / "one", cluster=cluster))


def test_kubectl_proxy_on_this_machine_needs_no_tls(tmp_path: Path) -> None:
    path = written(tmp_path / "one", cluster={"server": "http://localhost:8001/"})
    assert access(path).server == "http://localhost:8001"


@pytest.mark.parametrize(
    ("user", "complaint"),
    [
        ({"auth-provider": {"name": "oidc"}}, "auth-provider"),
        ({"as": "x", "as-user-extra": {"a": ["b"]}}, "as-user-extra"),
        ({"exec": [CANARY]}, "exec plugin of context dev is not a mapping"),
        ({"as": "x", "as-groups": CANARY}, "as-groups of context dev are no list"),
        ({"client-key-data": f"{CANARY}!"}, "client-key-data: it is not base64"),
        ({"client-key-data": f"{CANARY}é"}, "client-key-data: it is not base64"),
        ({"client-key": f"{CANARY}\0"}, "client-key: it names a path that no file can have"),
        ({"client-key": "nowhere.key"}, "no such file"),
    ],
)
def test_a_user_of_an_unsupported_kind_is_refused(
    tmp_path: Path, user: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(OutsideError, match=complaint) as caught:
        access(written(tmp_path / "one", user=user))
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("text", ["[]", "a: [", f"users: [{CANARY}", "'"])
def test_a_file_that_is_no_kubeconfig_is_not_quoted(tmp_path: Path, text: str) -> None:
    (tmp_path / "one").write_text(text)
    with pytest.raises(Error) as caught:
        access(tmp_path / "one")
    assert str(tmp_path / "one") in str(caught.value)
    assert CANARY not in str(caught.value)


def test_no_repr_shows_a_credential(tmp_path: Path) -> None:
    user = {"token": CANARY, "username": "me", "password": CANARY, "exec": {"env": [CANARY]}}
    assert CANARY not in repr(access(written(tmp_path / "one", user=user)))


def plugin(tmp_path: Path, words: str, **fields: Any) -> Access:
    """Return an access whose plugin runs some Python."""
    entry = {"apiVersion": VERSION, "command": sys.executable, "args": ["-c", words]} | fields
    return access(written(tmp_path / "one", user={"exec": entry}))


def answer(**status: str) -> str:
    """Return Python that prints a credential."""
    found = {"kind": "ExecCredential", "apiVersion": VERSION, "status": status}
    return f"print({json.dumps(found)!r})"


def test_a_plugin_is_told_of_the_cluster_and_gives_a_token(tmp_path: Path) -> None:
    words = (
        "import json, os; info = json.loads(os.environ['KUBERNETES_EXEC_INFO']);"
        "spec = info['spec']; status = {'token': spec['cluster']['server'] + os.environ['MORE']};"
        "print(json.dumps({**info, 'status': status}))"
    )
    env = [{"name": "MORE", "value": "/more"}]
    given = run_plugin(plugin(tmp_path, words, env=env, provideClusterInfo=True))
    assert given.token == Secret(b"https://127.0.0.1:6443/more")


def test_a_plugin_may_give_a_certificate(tmp_path: Path) -> None:
    given = run_plugin(plugin(tmp_path, answer(clientCertificateData="c", clientKeyData="k")))
    assert (given.token, given.certificate, given.key) == (None, Secret(b"c"), Secret(b"k"))


@pytest.mark.parametrize(
    ("words", "fields", "complaint"),
    [
        ("raise SystemExit(7)", {}, "ended with exit code 7"),
        (f"print('{CANARY}')", {}, "no ExecCredential"),
        (answer(), {}, "neither a token nor"),
        (answer(clientKeyData=CANARY), {}, "neither a token nor"),
        (answer(token=CANARY), {"apiVersion": f"{VERSION}beta1"}, "no ExecCredential"),
        (answer(token=CANARY), {"apiVersion": f"{VERSION}alpha1"}, "apiVersion is none of"),
        (answer(token=CANARY), {"command": "./none"}, "no such file"),
    ],
)
def test_a_plugin_that_fails_is_an_error_and_never_nobody(
    tmp_path: Path, words: str, fields: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(OutsideError, match=complaint) as caught:
        run_plugin(plugin(tmp_path, words, **fields))
    assert CANARY not in str(caught.value)


def test_a_plugin_that_must_ask_needs_a_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(OutsideError, match="needs a terminal"):
        run_plugin(plugin(tmp_path, answer(token="t"), interactiveMode="Always"))
