"""A tenant builds with the real kustomize, opens for its own people, and reaches nothing else."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.e2e.test_kustomize import BUILD, OVERLAYS
from tests.e2e.test_sidecar_render import sidecar
from tests.world import World

pytestmark = pytest.mark.e2e

ENV = b"DEV_APP_TOKEN=canary-one\nPROD_APP_TOKEN=canary-two\nAPP_LEVEL=info\n"
DEV = "tenants/shop/overlays/dev"
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: tenant-shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - {name: web, image: web, envFrom: [{secretRef: {name: shop}}]}
"""


@pytest.fixture
def shop(platform: World, tmp_path: Path) -> Callable[..., bytes]:
    """Return what runs a command in a copy of the platform's repository with a new tenant."""
    copy = Path(shutil.copytree(platform.work, tmp_path / "copy"))

    def call(*argv: str, stdin: bytes = b"") -> bytes:
        return platform.run(*argv, stdin=stdin, cwd=copy)

    call.folder = copy  # type: ignore[attr-defined]
    call("sopsmith", "tenant", "add", "shop")
    return call


def generate(shop: Callable[..., bytes], env: bytes = ENV) -> None:
    shop("sopsmith", "tenant", "generate", "shop", "--env-file", "-", stdin=env)


def build(shop: Callable[..., bytes], path: str = DEV) -> dict[str, Any]:
    documents = yaml.safe_load_all(shop(*BUILD, path))
    return {one["kind"]: one for one in documents}


def test_it_builds_as_made_and_then_with_its_secrets(shop: Callable[..., bytes]) -> None:
    assert list(build(shop)) == ["Namespace"]
    generate(shop)
    secret = build(shop)["Secret"]
    assert secret["metadata"] == {"name": "shop", "namespace": "tenant-shop"}
    assert sorted(secret["data"]) == ["APP_LEVEL", "APP_TOKEN"]


def test_the_layout_with_a_glob_and_secrets_as_a_resource_builds_alike(
    shop: Callable[..., bytes],
) -> None:
    generate(shop)
    before = build(shop)
    folder: Path = shop.folder / DEV  # type: ignore[attr-defined]
    for name, old, new in (
        ("ksops-generator.yaml", "./secrets/shop.secret.yaml", "./secrets/*.secret.yaml"),
        ("kustomization.yaml", "- ../../base", "- ../../base\n  - ./secrets/"),
    ):
        (folder / name).write_text((folder / name).read_text().replace(old, new))
    assert build(shop) == before
    generate(shop, ENV + b"DEV_APP_MORE=x\n")
    assert "APP_MORE" in build(shop)["Secret"]["data"]


def test_a_new_value_rolls_the_pods_that_use_it(shop: Callable[..., bytes]) -> None:
    root: Path = shop.folder  # type: ignore[attr-defined]
    with (root / "tenants/shop/tenant.yaml").open("a") as settings:
        settings.write("roll: hash\n")
    (root / "tenants/shop/base/web.yaml").write_text(DEPLOYMENT)
    base = root / "tenants/shop/base/kustomization.yaml"
    base.write_text(base.read_text() + "  - web.yaml\n")

    def names() -> tuple[str, str]:
        built = build(shop)
        (container,) = built["Deployment"]["spec"]["template"]["spec"]["containers"]
        used = container["envFrom"][0]["secretRef"]["name"]
        return built["Secret"]["metadata"]["name"], used

    generate(shop)
    made, used = names()
    assert made == used
    assert made.startswith("shop-")
    generate(shop, ENV.replace(b"canary-one", b"canary-three"))
    again, used = names()
    assert again == used
    assert again != made


def test_its_generator_names_nothing_of_the_platform(
    shop: Callable[..., bytes], platform: World
) -> None:
    generate(shop)
    root: Path = shop.folder  # type: ignore[attr-defined]
    target = next((root / OVERLAYS / "dev/secrets").glob("*.secret.yaml"))
    generator = root / DEV / "ksops-generator.yaml"
    entry = os.path.relpath(target, root / DEV)
    generator.write_text(f"{generator.read_text()}  - {entry}\n")
    done = platform.attempt(*BUILD, DEV, cwd=root)
    assert done.returncode != 0
    assert done.stdout == b""
    assert b"outside the tenant's folder" in done.stderr


def test_the_sidecar_gives_a_tenant_no_secret_of_the_platform(
    shop: Callable[..., bytes],
    platform: World,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    generate(shop)
    root: Path = shop.folder  # type: ignore[attr-defined]
    (tmp_path / "platform").mkdir()
    shutil.copy(platform.keys_file, tmp_path / "platform/keys.txt")
    assert sidecar(tmp_path, root, DEV, platform.environ["PATH"]) == 0
    assert "name: shop" in capfd.readouterr().out
    kustomization = root / DEV / "kustomization.yaml"
    secrets = os.path.relpath(root / OVERLAYS / "dev/secrets", root / DEV)
    text = kustomization.read_text()
    kustomization.write_text(text.replace("- ../../base", f"- ../../base\n  - {secrets}"))
    assert sidecar(tmp_path, root, DEV, platform.environ["PATH"]) == 1
    said = capfd.readouterr()
    assert said.out == ""
    assert "lies outside" in said.err


def test_the_real_sops_opens_a_tenant_s_file_for_its_own_identity_alone(
    shop: Callable[..., bytes], platform: World
) -> None:
    generate(shop)
    root: Path = shop.folder  # type: ignore[attr-defined]
    settings = yaml.safe_load((root / "tenants/shop/tenant.yaml").read_text())["environments"]
    lines = platform.keys_file.read_text().splitlines()
    path = f"{DEV}/secrets/shop.secret.yaml"

    def opens(environment: str) -> bool:
        (recipient,) = settings[environment]["recipients"]
        identity = lines[lines.index(f"# public key: {recipient}") + 1]
        done = platform.attempt(
            "sops", "decrypt", path, cwd=root,
            SOPS_AGE_KEY=identity, HOME="/none", XDG_CONFIG_HOME="/none",
        )  # fmt: skip
        return b"canary-one" in done.stdout

    assert [opens(name) for name in ("dev", "staging", "prod")] == [True, False, False]
