"""AWS KMS and Vault transit open for sopsmith what sops wrapped, and the other way round.

The servers are fakes; see `cloud_servers`.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.interop.cloud_servers import TOKEN, CloudServer, serving
from tests.interop.conftest import NOW, RealSops

from sopsmith.adapters.environment import Settings
from sopsmith.adapters.kinds import load_kinds
from sopsmith.adapters.programs import LocalPrograms
from sopsmith.errors import MasterKeyError, NoIdentity, OutsideError
from sopsmith.sops.config import Config
from sopsmith.sops.document import Document, encrypt
from sopsmith.sops.keyring import Keyring

ARN = "arn:aws:kms:eu-west-1:111122223333:key/test"
AWS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
}
VALUES = {"a": "one", "n": 5}
TEXT = b"a: one\nn: 5\n"


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[CloudServer]:
    with serving() as server:
        for name, value in {**AWS, "AWS_ENDPOINT_URL": server.address}.items():
            monkeypatch.setenv(name, value)
        yield server


def kinds_at(home: Path, token: str = TOKEN) -> Keyring:
    settings = Settings(str(home), str(home), {"VAULT_TOKEN": token})
    return Keyring([], kinds=load_kinds(settings, LocalPrograms()))


def rules(cloud: CloudServer) -> dict[str, str]:
    return {
        "kms": f"kms: '{ARN}'",
        "kms with a context": f"key_groups: [{{kms: [{{arn: '{ARN}', context: {{app: x}}}}]}}]",
        "vault": f"hc_vault_transit_uri: {cloud.address}/v1/sops/keys/first",
    }


def environ_for(sops: RealSops, cloud: CloudServer) -> dict[str, str]:
    path = sops.environ["PATH"]
    return {"PATH": path, **AWS, "AWS_ENDPOINT_URL": cloud.address, "VAULT_TOKEN": TOKEN}


NAMES = ["kms", "kms with a context", "vault"]


@pytest.mark.parametrize("name", NAMES)
def test_sops_opens_what_sopsmith_wrapped(
    sops: RealSops, cloud: CloudServer, tmp_path: Path, name: str
) -> None:
    config = Config.parse(f"creation_rules: [{{{rules(cloud)[name]}}}]".encode(), ".sops.yaml")
    kinds = kinds_at(tmp_path).kinds
    sealed = encrypt(TEXT, "yaml", config.rules[0], now=NOW, path="x", kinds=kinds)
    types = ("--input-type", "yaml", "--output-type", "json")
    done = subprocess.run(
        [str(sops.binary), "decrypt", *types, "/dev/stdin"],
        input=sealed,
        env=environ_for(sops, cloud),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout) == VALUES


@pytest.mark.parametrize("name", NAMES)
def test_sopsmith_opens_what_sops_wrapped(
    sops: RealSops, cloud: CloudServer, tmp_path: Path, name: str
) -> None:
    (tmp_path / ".sops.yaml").write_text(f"creation_rules: [{{{rules(cloud)[name]}}}]")
    (tmp_path / "x.yaml").write_bytes(TEXT)
    done = subprocess.run(
        [str(sops.binary), "encrypt", "x.yaml"],
        cwd=tmp_path,
        env=environ_for(sops, cloud),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    opened = Document.parse(done.stdout, "yaml", path="x").unlock(kinds_at(tmp_path))
    assert opened.objects() == [VALUES]


@pytest.mark.parametrize("name", NAMES)
def test_a_service_that_refuses_is_named_and_opens_nothing(
    cloud: CloudServer, tmp_path: Path, name: str
) -> None:
    config = Config.parse(f"creation_rules: [{{{rules(cloud)[name]}}}]".encode(), ".sops.yaml")
    kinds = kinds_at(tmp_path).kinds
    sealed = encrypt(TEXT, "yaml", config.rules[0], now=NOW, path="x", kinds=kinds)
    cloud.down = True
    with pytest.raises(NoIdentity) as caught:
        Document.parse(sealed, "yaml", path="x").unlock(kinds_at(tmp_path))
    assert "refused" in (caught.value.hint or "")
    with pytest.raises(OutsideError, match="refused"):
        encrypt(TEXT, "yaml", config.rules[0], now=NOW, path="x", kinds=kinds)


def test_a_service_that_is_gone_is_said_to_be_unreachable(tmp_path: Path) -> None:
    rule = "hc_vault_transit_uri: http://127.0.0.1:9/v1/sops/keys/first"
    config = Config.parse(f"creation_rules: [{{{rule}}}]".encode(), ".sops.yaml")
    with pytest.raises(OutsideError, match="could not be asked"):
        encrypt(TEXT, "yaml", config.rules[0], now=NOW, path="x", kinds=kinds_at(tmp_path).kinds)


def test_without_a_token_vault_is_not_asked(cloud: CloudServer, tmp_path: Path) -> None:
    config = Config.parse(f"creation_rules: [{{{rules(cloud)['vault']}}}]".encode(), ".sops.yaml")
    with pytest.raises(OutsideError, match="no Vault token"):
        encrypt(
            TEXT, "yaml", config.rules[0], now=NOW, path="x", kinds=kinds_at(tmp_path, "").kinds
        )
    assert cloud.asked == []


def test_a_text_that_is_no_arn_is_refused(tmp_path: Path) -> None:
    config = Config.parse(b"creation_rules: [{kms: 'nonsense'}]", ".sops.yaml")
    with pytest.raises(MasterKeyError, match="not the ARN"):
        encrypt(TEXT, "yaml", config.rules[0], now=NOW, path="x", kinds=kinds_at(tmp_path).kinds)
