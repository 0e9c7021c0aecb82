"""The generator manifest, strictly read."""

from __future__ import annotations

import pytest

from sopsmith.errors import ManifestError
from sopsmith.kube.ksops import (
    is_generator,
    parse_generator,
    read_resource_list,
    write_resource_list,
)
from sopsmith.kube.write import write_document, write_item

HEAD = {"apiVersion": "viaduct.ai/v1", "kind": "ksops", "metadata": {"name": "g"}}


def test_reads_files_in_order() -> None:
    assert parse_generator({**HEAD, "files": ["./b", "./a"]}).files == ["./b", "./a"]


def test_takes_any_version_of_the_group() -> None:
    assert is_generator({**HEAD, "apiVersion": "viaduct.ai/v2"})
    assert not is_generator({**HEAD, "apiVersion": "example.com/v1"})


def test_reads_secret_from() -> None:
    item = {
        "metadata": {"name": "s", "labels": {"a": "b"}},
        "type": "Opaque",
        "files": ["key=./a/b.txt", "./c/d.txt"],
        "binaryFiles": ["./e.bin"],
        "envs": ["./f.env"],
    }
    (secret,) = parse_generator({**HEAD, "secretFrom": [item]}).secrets
    assert [(one.key, one.path) for one in secret.files] == [
        ("key", "./a/b.txt"),
        ("d.txt", "./c/d.txt"),
    ]
    assert [(one.key, one.path) for one in secret.binary_files] == [("e.bin", "./e.bin")]
    assert (secret.envs, secret.type, secret.metadata["name"]) == (["./f.env"], "Opaque", "s")


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({}, None),
        ({"files": []}, None),
        ({"files": "a"}, "files"),
        ({"files": [1]}, "files[0]"),
        ({"files": ["a"], "secretfrom": []}, "secretfrom"),
        ({"secretFrom": ["a"]}, "secretFrom[0]"),
        ({"secretFrom": [{}]}, "secretFrom[0].metadata"),
        ({"secretFrom": [{"metadata": {}}]}, "secretFrom[0].metadata.name"),
        ({"secretFrom": [{"metadata": {"name": "s"}, "env": []}]}, "secretFrom[0].env"),
        (
            {"secretFrom": [{"metadata": {"name": "s"}, "files": ["a=b=c"]}]},
            "secretFrom[0].files[0]",
        ),
        ({"secretFrom": [{"metadata": {"name": "s"}, "files": ["=b"]}]}, "secretFrom[0].files[0]"),
        ({"secretFrom": [{"metadata": {"name": "s"}, "type": 1}]}, "secretFrom[0].type"),
    ],
)
def test_names_the_place_of_what_is_wrong(fields: dict[str, object], place: str | None) -> None:
    with pytest.raises(ManifestError) as caught:
        parse_generator({**HEAD, **fields})
    assert caught.value.key == place


def test_refuses_a_manifest_of_another_kind() -> None:
    with pytest.raises(ManifestError, match="not a generator"):
        parse_generator({"apiVersion": "v1", "kind": "Secret"})


def test_a_resource_lists_items_come_before_its_function_config() -> None:
    assert read_resource_list({"items": [HEAD], "functionConfig": {}}) == [HEAD]
    assert read_resource_list({"items": [], "functionConfig": HEAD}) == [HEAD]
    with pytest.raises(ManifestError):
        read_resource_list({})


def test_the_answer_keeps_version_and_function_config() -> None:
    request: dict[str, object] = {"apiVersion": "x/v1", "functionConfig": HEAD}
    whole = {"apiVersion": "x/v1", "kind": "ResourceList", "items": [{"kind": "A"}]}
    answer = write_resource_list(request, [write_item({"kind": "A"})])
    assert answer == write_document({**whole, "functionConfig": HEAD})


def test_an_answer_without_objects_says_so() -> None:
    assert write_resource_list({}, []) == write_document(
        {"apiVersion": "config.kubernetes.io/v1", "kind": "ResourceList", "items": []}
    )
