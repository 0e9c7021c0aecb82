"""Tenants: made, filled, checked, mended and removed in a repository on disk."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from tests.unit.flows.looked_at import NOW

from sopsmith import age
from sopsmith.cli.main import run
from sopsmith.errors import NoIdentity
from sopsmith.repo.layout_policy import build_sops_config
from sopsmith.repo.layout_settings import build_settings, default_settings
from sopsmith.secret import Secret
from sopsmith.sops.config import CreationRule
from sopsmith.sops.document import Document, encrypt
from sopsmith.sops.keyring import Keyring

(PLATFORM, FOR_DEV), (TENANT, OWN) = age.generate(), age.generate()
FOR_PROD, OTHER = age.generate()[1], age.generate()[0]
CATCH_ALL = f"  - encrypted_regex: ^data$\n    age: {FOR_PROD}\n"
ENV = """\
DEV_APP_WEB_TOKEN=canary-dev
APP_PROD_WEB_TOKEN=canary-prod
APP_LEVEL=canary-level
APP_REGISTRY_SERVER=r.example.org
APP_REGISTRY_USERNAME=u
APP_REGISTRY_PASSWORD=canary-pull
TOKEN=platform
"""
SERVICES = """\
services: {web: [APP_WEB_, APP_LEVEL], worker: [APP_LEVEL]}
secrets:
  - name: pull
    kind: dockerconfigjson
    data:
      server: APP_REGISTRY_SERVER
      username: APP_REGISTRY_USERNAME
      password: APP_REGISTRY_PASSWORD
"""
DEV = Path("tenants/shop/overlays/dev")


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a repository with the tenant shop; identities of the user open the tenant's files."""
    settings = default_settings({"dev": (FOR_DEV,), "prod": (FOR_PROD,)})
    (tmp_path / "sopsmith.yaml").write_text(build_settings(settings))
    (tmp_path / ".sops.yaml").write_text(build_sops_config(settings) + CATCH_ALL)
    (tmp_path / "shop.env").write_text(ENV)
    (tmp_path / "keys").mkdir()
    keys = tmp_path / "keys/keys.txt"
    keys.write_bytes(TENANT.reveal() + b"\n")
    monkeypatch.setenv("SOPS_AGE_KEY_FILE", str(keys))
    monkeypatch.chdir(tmp_path)
    own = (f"--recipient={name}={OWN}" for name in ("dev", "prod"))
    assert run(["tenant", "add", "shop", *own]) == 0
    return tmp_path


def generate(*more: str) -> int:
    return run(["tenant", "generate", "shop", "--env-file", "shop.env", *more])


def say(path: Path, text: str) -> None:
    """Put text behind a file's own, in place of what it says of the same."""
    path.write_text(path.read_text().replace("one_secret_a: service\n", "") + text)


def opened(path: Path, identity: Secret = TENANT) -> dict[str, str]:
    keyring = Keyring(age.parse_identities(identity.reveal().decode(), ""))
    (found,) = Document.parse(path.read_bytes(), "yaml", path=str(path)).unlock(keyring).objects()
    assert isinstance(found, dict)
    values = found["stringData"]
    assert isinstance(values, dict)
    return values


def test_a_rule_of_its_own_stands_before_one_that_matches_too(shop: Path) -> None:
    rules = yaml.safe_load((shop / ".sops.yaml").read_text())["creation_rules"]
    found = [(one["path_regex"], one["age"].split(",\n")) for one in rules[:2]]
    assert found[0][0] == r"^tenants/shop/overlays/dev/.*\.secret\.yaml$"
    assert [one[1][0].replace(" ", "").split(",") for one in found] == [
        [OWN, FOR_DEV],
        [OWN, FOR_PROD],
    ]
    assert len(rules) == 6


def test_add_again_changes_nothing(shop: Path) -> None:
    before = {path: path.read_bytes() for path in shop.rglob("*") if path.is_file()}
    assert run(["tenant", "add", "shop"]) == 0
    assert {path: path.read_bytes() for path in shop.rglob("*") if path.is_file()} == before


