"""`sopsmith.yaml` says what the layout is, and what it says wrongly is named by its key path."""

from __future__ import annotations

import pytest

from sopsmith import age
from sopsmith.errors import LayoutError
from sopsmith.repo.settings import (
    BackupSettings,
    NamedRecipient,
    RepoSettings,
    Scope,
    default_prefix,
    parse_settings,
)

DEV, PROD = age.generate()[1], age.generate()[1]
SHORT = f"""\
version: 1
environments:
  dev: {{recipients: [{DEV}]}}
  prod: {{prefix: LIVE_, recipients: [{PROD}]}}
"""


def parse(text: str) -> RepoSettings:
    return parse_settings(text.encode(), "sopsmith.yaml")


def fault(text: str) -> LayoutError:
    with pytest.raises(LayoutError) as caught:
        parse(text)
    assert caught.value.path == "sopsmith.yaml"
    return caught.value


def with_secret(entry: str) -> str:
    return f"{SHORT}secrets:\n  - {entry}\n"


def test_what_is_not_said_is_the_platform_s() -> None:
    assert parse(SHORT) == RepoSettings(
        root="bootstrap/argocd",
        overlays="overlays/main",
        namespace="kube-system",
        data_key="value",
        ignore=("APP_",),
        core=Scope("core", ""),
        environments=(
            Scope("dev", "DEV_", (NamedRecipient(DEV),)),
            Scope("prod", "LIVE_", (NamedRecipient(PROD),)),
        ),
    )


def test_everything_can_be_said() -> None:
    settings = parse(
        SHORT
        + f"""\
layout: {{root: deploy, overlays: envs}}
namespace: apps
data_key: secret
ignore: []
core: {{recipients: [{PROD}]}}
secrets:
  - name: github-app
    data: {{id: APP_ID, key: APP_KEY}}
    scopes: [core, dev]
    namespace: argocd
    type: example.com/app
    labels: {{argocd.argoproj.io/secret-type: repo-creds, empty: ""}}
    annotations: {{argocd.argoproj.io/sync-wave: "-5"}}
    used_by: Argo CD
"""
    )
    (mapping,) = settings.mappings
    assert settings.secrets_folder("dev") == "deploy/envs/dev/secrets"
    assert (settings.namespace, settings.data_key, settings.ignore) == ("apps", "secret", ())
    assert mapping.data == {"id": "APP_ID", "key": "APP_KEY"}
    assert mapping.scopes == ("core", "dev")
    assert (mapping.namespace, mapping.type, mapping.used_by) == (
        "argocd",
        "example.com/app",
        "Argo CD",
    )
    assert mapping.labels == {"argocd.argoproj.io/secret-type": "repo-creds", "empty": ""}
    assert mapping.annotations == {"argocd.argoproj.io/sync-wave": "-5"}


def test_core_comes_first_among_the_scopes() -> None:
    assert [scope.name for scope in parse(SHORT).scopes] == ["core", "dev", "prod"]


def test_core_is_read_by_all_environments_and_by_its_own() -> None:
    other = age.generate()[1]
    settings = parse(f"{SHORT}core: {{recipients: [{other}, {DEV}]}}\n")
    assert settings.readers("core") == (other, DEV, PROD)


def test_an_environment_is_read_by_its_own_alone() -> None:
    assert parse(SHORT).readers("dev") == (DEV,)


def test_a_prefix_follows_from_the_name() -> None:
    assert default_prefix("pr-1") == "PR_1_"


def test_a_prefix_that_would_begin_with_a_digit_gets_a_sign_before_it() -> None:
    assert default_prefix("1st") == "_1ST_"


