"""Credentials for S3 come out of a `.env` by the ends of its variables' names."""

from __future__ import annotations

import pytest

from sopsmith.errors import EnvFileError
from sopsmith.formats import env_file
from sopsmith.repo.s3_variables import S3Access, find_access
from sopsmith.secret import Secret

HETZNER = "HETZNER_S3_ACCESS_KEY=h-access\nHETZNER_S3_SECRET_KEY=h-secret\n"
OTHER = "OTHER_S3_ACCESS_KEY=o-access\nOTHER_S3_SECRET_KEY=o-secret\n"


def find(text: str, bucket: str = "backups", choice: str = "") -> S3Access | None:
    """Return what a `.env` of that text says."""
    return find_access(env_file.parse(text.encode(), ".env"), ".env", bucket, choice)


def test_no_such_variables_are_no_credentials() -> None:
    assert find("A=b\nS3_BUCKET=x\n") is None


def test_one_pair_is_taken_with_what_stands_beside_it() -> None:
    text = HETZNER + "HETZNER_S3_ENDPOINT=fsn1.example.com\nHETZNER_S3_REGION=fsn1\n"
    assert find(text) == S3Access(
        "HETZNER", Secret(b"h-access"), Secret(b"h-secret"), "https://fsn1.example.com", "fsn1"
    )


def test_names_without_an_owner_are_a_pair_too() -> None:
    found = find("S3_ACCESS_KEY=a\nS3_SECRET_KEY=b\nS3_ENDPOINT=http://127.0.0.1:9000\n")
    assert found is not None
    assert (found.owner, found.endpoint) == ("", "http://127.0.0.1:9000")


def test_of_several_the_one_of_the_bucket_is_taken() -> None:
    found = find(HETZNER + OTHER + "OTHER_S3_BUCKET=backups\n")
    assert found is not None
    assert found.owner == "OTHER"


def test_of_several_one_can_be_chosen() -> None:
    found = find(HETZNER + OTHER, choice="OTHER")
    assert found is not None
    assert found.owner == "OTHER"


@pytest.mark.parametrize(
    ("text", "choice", "words"),
    [
        (HETZNER + OTHER, "", "several S3 services: HETZNER, OTHER"),
        (HETZNER, "OTHER", "has no OTHER_S3_ACCESS_KEY"),
        ("A_S3_ACCESS_KEY=canary\n", "", "has A_S3_ACCESS_KEY but no A_S3_SECRET_KEY"),
        ("A_S3_SECRET_KEY=canary\n", "", "has A_S3_SECRET_KEY but no A_S3_ACCESS_KEY"),
        (HETZNER + "HETZNER_S3_REGION='ca nary'\n", "", "HETZNER_S3_REGION is not one"),
    ],
)
def test_what_is_half_or_ambiguous_is_refused_without_a_value(
    text: str, choice: str, words: str
) -> None:
    with pytest.raises(EnvFileError, match=words) as caught:
        find(text, choice=choice)
    shown = f"{caught.value}{caught.value.hint}"
    assert not any(value in shown for value in ("canary", "ca nary", "h-access", "h-secret"))


def test_a_repr_shows_no_key() -> None:
    assert "h-" not in repr(find(HETZNER))