def test_add_takes_up_the_folder_of_a_tenant_that_has_none_of_its_settings(shop: Path) -> None:
    (shop / "tenants/shop/tenant.yaml").unlink()
    (shop / DEV / "secrets/kustomization.yaml").unlink()
    text = (shop / "tenants/shop/base/00-namespace.yaml").read_text()
    (shop / "tenants/shop/base/00-namespace.yaml").write_text(text.replace("tenant-shop", "mall"))
    (shop / DEV / "config.yaml").unlink()
    own = (f"--recipient={name}={OWN}" for name in ("dev", "prod"))
    assert run(["tenant", "add", "shop", *own]) == 0
    assert yaml.safe_load((shop / DEV / "config.yaml").read_text())["namespace"] == "mall"
    assert (shop / DEV / "secrets/kustomization.yaml").exists()


def test_add_makes_identities_and_a_second_run_needs_none(shop: Path) -> None:
    keys = shop.parent / "elsewhere.txt"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOPS_AGE_KEY_FILE", str(keys))
        assert run(["tenant", "add", "cafe", "--environments", "dev,prod"]) == 0
        made = keys.read_bytes()
        assert made.count(b"AGE-SECRET-KEY-") == 2
        assert run(["tenant", "add", "cafe"]) == 0
    assert keys.read_bytes() == made


@pytest.mark.parametrize("name", ["../x", "Shop", "a/b", "", "a" * 57])
def test_a_name_that_is_no_folder_and_namespace_is_refused(shop: Path, name: str) -> None:
    assert run(["tenant", "add", name]) == 2
    assert [path.name for path in (shop / "tenants").iterdir()] == ["shop"]


def test_a_secret_a_service_keeps_the_names_of_the_variables(shop: Path) -> None:
    say(shop / "tenants/shop/tenant.yaml", SERVICES)
    assert generate() == 0
    secrets = shop / DEV / "secrets"
    assert opened(secrets / "web.secret.yaml") == {
        "APP_WEB_TOKEN": "canary-dev",
        "APP_LEVEL": "canary-level",
    }
    assert opened(secrets / "worker.secret.yaml") == {"APP_LEVEL": "canary-level"}
    prod = opened(shop / "tenants/shop/overlays/prod/secrets/web.secret.yaml")
    assert prod["APP_WEB_TOKEN"] == "canary-prod"
    pull = json.loads(opened(secrets / "pull.secret.yaml")[".dockerconfigjson"])
    assert pull["auths"]["r.example.org"]["password"] == "canary-pull"


def test_a_secret_a_variable(shop: Path) -> None:
    say(shop / "tenants/shop/tenant.yaml", "one_secret_a: variable\n")
    assert generate() == 0
    assert opened(shop / DEV / "secrets/app-level.secret.yaml") == {"APP_LEVEL": "canary-level"}


def test_the_platform_s_identity_opens_it_and_no_other_does(shop: Path) -> None:
    assert generate() == 0
    path = shop / DEV / "secrets/shop.secret.yaml"
    assert opened(path, PLATFORM)["APP_WEB_TOKEN"] == "canary-dev"
    with pytest.raises(NoIdentity):
        opened(path, OTHER)


def test_generate_again_changes_no_byte(shop: Path) -> None:
    assert generate() == 0
    before = {path: path.read_bytes() for path in shop.rglob("*") if path.is_file()}
    assert generate() == 0
    assert {path: path.read_bytes() for path in shop.rglob("*") if path.is_file()} == before


def test_prune_removes_what_no_variable_makes_any_more(shop: Path) -> None:
    assert generate() == 0
    say(shop / "tenants/shop/tenant.yaml", SERVICES + "roll: hash\n")
    (shop / "shop.env").write_text(ENV.replace("REGISTRY", "LOGIN").replace("APP_LOGIN", "LOGIN"))
    assert generate("--prune") == 0
    names = sorted(path.name for path in (shop / DEV / "secrets").glob("*.secret.yaml"))
    assert names == ["web.secret.yaml", "worker.secret.yaml"]
    listed = yaml.safe_load((shop / DEV / "ksops-generator.yaml").read_text())["files"]
    assert listed == ["./secrets/web.secret.yaml", "./secrets/worker.secret.yaml"]