@pytest.mark.parametrize(
    ("text", "key", "message"),
    [
        ("", None, "0 YAML documents"),
        ("- a", None, "is a list; a mapping was expected"),
        ("a: 1\n---\nb: 2", None, "2 YAML documents"),
        ("a: [", "line 2, column 1", "not valid YAML"),
        ("environments: {}", "version", "is missing"),
        ("version: '1'", "version", "is text; a whole number"),
        ("version: 2", "version", "version 1 alone"),
        ("version: 1", "environments", "names no environment"),
        ("version: 1\nenvironments: [dev]", "environments", "is a list; a mapping"),
        ("version: 1\nenvironments: {dev: }", "environments.dev", "is empty; a mapping"),
        ("version: 1\nenvironments: {core: {}}", "environments.core", "scope of all"),
        ("version: 1\nenvironments: {Dev: {}}", "environments.Dev", "only letters a to z"),
        ("version: 1\nenvironments: {dev: {prefix: DEV}}", "environments.dev.prefix", "no prefix"),
        ("version: 1\nenvironments: {dev: {prefix: 5}}", "environments.dev.prefix", "a number"),
        ("version: 1\nenvironments: {app: {}}", "environments.app.prefix", "under ignore too"),
        (
            "version: 1\nenvironments: {a: {prefix: X_}, b: {prefix: X_}}",
            "environments.b.prefix",
            "a has the same prefix",
        ),
        (
            "version: 1\nenvironments: {dev: {recipients: age1}}",
            "environments.dev.recipients",
            "is text; a list was expected",
        ),
        (
            "version: 1\nenvironments: {dev: {recipients: [age1x]}}",
            "environments.dev.recipients[0]",
            "not an age recipient",
        ),
        (f"{SHORT}core: {{recipients: [{DEV}, {DEV}]}}", "core.recipients[1]", "twice"),
        (f"{SHORT}namespace: Kube", "namespace", "is no namespace"),
        (f"{SHORT}data_key: a/b", "data_key", "no key of a Secret's data"),
        (f"{SHORT}ignore: ['A-']", "ignore[0]", "begins no variable"),
        (f"{SHORT}ignore: [5]", "ignore[0]", "is a number"),
        (f"{SHORT}layout: {{root: ../x}}", "layout.root", "no folder inside"),
        (f"{SHORT}layout: {{root: /x}}", "layout.root", "no folder inside"),
        (f"{SHORT}layout: {{overlays: 'a b'}}", "layout.overlays", "no folder inside"),
        (f"{SHORT}secrets: {{}}", "secrets", "is a mapping; a list"),
        (f"{SHORT}core: {{recipients: [5]}}", "core.recipients[0]", "text or a mapping"),
        (f"{SHORT}core: {{recipients: [{{name: Anna}}]}}", "core.recipients[0].recipient", "miss"),
        (
            f"{SHORT}core: {{recipients: [{{recipient: {DEV}, mail: a}}]}}",
            "core.recipients[0].mail",
            "no field",
        ),
        (
            f"{SHORT}core: {{recipients: [{{recipient: {DEV}, name: ' '}}]}}",
            "core.recipients[0].name",
            "is no line",
        ),
        (
            f"{SHORT}core: {{recipients: [{{recipient: {DEV}, purpose: {PROD}}}]}}",
            "core.recipients[0].purpose",
            "begins like a recipient",
        ),
        (
            f"{SHORT}core: {{recipients: [{DEV}, {{recipient: {DEV}, name: Anna}}]}}",
            "core.recipients[1]",
            "twice",
        ),
        (f"{SHORT}recovery: {{recipients: [age1x]}}", "recovery.recipients[0]", "not an age"),
        (f"{SHORT}keys: {{max_age_days: 0}}", "keys.max_age_days", "whole number from 1"),
        (f"{SHORT}keys: {{max_age_days: '9'}}", "keys.max_age_days", "is text; a whole number"),
        (f"{SHORT}keys: {{age: 9}}", "keys.age", "no field"),
        (f"{SHORT}backup: {{store: /mnt}}", "backup.store", "is no store"),
        (f"{SHORT}backup: {{store: 's3:///prefix'}}", "backup.store", "is no store"),
        (f"{SHORT}backup: {{store: 'file://host/mnt'}}", "backup.store", "is no store"),
        (f"{SHORT}backup: {{endpoint: 's3.example.org'}}", "backup.endpoint", "https://"),
        (f"{SHORT}backup: {{endpoint: 'https://[x'}}", "backup.endpoint", "is no address"),
        (f"{SHORT}backup: {{retention_days: -1}}", "backup.retention_days", "from 1 on"),
        (
            'version: 1\nenvironments: {dev: {context: "a\\nb"}}',
            "environments.dev.context",
            "signs",
        ),
    ],
)
def test_a_fault_is_named_by_its_key_path(text: str, key: str | None, message: str) -> None:
    error = fault(text)
    assert error.key == key
    assert message in error.message


@pytest.mark.parametrize(
    ("entry", "key", "message"),
    [
        ("text", "", "a mapping was expected"),
        ("{data: {a: B}}", ".name", "is missing"),
        ("{name: A, data: {a: B}}", ".name", "is no name"),
        ("{name: a}", ".data", "names no variable"),
        ("{name: a, data: {a/b: B}}", ".data.a/b", "no key of a Secret's data"),
        ("{name: a, data: {a: 5}}", ".data.a", "is a number; text"),
        ("{name: a, data: {a: B-C}}", ".data.a", "is no variable's name"),
        ("{name: a, data: {a: DEV_B}}", ".data.a", "with its scope's prefix"),
        ("{name: a, kind: x, data: {a: B}}", ".kind", "is no kind"),
        ("{name: a, kind: tls, data: {key: B}}", ".data.certificate", "is missing"),
        ("{name: a, kind: tls, data: {key: B, certificate: C, x: D}}", ".data.x", "is no part"),
        ("{name: a, kind: tls, type: Opaque, data: {key: B, certificate: C}}", ".type", "decides"),
        ("{name: a, kind: dockerconfigjson, data: {server: B}}", ".data.username", "is missing"),
        ("{name: a, type: '', data: {a: B}}", ".type", "is empty"),
        ("{name: a, scopes: [x], data: {a: B}}", ".scopes[0]", "is no scope"),
        ("{name: a, namespace: '', data: {a: B}}", ".namespace", "is no namespace"),
        ("{name: a, labels: {a b: c}, data: {a: B}}", ".labels.a b", "no such key"),
        ("{name: a, labels: {a: b c}, data: {a: B}}", ".labels.a", "no such value"),
        ("{name: a, annotations: {w: 5}, data: {a: B}}", ".annotations.w", "is a number"),
    ],
)
def test_a_fault_of_a_mapping_is_named_by_its_key_path(entry: str, key: str, message: str) -> None:
    error = fault(with_secret(entry))
    assert error.key == f"secrets[0]{key}"
    assert message in error.message


