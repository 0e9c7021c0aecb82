"""`generate` from end to end in memory, with real encryption."""

from __future__ import annotations

import pytest
from tests.unit.flows.stage import KEYS, Stage

from sopsmith.errors import (
    EnvFileError,
    FormatError,
    LayoutError,
    ManifestError,
    NotEncrypted,
    RuleError,
    UsageError,
)

ENV = "ORG_NAME=org\nDEV_DATABASE_URL=dev\nPROD_DATABASE_URL=prod\nEXTRA=x\n"


def test_each_variable_becomes_a_secret_of_its_scope() -> None:
    stage = Stage()
    assert stage.generate(ENV) == {
        "core/secrets/extra.secret.yaml": "create",
        "core/secrets/org-name.secret.yaml": "create",
        "dev/secrets/database-url.secret.yaml": "create",
        "prod/secrets/database-url.secret.yaml": "create",
    }
    assert stage.value("dev", "database-url") == "dev"
    assert stage.value("core", "extra") == "x"


def test_the_lists_name_what_was_written() -> None:
    stage = Stage()
    stage.generate(ENV)
    assert stage.listed("core") == ["./extra.secret.yaml", "./org-name.secret.yaml"]
    kustomization = stage.files.held[stage.path("core", "kustomization.yaml")].decode()
    assert "./ksops-generator.yaml" in kustomization


def test_a_second_run_writes_nothing() -> None:
    stage = Stage()
    stage.generate(ENV)
    before = dict(stage.files.held)
    assert set(stage.generate(ENV).values()) == {"keep"}
    assert (stage.files.held, stage.files.log) == (before, [])


def test_only_what_changed_is_written() -> None:
    stage = Stage()
    stage.generate(ENV)
    stage.generate(ENV.replace("=prod", "=other"))
    assert stage.files.log == [stage.path("prod", "database-url.secret.yaml")]
    assert stage.value("prod", "database-url") == "other"


def test_secrets_come_before_lists_and_removals_last() -> None:
    stage = Stage()
    stage.generate("GONE=1\n")
    stage.generate("NEW=1\nDEV_NEW2=2\n", prune=True)
    assert stage.files.log == [
        stage.path("core", "new.secret.yaml"),
        stage.path("dev", "new2.secret.yaml"),
        stage.path("core", "ksops-generator.yaml"),
        stage.path("dev", "ksops-generator.yaml"),
        stage.path("dev", "kustomization.yaml"),
        "-" + stage.path("core", "gone.secret.yaml"),
    ]


def test_the_generator_leaves_the_kustomization_before_it_runs_empty() -> None:
    stage = Stage()
    stage.generate("GONE=1\n")
    stage.generate("", prune=True)
    assert stage.files.log == [
        stage.path("core", "kustomization.yaml"),
        stage.path("core", "ksops-generator.yaml"),
        "-" + stage.path("core", "gone.secret.yaml"),
    ]
    kustomization = stage.files.held[stage.path("core", "kustomization.yaml")].decode()
    assert "./ksops-generator.yaml" not in kustomization


def test_without_prune_a_left_over_is_only_said() -> None:
    stage = Stage()
    stage.generate("GONE=1\n")
    assert stage.generate("") == {"core/secrets/gone.secret.yaml": "stale"}
    assert not stage.files.log


def test_prune_leaves_what_generate_did_not_make() -> None:
    stage = Stage()
    stage.generate("A=1\nB=1\nUNLISTED=1\n")
    hand = stage.path("core", "hand.secret.yaml")
    sealed = stage.files.held[stage.path("core", "b.secret.yaml")]
    stage.files.held[hand] = sealed.replace(b"type: Opaque", b"type: other")
    plain = stage.path("core", "plain.secret.yaml")
    stage.files.held[plain] = b"kind: Secret\n"
    generator = stage.path("core", "ksops-generator.yaml")
    text = stage.files.held[generator].replace(b"  - ./unlisted.secret.yaml\n", b"")
    stage.files.held[generator] = text + b"  - ./hand.secret.yaml\n  - plain.secret.yaml\n"
    assert stage.generate("A=1\n", prune=True) == {
        "core/secrets/a.secret.yaml": "keep",
        "core/secrets/b.secret.yaml": "remove",
        "core/secrets/unlisted.secret.yaml": "unlisted",
    }
    assert hand in stage.files.held
    assert plain in stage.files.held
    assert "./hand.secret.yaml" in stage.listed("core")


