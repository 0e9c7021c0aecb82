"""The doors to AWS and to Vault's key-value engine, over local servers, with the real boto3."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.value_servers import TOKEN, ValueServer, serving

from sopsmith.adapters.environment import Settings
from sopsmith.adapters.provider_aws import PARAMETERS, SECRETS, AwsValues
from sopsmith.adapters.provider_vault import VaultValues
from sopsmith.errors import Denied, NotThere, OutsideError
from sopsmith.kube.external_secrets import Find


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ValueServer]:
    """Return a server that boto3 asks instead of AWS."""
    for name in ("AWS_PROFILE", "AWS_CONFIG_FILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with serving() as running:
        monkeypatch.setenv("AWS_ENDPOINT_URL", running.address)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "id")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "key")
        running.parameters = {"/a/one": ["old", "new"], "/a/two": ["2"], "/b/three": ["3"]}
        running.secrets = {"app/one": '{"k": "v"}', "app/two": b"\xfe\xed", "zz": "z"}
        running.vault = {"shop/db": {"password": "p<w>", "port": 5432}, "shop/x/y": {"k": "v"}}
        running.tags = {"/a/two": {"team": "t"}, "zz": {"team": "t"}, "shop/x/y": {"team": "t"}}
        yield running


def aws(service: str, **more: str) -> AwsValues:
    """Return the door to one of AWS's services."""
    return AwsValues({"service": service, "region": "eu-central-1", **more})


def vault(server: ValueServer, **more: str) -> VaultValues:
    """Return the door to Vault."""
    fields: dict[str, Any] = {"server": server.address, "path": "secret", "version": "v2"}
    return VaultValues(fields | more, Settings("", "", {"VAULT_TOKEN": TOKEN}))


def test_a_parameter_is_read_by_name_version_and_prefix(server: ValueServer) -> None:
    assert aws(PARAMETERS).value("/a/one", "").reveal() == b"new"
    assert aws(PARAMETERS, prefix="/a/").value("one", "1").reveal() == b"old"
    assert aws(PARAMETERS, prefix="/a/").value("/a/one", "").reveal() == b"new"
    assert server.asked == ["GetParameter"] * 3


@pytest.mark.usefixtures("server")
def test_a_secret_is_text_or_bytes() -> None:
    assert aws(SECRETS).value("app/one", "").reveal() == b'{"k": "v"}'
    assert aws(SECRETS).value("app/two", f"uuid/{0:032}").reveal() == b"\xfe\xed"


@pytest.mark.usefixtures("server")
def test_names_come_from_every_page() -> None:
    assert aws(PARAMETERS).names(Find()) == ["/a/one", "/a/two", "/b/three"]
    assert aws(PARAMETERS).names(Find(tags=(("team", "t"),), path="/a")) == ["/a/two"]
    assert aws(SECRETS).names(Find()) == ["app/one", "app/two", "zz"]
    assert aws(SECRETS).names(Find(tags=(("team", "t"),))) == ["zz"]


def test_what_is_deleted_is_gone_and_no_more(server: ValueServer) -> None:
    aws(PARAMETERS).delete("/a/one")
    aws(SECRETS).delete("zz")
    vault(server).delete("shop/db")
    assert sorted(server.parameters) == ["/a/two", "/b/three"]
    assert sorted(server.secrets) == ["app/one", "app/two"]
    assert sorted(server.vault) == ["shop/x/y"]


def test_absence_and_refusal_are_told_apart(server: ValueServer) -> None:
    doors = (aws(PARAMETERS), aws(SECRETS), vault(server))
    for door in doors:
        with pytest.raises(NotThere):
            door.value("nothing", "")
    server.denies = True
    for door in doors[:2]:
        with pytest.raises(Denied):
            door.value("zz", "")
    with pytest.raises(OutsideError, match="403"):
        doors[2].value("shop/db", "")


@pytest.mark.parametrize("key", ["shop/db", "secret/shop/db", "secret/data/shop/db"])
def test_a_key_of_vault_is_found_however_much_of_its_path_it_says(
    server: ValueServer, key: str
) -> None:
    assert vault(server).value(key, "").reveal() == b'{"password":"p\\u003cw\\u003e","port":5432}'


def test_names_of_vault_come_from_folders_below_and_by_metadata(server: ValueServer) -> None:
    assert vault(server).names(Find(path="shop")) == ["shop/db", "shop/x/y"]
    assert vault(server).names(Find(tags=(("team", "t"),))) == ["shop/x/y"]


def test_plain_http_beyond_this_machine_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://aws.example.org")
    with pytest.raises(OutsideError, match="https"):
        aws(PARAMETERS)
    with pytest.raises(OutsideError, match="https"):
        VaultValues({"server": "http://vault.example.org"}, Settings("", "", {}))


def test_a_manifest_alone_says_of_no_server_that_it_gets_the_token() -> None:
    settings = Settings("", "", {"VAULT_TOKEN": TOKEN})
    with pytest.raises(OutsideError, match="would get your Vault token"):
        VaultValues({"server": "https://evil.example"}, settings)
    own = Settings("", "", {"VAULT_TOKEN": TOKEN, "VAULT_ADDR": "https://vault.acme.example"})
    VaultValues({"server": "https://evil.example"}, own)
