"""What should never have been committed is told from what may be."""

from __future__ import annotations

import pytest

from sopsmith import age
from sopsmith.repo.cleartext import ENV, IDENTITY, MANIFEST, Clear, find_clear

SECRET = b"kind: Secret\nmetadata: {name: a}\nstringData: {password: made-up}\n"


@pytest.mark.parametrize("path", [".env", "a/.env.prod"])
def test_a_plain_env_file_is_found(path: str) -> None:
    assert find_clear(b"# x\nexport A=made-up\n", path) == (Clear(ENV),)


def test_another_file_of_variables_is_one_where_a_value_looks_like_a_secret() -> None:
    assert find_clear(b"VERSION=1.2\nDB_PASSWORD='made-up'\n", "prod.env") == (Clear(ENV),)
    assert find_clear(b"VERSION=1.2\nDB_PASSWORD=\n", "versions.env") == ()


@pytest.mark.parametrize(
    ("path", "data"),
    [
        (".env.example", b"A=made-up\n"),
        (".env", b"# A=made-up\nA=\nB=''\nC= # nothing\n"),
        ("notes.txt", b"A=made-up\n"),
    ],
)
def test_an_example_or_a_file_without_values_is_none(path: str, data: bytes) -> None:
    assert find_clear(data, path) == ()


def test_a_secret_in_clear_is_found_in_whatever_yaml_or_json() -> None:
    assert find_clear(SECRET, "x.yaml") == (Clear(MANIFEST),)
    assert find_clear(b'{"kind": "Secret", "data": {"a": "bWFkZS11cA=="}}', "x.json")
    assert find_clear(b"kind: List\nitems:\n- kind: Secret\n  data: {a: bWFkZQ==}\n", "x.yml")


@pytest.mark.parametrize(
    "data",
    [
        b"kind: ExternalSecret\nspec: {secretStoreRef: {name: Secret}}\n",
        b"kind: Secret\ndata: {}\n",
        b"kind: Secret\nstringData: {a: '{{ .Values.a }}'}\n",
        b"kind: Secret\nstringData: {a: [\n",
        b"kind: Secret\xff",
    ],
)
def test_what_holds_no_value_of_a_secret_is_none(data: bytes) -> None:
    assert find_clear(data, "x.yaml") == ()


def test_an_identity_is_known_by_its_recipient() -> None:
    identity, recipient = age.generate()
    data = b"key = '%s' # old\n" % identity.reveal()
    assert find_clear(data * 2, "notes.md") == (Clear(IDENTITY, recipient),)
    broken = b"AGE-SECRET-KEY-1" + b"A" * 58
    assert find_clear(broken, "notes.md") == (Clear(IDENTITY),)
    assert find_clear(b"AGE-SECRET-KEY-1XXX is how one begins", "notes.md") == ()
