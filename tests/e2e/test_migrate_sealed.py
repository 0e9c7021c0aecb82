"""SealedSecrets that the real kubeseal made open as the controller opens them."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from tests.world import World

pytestmark = pytest.mark.e2e
PROGRAM = "github.com/bitnami-labs/sealed-secrets/cmd/kubeseal@v0.27.3"
SCOPES = ("strict", "namespace-wide", "cluster-wide")
VALUE = "kR7vXq2mWz9pLt4c"


@pytest.fixture(scope="module")
def kubeseal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the real kubeseal, built from its Go module."""
    folder = tmp_path_factory.mktemp("kubeseal")
    environ = {**os.environ, "GOBIN": str(folder), "GOFLAGS": "-mod=mod"}
    done = subprocess.run(
        ["go", "install", PROGRAM], env=environ, cwd=folder, check=False, capture_output=True
    )
    if done.returncode:
        pytest.skip("kubeseal cannot be built")
    return folder / "kubeseal"


def write_pair(folder: Path) -> None:
    """Write a controller's private key and certificate."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sealed-secrets")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    (folder / "tls.crt").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (folder / "tls.key").write_bytes(pem)


@pytest.mark.parametrize("scope", SCOPES)
def test_what_kubeseal_sealed_goes_into_git(kubeseal: Path, tmp_path: Path, scope: str) -> None:
    world = World(tmp_path)
    world.run("git", "init", "--quiet")
    world.run("sopsmith", "init", ".", "--environment", "prod")
    write_pair(tmp_path)
    secret = {
        "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/basic-auth",
        "metadata": {"name": "login", "namespace": "shop", "labels": {"app": "shop"}},
        "stringData": {"username": "anna", "password": VALUE},
    }  # fmt: skip
    argv = [str(kubeseal), "--cert", str(tmp_path / "tls.crt"), "--scope", scope, "-o", "yaml"]
    sealed = subprocess.run(
        argv, input=json.dumps(secret).encode(), capture_output=True, check=True
    )
    (world.work / "sealed.yaml").write_bytes(sealed.stdout)
    key = (tmp_path / "tls.key").read_bytes()
    argv = ["sopsmith", "migrate", "sealed-secrets", "sealed.yaml", "--key", "-"]
    world.run(*argv, stdin=key)
    path = "bootstrap/argocd/overlays/main/prod/secrets/login.secret.yaml"
    assert VALUE not in (world.work / path).read_text()
    opened = world.run("sops", "decrypt", "--output-type", "json", path)
    assert json.loads(opened) == secret