def test_a_missing_file_leaves_the_list_with_prune() -> None:
    stage = Stage()
    stage.generate("A=1\nB=1\n")
    del stage.files.held[stage.path("core", "b.secret.yaml")]
    assert stage.generate("A=1\n")["core/secrets/b.secret.yaml"] == "missing"
    assert stage.listed("core") == ["./a.secret.yaml", "./b.secret.yaml"]
    stage.generate("A=1\n", prune=True)
    assert stage.listed("core") == ["./a.secret.yaml"]
    assert stage.generate("A=1\n", prune=True) == {"core/secrets/a.secret.yaml": "keep"}


def test_prune_needs_no_identity() -> None:
    stage = Stage()
    stage.generate("GONE=1\n")
    stage.identities = []
    assert stage.generate("", prune=True) == {"core/secrets/gone.secret.yaml": "remove"}


def test_environment_limits_the_scopes() -> None:
    stage = Stage()
    assert list(stage.generate(ENV, "dev")) == ["dev/secrets/database-url.secret.yaml"]
    assert "core/secrets/extra.secret.yaml" in stage.generate(ENV, "core", "prod")


def test_an_unknown_environment_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="there are core, dev, prod"):
        Stage().plan(ENV, "staging")


def test_without_an_identity_new_secrets_are_still_added() -> None:
    stage = Stage()
    stage.generate("A=1\nDEV_B=2\n")
    stage.identities = ["prod"]
    made = stage.generate("A=9\nDEV_B=9\nDEV_NEW=3\n")
    assert made == {
        "core/secrets/a.secret.yaml": "update",
        "dev/secrets/b.secret.yaml": "not compared",
        "dev/secrets/new.secret.yaml": "create",
    }
    assert stage.listed("dev") == ["./b.secret.yaml", "./new.secret.yaml"]


def test_each_environment_opens_its_own_files_and_core() -> None:
    stage = Stage()
    stage.generate(ENV)
    stage.identities = ["dev"]
    assert stage.generate(ENV)["prod/secrets/database-url.secret.yaml"] == "not compared"
    assert stage.generate(ENV)["core/secrets/extra.secret.yaml"] == "keep"


def test_a_lost_list_comes_back() -> None:
    stage = Stage()
    stage.generate(ENV)
    before = dict(stage.files.held)
    for name in ("ksops-generator.yaml", "kustomization.yaml"):
        del stage.files.held[stage.path("dev", name)]
    stage.generate(ENV)
    assert stage.files.held == before


def test_a_kustomization_of_another_name_is_the_one_that_is_kept() -> None:
    stage = Stage()
    held = stage.files.held
    held[stage.path("dev", "kustomization.yml")] = held.pop(stage.path("dev", "kustomization.yaml"))
    stage.generate(ENV)
    assert stage.path("dev", "kustomization.yaml") not in held
    assert b"ksops-generator" in held[stage.path("dev", "kustomization.yml")]


def test_other_recipients_in_the_rule_touch_no_file() -> None:
    stage = Stage()
    stage.generate(ENV)
    rules = stage.files.held["/repo/.sops.yaml"]
    stage.files.held["/repo/.sops.yaml"] = rules.replace(b"^(data|stringData)$", b"^stringData$")
    stage.generate(ENV)
    assert not stage.files.log


