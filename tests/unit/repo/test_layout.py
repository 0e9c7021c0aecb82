"""A new repository has all it needs; an old one keeps every byte and gets what it lacks."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from sopsmith import age
from sopsmith.errors import RuleError
from sopsmith.formats import yaml
from sopsmith.formats.tree import to_object
from sopsmith.repo.layout import SOPS_CONFIG, find_gaps, layout_paths, plan_layout
from sopsmith.repo.layout_policy import extend_gitignore
from sopsmith.repo.layout_rules import adopt_rules, find_rule_gaps
from sopsmith.repo.layout_settings import ENVIRONMENTS, build_settings, default_settings
from sopsmith.repo.settings import RepoSettings, Scope, parse_settings
from sopsmith.sops.config import Config

ROOT = Path(__file__).parents[3]
RECIPIENTS: dict[str, tuple[str, ...]] = {name: (age.generate()[1],) for name in ENVIRONMENTS}
SETTINGS = default_settings(RECIPIENTS)
MAIN = "bootstrap/argocd/overlays/main"


def layout(settings: RepoSettings = SETTINGS) -> dict[str, bytes]:
    return {file.path: file.data for file in plan_layout(settings, {})}


def rules(settings: RepoSettings = SETTINGS) -> Config:
    return Config.parse(layout(settings)[SOPS_CONFIG], SOPS_CONFIG)


def content(data: bytes) -> object:
    return to_object(yaml.parse(data.decode())[0].root)


def test_the_settings_are_written_first() -> None:
    assert layout_paths(SETTINGS)[0] == "sopsmith.yaml"


def test_the_written_settings_read_as_what_they_were_made_from() -> None:
    assert parse_settings(build_settings(SETTINGS).encode(), "x") == SETTINGS


def test_the_platform_s_table_stands_in_the_settings_with_its_users() -> None:
    assert [mapping.name for mapping in SETTINGS.mappings if mapping.used_by] == [
        "hetzner-api-token",
        "hetzner-dns-token",
        "hetzner-s3-access-key",
        "hetzner-s3-secret-key",
        "database-url",
        "org-name",
        "tenants-repo-name",
    ]


def test_the_commented_examples_are_settings_once_uncommented() -> None:
    head, _, examples = build_settings(SETTINGS).partition("  # Several variables")
    lines = [
        line.replace("  # ", "  ", 1) if line.startswith(("  # - ", "  #   ")) else ""
        for line in examples.splitlines()[1:]
    ]
    settings = parse_settings("\n".join([head, *lines]).encode(), "x")
    assert [mapping.kind for mapping in settings.mappings[-3:]] == [
        "data",
        "dockerconfigjson",
        "tls",
    ]


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_an_environment_s_rule_has_its_own_recipient_alone(name: str) -> None:
    rule = rules().rule_for(f"{MAIN}/{name}/secrets/a.secret.yaml")
    assert rule.recipients == RECIPIENTS[name]


def test_core_s_rule_comes_last() -> None:
    named = [rule.path_regex.split("/")[-2] for rule in rules().rules]
    assert named == ["dev", "staging", "prod", "core"]


def test_core_s_rule_has_the_recipients_of_all() -> None:
    rule = rules().rule_for(f"{MAIN}/core/secrets/a.secret.yaml")
    assert rule.recipients == tuple(r for (r,) in RECIPIENTS.values())


@pytest.mark.parametrize("path", [f"{MAIN}/dev/a.yaml", f"x/{MAIN}/dev/a.secret.yaml", "a.yaml"])
def test_no_rule_reaches_other_files(path: str) -> None:
    with pytest.raises(RuleError):
        rules().rule_for(path)


def test_every_rule_encrypts_data_and_string_data_alone() -> None:
    for rule in rules().rules:
        assert rule.selector.selects(("stringData", "a"))
        assert rule.selector.selects(("data", "a"))
        assert not rule.selector.selects(("metadata", "name"))


def test_a_dot_in_a_folder_is_no_wildcard_of_a_rule() -> None:
    settings = RepoSettings(root="a.b", environments=SETTINGS.environments)
    with pytest.raises(RuleError):
        rules(settings).rule_for("axb/overlays/main/dev/secrets/a.secret.yaml")


def test_an_environment_lists_core_its_secrets_its_own_and_tenants() -> None:
    found = content(layout()[f"{MAIN}/dev/kustomization.yaml"])
    assert isinstance(found, dict)
    assert found["resources"] == ["../core", "../core/secrets", "./secrets", "99-tenants.yaml"]


def test_core_finds_the_base_from_any_depth() -> None:
    settings = RepoSettings(overlays="o", environments=SETTINGS.environments)
    found = content(layout(settings)["bootstrap/argocd/o/core/kustomization.yaml"])
    assert isinstance(found, dict)
    assert found["resources"] == ["../../base"]


def test_tenants_may_do_nothing_at_first() -> None:
    found = content(layout()[f"{MAIN}/dev/99-tenants.yaml"])
    assert isinstance(found, dict)
    assert (found["metadata"]["name"], found["metadata"]["namespace"]) == ("tenants", "argocd")
    spec = {key: value for key, value in found["spec"].items() if key != "description"}
    assert spec
    assert all(value == [] for value in spec.values())


def test_a_generator_speaks_of_ksops_both_ways() -> None:
    found = content(layout()[f"{MAIN}/dev/secrets/ksops-generator.yaml"])
    assert isinstance(found, dict)
    assert (found["apiVersion"], found["kind"], found["files"]) == ("viaduct.ai/v1", "ksops", [])
    assert found["metadata"]["annotations"] == {
        "config.kubernetes.io/function": "exec:\n  path: ksops\n"
    }


def hook(name: str) -> dict[str, str]:
    found = content(layout()[".pre-commit-config.yaml"])
    assert isinstance(found, dict)
    (entry,) = [entry for entry in found["repos"][0]["hooks"] if entry["id"] == name]
    return dict(entry)


def test_a_hook_finds_an_identity_and_not_itself() -> None:
    # pre-commit's pygrep with --negate --multiline: a file without a match is named.
    pattern = re.compile(hook("no-identity")["entry"], re.MULTILINE | re.DOTALL)
    assert not pattern.search("x: 1\n" + age.generate()[0].reveal().decode())
    assert all(pattern.search(data.decode()) for data in layout().values())


@pytest.mark.parametrize("path", [".env", "a/.env.local", ".envrc", "keys.txt", "a/keys.txt"])
def test_a_hook_refuses_plain_files(path: str) -> None:
    assert re.search(hook("no-plain-files")["files"], path)


def test_a_hook_lets_the_example_pass() -> None:
    assert re.search(hook("no-plain-files")["exclude"], ".env.example")


def test_hooks_know_an_encrypted_secret_from_a_plain_one() -> None:
    names = ("secret-has-metadata", "secret-is-encrypted")
    patterns = [re.compile(hook(name)["entry"]) for name in names]
    plain, sealed = ["a: b"], ["a: ENC[AES256_GCM,data:eA==]", "sops:"]
    assert not any(pattern.search(line) for pattern in patterns for line in plain)
    assert all(any(pattern.search(line) for line in sealed) for pattern in patterns)


def test_what_stands_is_not_planned() -> None:
    assert plan_layout(SETTINGS, layout()) == []


def test_only_what_is_missing_is_planned() -> None:
    existing = dict.fromkeys(layout_paths(SETTINGS), b"# by hand\n.env*\nkeys.txt\n")
    del existing[SOPS_CONFIG]
    assert [file.path for file in plan_layout(SETTINGS, existing)] == [SOPS_CONFIG]


def test_a_gitignore_keeps_its_bytes_and_gets_what_it_lacks() -> None:
    existing = layout() | {".gitignore": b"\xff\r\nkeys.txt"}
    (file,) = plan_layout(SETTINGS, existing)
    assert file.extends
    assert file.data.startswith(b"\xff\r\nkeys.txt\r\n")
    assert b"\r\n.env*\r\n!.env.example\r\n" in file.data
    assert file.data.count(b"keys.txt") == 1


def test_a_gitignore_that_ignores_the_example_too_stays() -> None:
    assert extend_gitignore(".env*\nkeys.txt\n") == ".env*\nkeys.txt\n"


def test_a_complete_layout_has_no_gaps() -> None:
    assert find_gaps(SETTINGS, layout()) == []


def test_an_overlay_that_lacks_its_secrets_is_named() -> None:
    path = f"{MAIN}/dev/kustomization.yaml"
    text = b"resources:\n- ../core/\n- 99-tenants.yaml\n- secrets\n"
    assert find_gaps(SETTINGS, {path: text}) == [f"{path}: resources lacks ../core/secrets"]


@pytest.mark.parametrize("text", [b"a: [", b"\xff"])
def test_an_overlay_that_cannot_be_read_is_named(text: bytes) -> None:
    (gap,) = find_gaps(SETTINGS, {f"{MAIN}/dev/kustomization.yaml": text})
    assert "could not be read" in gap


def test_an_empty_overlay_lacks_everything() -> None:
    (gap,) = find_gaps(SETTINGS, {f"{MAIN}/dev/kustomization.yaml": b""})
    assert "../core, ../core/secrets, ./secrets, 99-tenants.yaml" in gap


def test_own_rules_have_no_gaps() -> None:
    assert find_rule_gaps(SETTINGS, rules().rule_for) == []


def test_an_environment_without_a_rule_is_named() -> None:
    more = (*SETTINGS.environments, Scope("pr", "PR_", SETTINGS.environments[0].named))
    settings = RepoSettings(environments=more)
    assert find_rule_gaps(settings, rules().rule_for) == [
        f"has no rule for {MAIN}/pr/secrets/*.secret.yaml"
    ]


def test_other_recipients_are_named() -> None:
    other = default_settings(RECIPIENTS | {"dev": RECIPIENTS["prod"]})
    gaps = find_rule_gaps(other, rules().rule_for)
    assert "has other recipients for dev than sopsmith.yaml" in gaps


def test_settings_follow_from_rules_that_stand() -> None:
    core = age.generate()[1]
    settings = default_settings(RECIPIENTS | {"core": (core,)})
    assert adopt_rules(ENVIRONMENTS, rules(settings).rule_for) == settings


def test_rules_that_do_not_reach_an_environment_are_not_taken() -> None:
    with pytest.raises(RuleError):
        adopt_rules(("dev", "pr"), rules().rule_for)


def find_kustomize() -> str | None:
    found = ROOT / ".tools" / "bin" / "kustomize"
    return str(found) if os.access(found, os.X_OK) else shutil.which("kustomize")


@pytest.mark.skipif(find_kustomize() is None, reason="no kustomize; make e2e builds it")
@pytest.mark.parametrize("overlay", ["core", *ENVIRONMENTS, "core/secrets", "dev/secrets"])
def test_kustomize_builds_a_repository_without_any_secret(overlay: str, tmp_path: Path) -> None:
    for path, data in layout().items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    flags = ["--enable-alpha-plugins", "--enable-exec"]
    argv = [str(find_kustomize()), "build", *flags, f"{MAIN}/{overlay}"]
    done = subprocess.run(argv, cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert (b"kind: AppProject" in done.stdout) == (overlay in ENVIRONMENTS)