def test_an_unknown_field_gets_the_one_that_was_meant() -> None:
    error = fault(f"{SHORT}enviroments: {{}}")
    assert (error.key, error.hint) == ("enviroments", "did you mean environments?")


def test_an_unknown_field_that_resembles_none_gets_all_of_them() -> None:
    error = fault(with_secret("{name: a, zzz: 1}"))
    assert error.key == "secrets[0].zzz"
    assert error.hint is not None
    assert "used_by" in error.hint


def test_a_number_among_annotations_gets_the_hint_to_quote_it() -> None:
    assert fault(with_secret("{name: a, annotations: {w: -5}, data: {a: B}}")).hint == (
        "write it in quotes"
    )


def test_a_value_written_where_a_variable_belongs_is_not_quoted() -> None:
    assert "canary!" not in str(fault(with_secret("{name: a, data: {a: canary!}}")))


def test_an_identity_where_a_recipient_belongs_is_not_quoted() -> None:
    error = fault(f"{SHORT}core: {{recipients: [AGE-SECRET-KEY-1CANARY]}}")
    assert error.key == "core.recipients[0]"
    assert "CANARY" not in str(error)


def test_one_name_of_two_recipients_in_a_list_is_refused() -> None:
    both = ", ".join(f"{{recipient: {one}, name: Anna}}" for one in (DEV, PROD))
    assert fault(f"{SHORT}core: {{recipients: [{both}]}}").key == "core.recipients[1].name"


def test_recipients_may_have_names_and_purposes() -> None:
    named = f"{{recipient: {DEV}, name: prod cluster, purpose: Argo CD of prod}}"
    settings = parse(f"{SHORT}core: {{recipients: [{PROD}, {named}]}}")
    assert settings.core.named == (
        NamedRecipient(PROD),
        NamedRecipient(DEV, "prod cluster", "Argo CD of prod"),
    )
    assert settings.core.recipients == (PROD, DEV)


def test_recovery_recipients_open_no_scope() -> None:
    other = age.generate()[1]
    settings = parse(f"{SHORT}recovery: {{recipients: [{{recipient: {other}, name: safe}}]}}")
    assert settings.recovery == (NamedRecipient(other, "safe"),)
    assert all(other not in settings.readers(scope.name) for scope in settings.scopes)


def test_an_environment_may_name_its_context() -> None:
    (scope,) = parse("version: 1\nenvironments: {dev: {context: admin@dev}}").environments
    assert scope.context == "admin@dev"


def test_backups_and_ages_can_be_said() -> None:
    settings = parse(
        SHORT
        + """\
backup:
  store: s3://bucket/some/prefix
  endpoint: https://s3.example.org:9000
  region: eu-central
  retention_days: 30
keys: {max_age_days: 365}
"""
    )
    assert settings.backup == BackupSettings(
        "s3://bucket/some/prefix", "https://s3.example.org:9000", "eu-central", 30
    )
    assert settings.max_age_days == 365


@pytest.mark.parametrize("field", ["store: 's3", "endpoint: 'https"])
def test_credentials_in_an_address_are_refused_and_not_quoted(field: str) -> None:
    error = fault(f"{SHORT}backup: {{{field}://canary:canary@bucket/prefix'}}")
    assert "canary" not in f"{error}{error.hint}"
    assert error.hint is not None


def test_two_mappings_of_one_secret_are_refused() -> None:
    entry = "{name: a, data: {a: B}, scopes: [dev]}\n  - {name: a, data: {a: C}}"
    assert fault(with_secret(entry)).key == "secrets[1].name"


def test_two_mappings_of_one_name_in_different_scopes_are_fine() -> None:
    entry = "{name: a, data: {a: B}, scopes: [dev]}\n  - {name: a, data: {a: C}, scopes: [prod]}"
    assert len(parse(with_secret(entry)).mappings) == 2


def test_a_login_may_have_an_email() -> None:
    data = "{server: A, username: B, password: C, email: D}"
    (mapping,) = parse(with_secret(f"{{name: a, kind: dockerconfigjson, data: {data}}}")).mappings
    assert mapping.data["email"] == "D"


def test_a_file_that_is_not_utf_8_is_refused() -> None:
    with pytest.raises(LayoutError, match="UTF-8"):
        parse_settings(b"\xff", "sopsmith.yaml")


def test_roll_is_hash_or_none() -> None:
    assert (parse(SHORT).roll, parse(SHORT + "roll: hash\n").roll) == (False, True)
    assert fault(SHORT + "roll: often\n").key == "roll"