@pytest.mark.parametrize(
    ("env", "error"),
    [
        ("A=1\nbroken\n", EnvFileError),
        ("A=1\nA=2\n", EnvFileError),
        ("B=2\nA=AGE-SECRET-KEY-1canary\n", EnvFileError),
        ("X=1\nDEV_X=2\n", EnvFileError),
    ],
)
def test_an_error_comes_before_anything_is_written(env: str, error: type[Exception]) -> None:
    stage = Stage()
    with pytest.raises(error):
        stage.generate(env)
    assert not stage.files.log


def test_a_rule_that_would_leave_a_value_in_clear_writes_nothing() -> None:
    stage = Stage()
    rules = stage.files.held["/repo/.sops.yaml"]
    stage.files.held["/repo/.sops.yaml"] = rules.replace(b"^(data|stringData)$", b"^metadata$")
    with pytest.raises(RuleError):
        stage.generate(ENV)
    assert not stage.files.log


@pytest.mark.parametrize(
    ("name", "data", "error"),
    [
        ("org-name.secret.yaml", b"kind: Secret\n", NotEncrypted),
        ("org-name.secret.yaml", b"{", FormatError),
        ("ksops-generator.yaml", b"files: 1\n", ManifestError),
        ("kustomization.yaml", b"generators: {}\n", ManifestError),
    ],
)
def test_a_file_that_is_not_sound_stops_all(name: str, data: bytes, error: type[Exception]) -> None:
    stage = Stage()
    stage.files.held[stage.path("core", name)] = data
    with pytest.raises(error, match=name):
        stage.generate(ENV)
    assert not stage.files.log


def test_a_core_secret_that_stands_may_not_hide_one_of_an_environment() -> None:
    stage = Stage()
    stage.generate("SAME=1\n")
    with pytest.raises(LayoutError, match=r"core/secrets/same\.secret\.yaml: .*DEV_SAME .* hide"):
        stage.generate("DEV_SAME=2\n")


def test_an_environment_secret_that_stands_may_not_be_hidden_by_core() -> None:
    stage = Stage()
    stage.generate("DEV_SAME=1\n")
    with pytest.raises(LayoutError, match="dev/secrets/same"):
        stage.generate("SAME=2\n", "core")


def test_a_secret_may_move_from_core_to_an_environment_with_prune() -> None:
    stage = Stage()
    stage.generate("SAME=1\n")
    made = stage.generate("DEV_SAME=1\n", prune=True)
    assert made["core/secrets/same.secret.yaml"] == "remove"


def test_values_shared_by_environments_are_warned_of_by_name() -> None:
    made = Stage().plan("DEV_A=canary\nPROD_A=canary\n")
    assert made.warnings == (
        "DEV_A and PROD_A hold one value: these environments are not isolated",
    )


def test_a_rule_that_opens_an_environment_for_another_is_warned_of() -> None:
    stage = Stage()
    rules = stage.files.held["/repo/.sops.yaml"].decode()
    dev, prod = (KEYS[name][1] for name in ("dev", "prod"))
    rules = rules.replace(f"age: {prod}", f"age: {prod},{dev}")
    stage.files.held["/repo/.sops.yaml"] = rules.encode()
    (warning,) = stage.plan("PROD_A=1\n").warnings
    assert "encrypts prod for dev too" in warning


def test_a_env_that_git_tracks_is_warned_of() -> None:
    stage = Stage()
    stage.files.held["/repo/.git/index"] = b"DIRC\0\0\0\2 .env\0"
    stage.programs.code = 0
    assert stage.plan("A=1\n").warnings == (
        "/repo/.env is tracked by git, with every value in it: git rm --cached /repo/.env",
    )


def test_ignored_variables_are_named() -> None:
    assert Stage().plan("APP_B=1\nAPP_A=2\n").ignored == ("APP_B", "APP_A")


def test_no_plan_shows_a_value() -> None:
    stage = Stage()
    stage.generate("A=old-canary\nB=canary\n")
    made = stage.plan("A=new-canary\nB=canary\nDEV_C=canary\nPROD_C=canary\n")
    shown = repr([change._replace(data=None) for change in made.changes]) + repr(made.warnings)
    assert "canary" not in shown
