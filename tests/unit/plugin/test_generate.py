"""What a generator makes, and what it refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sopsmith import age
from sopsmith.errors import (
    Error,
    FormatError,
    MacMismatch,
    ManifestError,
    NoIdentity,
    NotEncrypted,
    OutsideError,
    Tampered,
)
from sopsmith.sops.keyring import Keyring

CANARY = "canary-7c1f"


def names(made: list[dict[str, Any]]) -> list[str]:
    return [one["metadata"]["name"] for one in made]


def test_files_come_out_in_order_with_string_data_folded(repo: Any) -> None:
    repo.secret("b.yaml", "b", "x")
    repo.secret("a.yaml", "a", "y")
    made = repo.make(files=["./b.yaml", "a.yaml"])
    assert names(made) == ["b", "a"]
    assert made[0] == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "b"},
        "data": {"value": "eA=="},
    }


def test_exact_keeps_string_data(repo: Any) -> None:
    repo.secret("a.yaml", "a", "y")
    assert repo.make(exact=True, files=["a.yaml"])[0]["stringData"] == {"value": "y"}


def test_annotations_for_kustomize_pass_through(repo: Any) -> None:
    marks = {
        "kustomize.config.k8s.io/needs-hash": "true",
        "kustomize.config.k8s.io/behavior": "replace",
    }
    lines = "".join(f'        {key}: "{value}"\n' for key, value in marks.items())
    head = "apiVersion: v1\nkind: Secret\nmetadata:\n    name: a\n    annotations:\n"
    repo.encrypt("a.yaml", f"{head}{lines}stringData:\n    k: v\n")
    (made,) = repo.make(files=["a.yaml"])
    assert made["metadata"]["annotations"] == marks


def test_the_general_reader_takes_over_where_the_narrow_one_is_not_sure(repo: Any) -> None:
    repo.encrypt(
        "a.yaml",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: a} # flow\nstringData: {k: 'v'}\n",
    )
    assert repo.make(files=["a.yaml"])[0]["data"] == {"k": "dg=="}


def test_each_of_many_documents_comes_out_and_empty_ones_do_not(repo: Any) -> None:
    one = "apiVersion: v1\nkind: Secret\nmetadata:\n    name: {}\nstringData:\n    k: v\n"
    repo.encrypt("a.yaml", one.format("a") + "---\n" + one.format("b") + "---\n{}\n")
    assert names(repo.make(files=["a.yaml"])) == ["a", "b"]


def test_json_manifests_are_read(repo: Any) -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "j"},
        "stringData": {"k": "v"},
    }
    repo.encrypt("a.json", json.dumps(secret))
    assert repo.make(files=["a.json"])[0]["data"] == {"k": "dg=="}


def test_a_glob_takes_what_matches_sorted_and_leaves_out_what_is_named(repo: Any) -> None:
    for name in ("b", "a", "c"):
        repo.secret(f"secrets/{name}.secret.yaml", name)
    repo.secret("secrets/other.yaml", "other")
    made = repo.make(files=["./secrets/*.secret.yaml", "./secrets/a.secret.yaml"])
    assert names(made) == ["b", "c", "a"]


def test_a_glob_that_matches_nothing_is_an_error(repo: Any) -> None:
    with pytest.raises(OutsideError, match="no file matches"):
        repo.make(files=["./secrets/*.secret.yaml"])


def test_secret_from_files_binary_files_and_envs(repo: Any) -> None:
    repo.encrypt("conf.json", '{"a": "1"}', ".*")
    repo.encrypt("blob.bin", json.dumps({"data": "raw\n"}), ".*")
    repo.encrypt("v.env", "A=1\nB='two words'\n", ".*")
    wanted = {
        "metadata": {"name": "s", "labels": {"l": "y"}},
        "type": "Opaque",
        "files": ["c=conf.json"],
        "binaryFiles": ["./blob.bin"],
        "envs": ["v.env"],
    }
    assert repo.make(exact=True, secretFrom=[wanted]) == [
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "s", "labels": {"l": "y"}},
            "type": "Opaque",
            "data": {"blob.bin": "cmF3Cg=="},
            "stringData": {"c": '{"a": "1"}', "A": "1", "B": "two words"},
        }
    ]


def test_secret_from_refuses_a_key_that_is_made_twice(repo: Any) -> None:
    repo.encrypt("v.env", f"A={CANARY}\n", ".*")
    repo.encrypt("w.env", "A=2\n", ".*")
    with pytest.raises(ManifestError, match="A is made twice"):
        repo.make(secretFrom=[{"metadata": {"name": "s"}, "envs": ["v.env", "w.env"]}])


def test_no_identity_another_recipient_and_a_broken_file_differ(repo: Any) -> None:
    repo.secret("a.yaml", "a", CANARY)
    other, _ = age.generate()
    with pytest.raises(NoIdentity, match="no identity at hand;") as none:
        repo.make(keyring=Keyring([], ["SOPS_AGE_KEY"]), files=["a.yaml"])
    with pytest.raises(NoIdentity, match="encrypted to age") as foreign:
        keys = age.parse_identities(other.reveal().decode(), "test")
        repo.make(keyring=Keyring(keys), files=["a.yaml"])
    text = (repo.app / "a.yaml").read_text()
    (repo.app / "a.yaml").write_text(text.replace("name: a", "name: b"))
    with pytest.raises(MacMismatch) as broken:
        repo.make(files=["a.yaml"])
    assert len({none.value.message, foreign.value.message, broken.value.message}) == 3
    assert {one.value.path for one in (none, foreign, broken)} == {"a.yaml"}


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (
            lambda text: text.replace("ENC[AES256_GCM,data:", "ENC[AES256_GCM,data:AAAA", 1),
            Tampered,
        ),
        (
            lambda text: text.replace("    value: ENC", f"    value: {CANARY}\n    v2: ENC"),
            Tampered,
        ),
        (lambda text: text.split("sops:")[0], NotEncrypted),
        (lambda text: text + f"{CANARY}\n", FormatError),
        (lambda _: f"{CANARY}: [\n", FormatError),
    ],
)
def test_a_broken_file_is_named_and_shows_no_value(
    repo: Any, change: Any, error: type[Error]
) -> None:
    repo.secret("a.yaml", "a", CANARY)
    target = repo.app / "a.yaml"
    target.write_text(change(target.read_text()))
    with pytest.raises(error) as caught:
        repo.make(files=["./a.yaml"])
    assert caught.value.path == "./a.yaml"
    assert CANARY not in f"{caught.value} {caught.value.hint}"


def test_a_number_in_string_data_is_refused_by_its_key(repo: Any) -> None:
    repo.secret("a.yaml", "a", "12345")
    with pytest.raises(ManifestError) as caught:
        repo.make(files=["a.yaml"])
    assert (caught.value.path, caught.value.key) == ("a.yaml", "stringData.value")
    assert "12345" not in str(caught.value)


def test_a_decrypted_document_that_is_no_manifest_is_refused(repo: Any) -> None:
    repo.encrypt("a.yaml", f"data: {CANARY}\n")
    with pytest.raises(ManifestError) as caught:
        repo.make(files=["a.yaml"])
    assert CANARY not in str(caught.value)


def test_a_mistake_in_the_generator_names_it(repo: Any) -> None:
    with pytest.raises(ManifestError) as caught:
        repo.make(file=["a.yaml"])
    assert (caught.value.path, caught.value.key) == ("generator g", "file")


def test_a_broken_env_shows_no_text_of_it(repo: Any) -> None:
    repo.encrypt("v.env", f"A B={CANARY}\n", ".*")
    with pytest.raises(Error) as caught:
        repo.make(secretFrom=[{"metadata": {"name": "s"}, "envs": ["v.env"]}])
    assert CANARY not in f"{caught.value} {caught.value.hint}"
