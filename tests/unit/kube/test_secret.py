"""Secrets as text and as objects."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
import yaml as pyyaml
from hypothesis import example, given
from hypothesis import strategies as st

from sopsmith.errors import ManifestError
from sopsmith.formats import yaml
from sopsmith.formats.tree import to_object, walk
from sopsmith.kube import secret
from sopsmith.kube.secret import SecretManifest
from sopsmith.secret import Secret

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])) | st.text(
    "a:#-|>'\"\\ \t\r\n{}[]&*!%0"
)


def manifest(data: dict[str, str], **changes: Any) -> SecretManifest:
    values = {key: Secret(text.encode()) for key, text in data.items()}
    return SecretManifest("db", "kube-system", "Opaque", values, {}, {})._replace(**changes)


def test_the_text_is_the_manifest_in_reading_order() -> None:
    made = manifest(
        {"value": "postgres://u:p@h/d", "key": "-----A\nb\n"},
        labels={"app": "db"},
        annotations={"argocd.argoproj.io/sync-wave": "-1"},
    )
    assert secret.build_text(made).decode() == (
        "apiVersion: v1\n"
        "kind: Secret\n"
        "metadata:\n"
        "    name: db\n"
        "    namespace: kube-system\n"
        "    labels:\n"
        "        app: db\n"
        "    annotations:\n"
        '        argocd.argoproj.io/sync-wave: "-1"\n'
        "type: Opaque\n"
        "stringData:\n"
        "    value: postgres://u:p@h/d\n"
        "    key: |\n"
        "        -----A\n"
        "        b\n"
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a\nb", "|-\n        a\n        b\n"),
        ("a\n\nb\n", "|\n        a\n\n        b\n"),
        ("a\n\n\n", "|+\n        a\n\n\n"),
        (" a\nb", '" a\\nb"\n'),
        ("\na", '"\\na"\n'),
        ("a\n \nb", '"a\\n \\nb"\n'),
        ("a\r\nb", '"a\\r\\nb"\n'),
    ],
)
def test_many_lines_stand_as_a_literal_block_where_one_can_hold_them(value: str, text: str) -> None:
    assert secret.build_text(manifest({"value": value})).decode().endswith(f"    value: {text}")


@pytest.mark.parametrize(
    "value",
    ["", "yes", "NO", "null", "~", "0x1F", "1e3", "010", "12:30:45", "2026-01-01", "=", "<<",
     ".inf", "- a", "a: b", "a #b", "*a", "&a", "!a", "%a", "@a", "`a", "{a}", "[a]", "'a'",
     '"a"', "ENC[AES256_GCM,data:x]", "1_000", "+1", "0b1", "0o7", "true"],
)  # fmt: skip
def test_a_value_that_some_reader_takes_for_something_else_is_quoted(value: str) -> None:
    text = secret.build_text(manifest({"value": value})).decode()
    assert pyyaml.load(text, pyyaml.SafeLoader)["stringData"]["value"] == value
    assert pyyaml.load(text, pyyaml.CSafeLoader)["stringData"]["value"] == value


@given(
    st.dictionaries(st.sampled_from(["a", "b", ".c", "yes"]), TEXTS, min_size=1),
    st.dictionaries(st.sampled_from(["x", "argocd.argoproj.io/sync-wave"]), TEXTS),
)
@example({"a": "a\n\n\n", "b": "|"}, {})
@example({"a": "a\n\n\n"}, {})
def test_every_reader_reads_the_object_that_was_built(
    data: dict[str, str], annotations: dict[str, str]
) -> None:
    made = manifest(data, annotations=annotations)
    text = secret.build_text(made).decode()
    expected = secret.build_object(made)
    assert pyyaml.load(text, pyyaml.SafeLoader) == expected
    assert pyyaml.load(text, pyyaml.CSafeLoader) == expected
    assert [to_object(tree.root) for tree in yaml.parse(text)] == [expected]


def test_the_size_is_the_bytes_of_all_values() -> None:
    assert manifest({"a": "ü", "b": "12"}).size == 4


@pytest.mark.parametrize("key", ["", "a b", "a/b", "..", ".", "..a", "x" * 254])
def test_a_data_key_that_kubernetes_refuses_is_an_error(key: str) -> None:
    with pytest.raises(ManifestError, match="no key"):
        secret.check_data_key(key)


def test_a_data_key_that_kubernetes_takes_comes_back() -> None:
    assert secret.check_data_key(".dockerconfigjson") == ".dockerconfigjson"


def registry(**changes: bytes) -> dict[str, Secret]:
    parts = {"server": b"registry.example", "username": b"bot", "password": b'p"\xc3\xbc:'}
    return {key: Secret(value) for key, value in (parts | changes).items()}


def test_a_docker_config_holds_the_login_of_its_server() -> None:
    data = secret.build_docker_config(**registry(email=b"bot@example"))
    entry = json.loads(data[".dockerconfigjson"].reveal())["auths"]["registry.example"]
    login = base64.b64encode('bot:p"ü:'.encode()).decode()
    assert entry == {
        "username": "bot", "password": 'p"ü:', "email": "bot@example", "auth": login,
    }  # fmt: skip


@pytest.mark.parametrize("parts", [registry(), registry(email=b"x"), registry(password=b"")])
def test_a_docker_config_gives_its_parts_back(parts: dict[str, Secret]) -> None:
    assert secret.read_docker_config(secret.build_docker_config(**parts)) == parts


@pytest.mark.parametrize(
    "text",
    [
        b"", b"[]", b'{"auths":{}}', b'{"auths":[]}', b'{"auths":{"a":{}}}', b'{"auths":{"a":1}}',
        b'{"auths":{"a":{"username":"u","password":"p","auth":"x"}}}',
        b'{"auths":{"a":{"username":1,"password":"p"}}}', b"\xff",
    ],
)  # fmt: skip
def test_another_docker_config_has_no_parts(text: bytes) -> None:
    assert secret.read_docker_config({".dockerconfigjson": Secret(text)}) is None


def test_a_tls_secret_has_the_two_keys_of_its_type() -> None:
    assert secret.build_tls(Secret(b"c"), Secret(b"k")) == {
        "tls.crt": Secret(b"c"),
        "tls.key": Secret(b"k"),
    }


@given(st.dictionaries(st.text("ab.-y1", min_size=1), TEXTS), st.booleans())
def test_its_tree_knows_where_the_general_reader_finds_each_value(
    data: dict[str, str], immutable: bool
) -> None:
    made = manifest(data, labels={"app": "db", "y": "1"}, immutable=immutable)
    text, tree = secret.build_tree(made)
    (read,) = yaml.parse(text)
    assert (tree.start, tree.end) == (read.start, read.end)
    for mine, theirs in zip(walk(tree.root), walk(read.root), strict=True):
        assert mine[:2] == theirs[:2]
        one, other = mine[2], theirs[2]
        assert (one.value, one.indent, one.flow) == (other.value, other.indent, other.flow)
        if one.value is not None:
            assert text[one.start : one.end] == text[other.start : other.end]
            assert (one.start, one.end) == (other.start, other.end)
