"""Hiding values, and finding ciphertext."""

from __future__ import annotations

from sopsmith.kube.mask import find_tokens, hide, mask

TOKEN_TEXT = "ENC[AES256_GCM,data:YQ==,iv:YQ==,tag:YQ==,type:str]"
IN_BASE64 = "RU5DW0FFUzI1Nl9HQ00sZGF0YTpZUT09LGl2OllRPT0sdGFnOllRPT0sdHlwZTpzdHJd"


def test_values_become_sizes_and_names_stay() -> None:
    secret: dict[str, object] = {
        "kind": "Secret",
        "metadata": {"name": "a"},
        "type": "Opaque",
        "data": {"k": "eHk=", "bad": "?"},
        "stringData": {"k": "x", "list": ["é"]},
    }
    assert mask(secret) == {
        "kind": "Secret",
        "metadata": {"name": "a"},
        "type": "Opaque",
        "data": {"k": "<2 bytes>", "bad": "<not base64, 1 bytes>"},
        "stringData": {"k": "<1 byte>", "list": ["<2 bytes>"]},
    }


def test_a_copy_of_the_object_in_an_annotation_is_hidden() -> None:
    name = "kubectl.kubernetes.io/last-applied-configuration"
    annotations = {"a": "b", name: "canary"}
    masked = mask({"kind": "Secret", "metadata": {"annotations": annotations}})
    assert masked["metadata"] == {"annotations": {"a": "b", name: "<6 bytes>"}}


def test_ciphertext_is_found_wherever_it_stands() -> None:
    config = {"kind": "ConfigMap", "data": {"a": ["x", {"b": TOKEN_TEXT}]}}
    assert find_tokens({**config}) == ["data.a[1].b"]


def test_ciphertext_behind_base64_is_found_in_secrets() -> None:
    secret: dict[str, object] = {"kind": "Secret", "data": {"a": IN_BASE64, "b": "eA==", "c": "é"}}
    assert find_tokens({**secret, "stringData": {"d": TOKEN_TEXT}}) == ["data.a", "stringData.d"]
    assert find_tokens({"kind": "Secret", "data": {"a": TOKEN_TEXT}}) == ["data.a"]


def test_hidden_objects_keep_their_shape_and_types() -> None:
    secret: dict[str, object] = {
        "kind": "Secret",
        "metadata": {"name": "a"},
        "data": {"k": "eHk="},
        "stringData": {"k": "x"},
        "spec": [1, True, None, 1.5, "x"],
    }
    assert hide(secret) == {
        "kind": "Secret",
        "metadata": {"name": "a"},
        "data": {"k": "aGlkZGVu"},
        "stringData": {"k": "hidden"},
        "spec": [0, False, None, 0, "hidden"],
    }