def test_a_rule_for_others_is_refused_before_anything_is_encrypted(
    shop: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = shop / ".sops.yaml"
    path.write_text(path.read_text().replace(f"{OWN},\n      {FOR_DEV}", f"{OWN},{FOR_PROD}", 1))
    assert generate() == 1
    assert "encrypts for others" in capfd.readouterr().err
    assert list(shop.rglob("tenants/**/*.secret.yaml")) == []
    assert run(["tenant", "check", "--fix"]) == 0
    assert generate() == 0


def test_a_secret_for_another_namespace_is_refused(shop: Path) -> None:
    more = SERVICES.replace("    kind", "    namespace: kube-system\n    kind")
    say(shop / "tenants/shop/tenant.yaml", more)
    assert generate() == 1


def test_the_snippet_names_the_secrets(shop: Path, capfd: pytest.CaptureFixture[str]) -> None:
    say(shop / "tenants/shop/tenant.yaml", SERVICES)
    capfd.readouterr()
    assert generate("--dry-run", "--snippet") == 0
    assert yaml.safe_load(capfd.readouterr().out) == {
        "envFrom": [{"secretRef": {"name": "web"}}, {"secretRef": {"name": "worker"}}],
        "imagePullSecrets": [{"name": "pull"}],
    }


def test_no_output_holds_a_value(shop: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert generate("--output", "json") == 0
    assert run(["tenant", "list"]) == 0
    assert "canary" not in "".join(capfd.readouterr())


def test_check_names_what_upstream_refuses_and_fix_mends_it(
    shop: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert generate() == 0
    generator = shop / DEV / "ksops-generator.yaml"
    listed = "./secrets/shop.secret.yaml"
    text = generator.read_text()
    generator.write_text(text.replace(listed, "./secrets/*.secret.yaml") + "# mine\n")
    kustomization = shop / DEV / "kustomization.yaml"
    kustomization.write_text(kustomization.read_text().replace("base", "base\n  - ./secrets/"))
    inner = shop / DEV / "secrets/kustomization.yaml"
    inner.write_text("kind: Kustomization\nresources:\n  - shop.secret.yaml\n")
    capfd.readouterr()
    assert run(["tenant", "check", "shop"]) == 3
    said = capfd.readouterr().out
    assert "opens no globs" in said
    assert "lists the encrypted shop.secret.yaml as a resource" in said
    assert run(["tenant", "check", "shop", "--fix"]) == 0
    assert generator.read_text() == text + "# mine\n"
    assert inner.read_text() == "kind: Kustomization\nresources: []\n"
    assert run(["tenant", "check", "shop"]) == 0


@pytest.mark.parametrize("namespace", ["kube-system", "argocd", "tenant-cafe"])
def test_a_namespace_of_the_platform_or_of_another_tenant_is_no_tenant_s(
    shop: Path, namespace: str
) -> None:
    own = (f"--recipient={name}={OWN}" for name in ("dev", "prod"))
    assert run(["tenant", "add", "cafe", *own]) == 0
    path = shop / "tenants/shop/base/00-namespace.yaml"
    path.write_text(path.read_text().replace("tenant-shop", namespace))
    assert generate() == 1
    assert run(["tenant", "check", "shop"]) != 0
    assert list(shop.rglob("tenants/**/*.secret.yaml")) == []


@pytest.mark.parametrize(
    ("file", "entry"),
    [
        ("ksops-generator.yaml", "../../../cafe/overlays/dev/secrets/a.secret.yaml"),
        ("kustomization.yaml", "../../../../bootstrap/argocd/overlays/main/dev"),
    ],
)
def test_check_names_what_leads_outside(
    shop: Path, file: str, entry: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert generate() == 0
    path = shop / DEV / file
    first = "files:" if file.startswith("ksops") else "resources:"
    path.write_text(path.read_text().replace(f"{first}\n", f"{first}\n  - {entry}\n"))
    capfd.readouterr()
    assert run(["tenant", "check", "--fix"]) == 3
    assert f"names {entry}, which is outside" in capfd.readouterr().out


INLINE = """\
generators:
  - |-
    apiVersion: viaduct.ai/v1
    kind: ksops
    metadata: {name: a}
"""
WAYS_OUT = {
    "component": ("components: [../../../../bootstrap/shared]", "components[0]: names ../"),
    "base": ("bases: [../../../../bootstrap/shared]", "bases[0]: names ../"),
    "link": ("components: [link]", "names tenants/shop/overlays/dev/link, which is outside"),
    "address": ("components: [https://git.example.org/x]", "outside of this repository"),
    "patch": ("patches: [{path: ../../../../sopsmith.yaml}]", "patches[0].path: names ../"),
    "values": (
        "configMapGenerator: [{name: a, files: [../../../../.sops.yaml]}]",
        "configMapGenerator[0].files: names ../",
    ),
    "files": (INLINE + "    files: [../../../cafe/a.secret.yaml]", "opens ../../../cafe/a.secret"),
    "secret": (
        INLINE + "    secretFrom: [{metadata: {name: a}, envs: [../../../cafe/a.env]}]",
        "opens ../../../cafe/a.env, which is outside",
    ),
    "program": (
        "transformers:\n  - |-\n    {apiVersion: example.org/v1, kind: Any, metadata: {name: a}}",
        "transformer that the sidecar does not run",
    ),
}


@pytest.mark.parametrize("way", WAYS_OUT)
def test_check_names_every_way_out(shop: Path, way: str, capfd: pytest.CaptureFixture[str]) -> None:
    shared = shop / "bootstrap/shared/kustomization.yaml"
    shared.parent.mkdir(parents=True)
    shared.write_text("kind: Component\n")
    (shop / DEV / "link").symlink_to("../../../../bootstrap/shared")
    path = shop / DEV / "kustomization.yaml"
    text, said = WAYS_OUT[way]
    path.write_text(f"{path.read_text()}{text}\n")
    capfd.readouterr()
    assert run(["tenant", "check", "shop", "--fix"]) == 3
    (line,) = capfd.readouterr().out.splitlines()
    assert line.startswith(f"{DEV}/kustomization.yaml: ")
    assert said in line


def test_check_names_a_file_that_opens_for_others(
    shop: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert generate() == 0
    path = shop / DEV / "secrets/odd.secret.yaml"
    text = b"kind: Secret\nmetadata: {name: a, namespace: other}\nstringData: {A: canary}\n"
    path.write_bytes(encrypt(text, "yaml", CreationRule((FOR_PROD,)), now=NOW, path=str(path)))
    capfd.readouterr()
    assert run(["tenant", "check"]) == 3
    said = capfd.readouterr().out
    assert "opens for others" in said
    assert "canary" not in said


def test_who_joins_or_leaves_the_platform_opens_its_tenants_files_or_no_longer(shop: Path) -> None:
    assert generate() == 0
    path = shop / DEV / "secrets/shop.secret.yaml"
    identity, recipient = age.generate()
    keys = shop / "keys/keys.txt"
    keys.write_bytes(keys.read_bytes() + PLATFORM.reveal() + b"\n")
    assert run(["recipients", "add", "dev", recipient]) == 0
    assert opened(path, identity)["APP_WEB_TOKEN"] == "canary-dev"
    assert run(["recipients", "remove", "dev", recipient]) == 0
    with pytest.raises(NoIdentity):
        opened(path, identity)
    assert run(["tenant", "check"]) == 0


def test_config_follows_the_namespace_and_keeps_what_else_it_says(shop: Path) -> None:
    config, namespace = shop / DEV / "config.yaml", shop / "tenants/shop/base/00-namespace.yaml"
    config.write_text(config.read_text() + "wave: 7 # mine\n")
    namespace.write_text(namespace.read_text().replace("tenant-shop", "mall"))
    assert generate() == 0
    assert "namespace: mall\n" in config.read_text()
    assert config.read_text().endswith("wave: 7 # mine\n")


def test_remove_plans_and_then_leaves_the_rules_as_they_were_before(
    shop: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert generate() == 0
    assert run(["tenant", "remove", "shop"]) == 0
    assert (shop / DEV / "secrets/shop.secret.yaml").exists()
    assert "history keeps" in capfd.readouterr().err
    assert run(["tenant", "remove", "shop", "--yes"]) == 0
    assert [path for path in (shop / "tenants").rglob("*") if path.is_file()] == []
    settings = default_settings({"dev": (FOR_DEV,), "prod": (FOR_PROD,)})
    assert (shop / ".sops.yaml").read_text() == build_sops_config(settings) + CATCH_ALL
