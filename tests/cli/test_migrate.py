"""Migrations as a user calls them, inside this process: values are read, sealed and never shown."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from tests.leaks.watch import CANARY, Outcome, Watch
from tests.value_servers import TOKEN, serving
from tests.world import World

HOME = "bootstrap/argocd/overlays/main/prod/secrets"
STORES = """
apiVersion: external-secrets.io/v1beta1
kind: SecretStore
metadata: {name: aws}
spec: {provider: {aws: {service: SecretsManager, region: eu-central-1}}}
---
apiVersion: external-secrets.io/v1beta1
kind: SecretStore
metadata: {name: vault}
spec: {provider: {vault: {server: http://127.0.0.1:1, path: secret, version: v2}}}
"""
EXTERNAL = """
apiVersion: external-secrets.io/v1beta1
kind: ExternalSecret
metadata: {name: %s}
spec:
  secretStoreRef: {name: %s}
  target: {template: {data: {url: "pg://{{ .password }}@db"}}}
  data: [{secretKey: password, remoteRef: {key: shop/db, property: password}}]
"""
MIGRATE = ("migrate", "eso", "apps")


@pytest.fixture
def watch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> Watch:
    """Return a world with a repository of one environment and ExternalSecrets in `apps`."""
    made = Watch(tmp_path, monkeypatch, capfdbinary)
    assert made.call("init", ".", "--environment", "prod").code == 0
    made.write("apps/kustomization.yaml", "namespace: shop\nresources: [all.yaml]\n")
    return made


def external(watch: Watch, *stores: str) -> None:
    """Write an ExternalSecret for each store, named for it."""
    texts = [STORES, *(EXTERNAL % (store, store) for store in stores)]
    watch.write("apps/all.yaml", "---".join(texts))


def refuse_canary(watch: Watch, done: Outcome) -> None:
    """Fail where the canary was said, or stands in a file."""
    assert CANARY.encode() not in done.stdout + done.stderr
    for path in watch.world.work.rglob("*"):
        if path.is_file() and path.name != ".env":
            assert CANARY not in path.read_text(errors="replace"), path


def decrypted(watch: Watch, name: str) -> dict[str, str]:
    """Return the values of a Secret."""
    done = watch.call("decrypt", f"{HOME}/{name}.secret.yaml", "--output-type", "json",
                      SOPS_AGE_KEY_FILE=str(watch.world.keys_file))  # fmt: skip
    content = json.loads(done.stdout)
    assert content["metadata"]["namespace"] == "shop"
    values: dict[str, str] = content["stringData"]
    return values


@pytest.mark.parametrize("source", ["aws", "vault"])
def test_a_provider_is_asked_and_its_values_go_into_git(watch: Watch, source: str) -> None:
    external(watch, source)
    with serving() as server:
        held = {"password": CANARY}
        server.secrets["shop/db"], server.vault["shop/db"] = json.dumps(held), held
        done = watch.call(
            *MIGRATE, "--from", source, AWS_ENDPOINT_URL=server.address, AWS_ACCESS_KEY_ID="i",
            AWS_SECRET_ACCESS_KEY="k", VAULT_ADDR=server.address, VAULT_TOKEN=TOKEN,
        )  # fmt: skip
    assert done.code == 0, done.stderr
    refuse_canary(watch, done)
    assert decrypted(watch, source) == {"url": f"pg://{CANARY}@db"}
    generator = (watch.world.work / HOME / "ksops-generator.yaml").read_text()
    assert f"./{source}.secret.yaml" in generator


def test_a_dry_run_plans_and_writes_nothing(watch: Watch) -> None:
    external(watch, "aws")
    watch.write(".env", f"SHOP_DB_PASSWORD={CANARY}\n")
    words = ("--from", "env-file", "--env-file", ".env", "--dry-run", "-o", "json")
    done = watch.call(*MIGRATE, *words)
    (row,) = json.loads(done.stdout)["objects"]
    assert (row["action"], row["path"]) == ("create", f"{HOME}/aws.secret.yaml")
    assert not (watch.world.work / HOME / "aws.secret.yaml").exists()
    refuse_canary(watch, done)


@pytest.mark.parametrize(
    "held",
    [f'"{CANARY}', f'{{"other": "{CANARY}"}}', f'{{"password": "{CANARY}\\', CANARY],
    ids=["cut", "other", "escape", "no-json"],
)
def test_no_error_shows_what_a_provider_holds(watch: Watch, held: str) -> None:
    external(watch, "aws")
    with serving() as server:
        server.secrets["shop/db"] = held
        done = watch.call(
            *MIGRATE, "--from", "aws", AWS_ENDPOINT_URL=server.address, AWS_ACCESS_KEY_ID="i",
            AWS_SECRET_ACCESS_KEY="k",
        )  # fmt: skip
    assert b"left" in done.stdout
    refuse_canary(watch, done)


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        ([*MIGRATE, "--cluster"], b"either manifests or --cluster"),
        ([*MIGRATE, "--from", "env-file"], b"--env-file"),
        (list(MIGRATE), b"which cluster"),
    ],
    ids=["both", "no-env", "no-context"],
)
def test_words_that_do_not_fit_end_with_2(watch: Watch, argv: list[str], said: bytes) -> None:
    external(watch, "aws")
    done = watch.call(*argv)
    assert done.code == 2
    assert said in done.stderr


def test_loose_sops_files_move_and_leave_the_lists(watch: Watch) -> None:
    secret = (
        "apiVersion: v1\nkind: Secret\nmetadata: {name: %s, namespace: shop}\n"
        f"data: {{p: {base64.b64encode(CANARY.encode()).decode()}}}\n"
    )
    watch.write("old/.sops.yaml", f"creation_rules: [{{age: {watch.recipient}}}]\n")
    for name in ("one", "two"):
        watch.write(f"old/{name}.yaml", secret % name)
        sealed = watch.call("encrypt", "-i", f"old/{name}.yaml", "--config", "old/.sops.yaml")
        assert sealed.code == 0
    watch.write("old/gen.yaml", "apiVersion: viaduct.ai/v1\nkind: ksops\nmetadata: {name: g}\n"
                "files:\n  - one.yaml # first\n  - ./two.yaml\n  - other.yaml\n")  # fmt: skip
    done = watch.call("migrate", "sops", "old", "--remove")
    assert done.code == 0, done.stderr
    refuse_canary(watch, done)
    assert decrypted(watch, "one") == {"p": CANARY}
    assert sorted(path.name for path in (watch.world.work / "old").glob("*.yaml")) == [
        ".sops.yaml", "gen.yaml",
    ]  # fmt: skip
    assert "- other.yaml" in (watch.world.work / "old/gen.yaml").read_text()
    assert "one.yaml" not in (watch.world.work / "old/gen.yaml").read_text()


def test_the_example_of_the_page_runs(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "docs/how-to/migrate-from-eso.md").read_text()
    script = text.split("<!-- run -->\n```sh\n")[1].split("```")[0]
    world = World(tmp_path)
    world.run("sopsmith", "init", ".")
    said = world.run("sh", "-e", "-c", script).decode()
    assert said.count("create") == 2
    opened = world.run("sopsmith", "decrypt", f"{HOME}/db.secret.yaml").decode()
    assert "postgres://shop:correct-horse@db:5432/shop" in opened
