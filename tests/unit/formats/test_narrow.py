"""The narrow reader: what it takes, and what it leaves to the general one."""

from __future__ import annotations

import pytest

from sopsmith.formats import narrow
from sopsmith.formats.tree import to_object

SECRET = """\
# Written by a generator.
apiVersion: v1
kind: Secret
metadata:
    name: db
    annotations:
        kustomize.config.k8s.io/needs-hash: "true"
stringData:
    value: ENC[AES256_GCM,data:YQ==,iv:YQ==,tag:YQ==,type:str]
sops:
    age:
        - enc: |
            -----BEGIN AGE ENCRYPTED FILE-----
            YWdl
            -----END AGE ENCRYPTED FILE-----
          recipient: age1x
    lastmodified: "2026-01-02T03:04:05Z"
    encrypted_regex: ^(data|stringData)$
    version: 3.13.3
"""


def only(text: str) -> object:
    trees = narrow.parse(text)
    assert trees is not None and len(trees) == 1
    return to_object(trees[0].root)


def test_reads_a_secret_as_sops_writes_it() -> None:
    assert only(SECRET) == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": "db",
            "annotations": {"kustomize.config.k8s.io/needs-hash": "true"},
        },
        "stringData": {"value": "ENC[AES256_GCM,data:YQ==,iv:YQ==,tag:YQ==,type:str]"},
        "sops": {
            "age": [
                {
                    "enc": "-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n"
                    "-----END AGE ENCRYPTED FILE-----\n",
                    "recipient": "age1x",
                }
            ],
            "lastmodified": "2026-01-02T03:04:05Z",
            "encrypted_regex": "^(data|stringData)$",
            "version": "3.13.3",
        },
    }


def test_reads_settings_as_init_writes_them() -> None:
    text = "layout: {root: a/b, overlays: c}\nignore: [APP_]\nage: >-\n  age1a,\n  age1b\n"
    assert only(text + "last: [a, b c]\n") == {
        "layout": {"root": "a/b", "overlays": "c"},
        "ignore": ["APP_"],
        "age": "age1a, age1b",
        "last": ["a", "b c"],
    }


def test_reads_a_generator_with_a_list_at_its_keys_column() -> None:
    text = "files:\n- ./a.yaml\n- ../b.yaml\nkind: ksops\n"
    assert only(text) == {"files": ["./a.yaml", "../b.yaml"], "kind": "ksops"}


def test_reads_each_of_many_documents() -> None:
    trees = narrow.parse("---\na: x\n---\nb: 2\n")
    assert [to_object(tree.root) for tree in trees or []] == [{"a": "x"}, {"b": 2}]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: |\n  x\n  y\n\n", "x\ny\n"),
        ("a: |-\n  x\n\n", "x"),
        ("a: |+\n  x\n\n", "x\n\n"),
        ('a: "x\\n\\u00e9"\n', "x\né"),
        ("a: 'it''s'\n", "it's"),
        ("a: yes\n", "yes"),
        ("a: null\n", None),
        ("a:\n", None),
        ("a: 0\n", 0),
        ("a: TRUE\n", True),
        ("a: []\n", []),
    ],
)
def test_reads_a_value_as_go_yaml_does(text: str, value: object) -> None:
    assert only(text) == {"a": value}


@pytest.mark.parametrize(
    "text",
    [
        "", "\n", "# c\n", "a: x", "a\n", "- x\n", "a: x\r\n", "a:\tx\n", "\ufeffa: x\n", "{}\n",
        "a: x\na: y\n", "1: x\n", "true: x\n", '"a": x\n', "a: &b x\n", "a: *b\n", "a: !t x\n",
        "a: x\n  y\n", "a: {b: [c]}\n", "a: [b,c]\n", "a: >\n  x\n", "a: |2\n  x\n", "a: x # c\n",
        "a: 010\n", "a: 1.5\n", "a: 1e6\n", "a: 2025-01-02\n", "a: 12:30:45\n", "a: 0x1f\n",
        "a: 9223372036854775807\n", "a: -1\n", "a: ~\n", 'a: "\\ud800"\n', "a: x\n---\n", "a: x \n",
    ],
)  # fmt: skip
def test_leaves_what_is_not_certain_to_the_general_reader(text: str) -> None:
    assert narrow.parse(text) is None


def test_leaves_deep_nesting_to_the_general_reader() -> None:
    assert narrow.parse("".join(" " * i + "a:\n" for i in range(60))) is None
