"""GitHub is asked for one token of one repository, by a signature that it verifies."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from tests.fakes.github import TOKEN, FakeGitHub
from tests.github import pem_of, private_key
from tests.loopback import running

from sopsmith.adapters.web import ask
from sopsmith.errors import Denied, Error, OutsideError, Unreachable
from sopsmith.flows.github_token import Proof, prove
from sopsmith.kube.repo_creds import AppCredential
from sopsmith.secret import Secret

PLACE = ("acme", "Platform")


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    with running(FakeGitHub(private_key().public_key())) as server:
        server.repositories.append("Platform")
        yield server


def app(github: FakeGitHub, bits: int = 2048, **fields: str) -> AppCredential:
    given = {"app_id": "12345", "installation_id": "67890", "base_url": github.api} | fields
    return AppCredential(key=Secret(pem_of(private_key(bits))), **given)


def now() -> datetime:
    return datetime.now(UTC)


def refused(credential: AppCredential, moment: datetime | None = None) -> Error:
    """Return the error, after making sure that it shows neither key nor token."""
    with pytest.raises(OutsideError) as caught:
        prove(credential, PLACE, ask, moment or now())
    said = f"{caught.value} {caught.value.hint}"
    assert "PRIVATE" not in said
    assert TOKEN not in said
    assert "eyJ" not in said
    return caught.value


def test_the_token_is_given_and_given_back(github: FakeGitHub) -> None:
    assert prove(app(github), PLACE, ask, now()) == Proof("acme/Platform", revoked=True)
    assert github.revoked == [f"Bearer {TOKEN}"]


@pytest.mark.parametrize("seconds", [-55, 55])
def test_clocks_may_be_almost_a_minute_apart(github: FakeGitHub, seconds: int) -> None:
    assert prove(app(github), PLACE, ask, now() + timedelta(seconds=seconds)).revoked


@pytest.mark.parametrize("seconds", [-900, 900])
def test_clocks_that_are_too_far_apart_are_the_reason_that_is_named(
    github: FakeGitHub, seconds: int
) -> None:
    github.ahead = seconds
    assert "the clocks of this machine and of GitHub are" in refused(app(github)).message


def test_a_key_of_another_app_is_named(github: FakeGitHub) -> None:
    assert refused(app(github, 3072)).message == "the private key is not one of App 12345"


def test_an_installation_that_is_not_there_is_named(github: FakeGitHub) -> None:
    found = refused(app(github, installation_id="1"))
    assert found.message == "App 12345 has no installation 1"


def test_a_repository_that_the_installation_lacks_is_named(github: FakeGitHub) -> None:
    github.repositories.clear()
    assert "may not read the contents of acme/Platform" in refused(app(github)).message


def test_a_right_that_the_app_lacks_is_named(github: FakeGitHub) -> None:
    github.permissions = {"metadata": "read"}
    assert "may not read the contents" in refused(app(github)).message


def test_a_repository_of_the_same_name_elsewhere_is_no_proof(github: FakeGitHub) -> None:
    github.account = "evil"
    assert "another account" in refused(app(github)).message
    assert github.revoked


@pytest.mark.parametrize(
    ("status", "body", "kind", "why"),
    [
        (403, b"{}", Denied, "suspended"),
        (500, b"{}", Unreachable, "answered 500"),
        (201, b"<html>", Unreachable, "no GitHub"),
        (201, b'{"token": ""}', Unreachable, "no GitHub"),
        (201, b"[1]", Unreachable, "no GitHub"),
        (201, b"x" * (1024 * 1024 + 1), Unreachable, "larger than 1 MiB"),
    ],
)
def test_what_is_no_grant_proves_nothing(
    github: FakeGitHub, status: int, body: bytes, kind: type[Error], why: str
) -> None:
    github.answer = (status, body, {})
    found = refused(app(github))
    assert isinstance(found, kind)
    assert why in found.message


def test_the_signature_does_not_follow_a_redirect(github: FakeGitHub) -> None:
    github.answer = (307, b"", {"Location": f"{github.api}/app/installations/67890/access_tokens"})
    assert "answered 307" in refused(app(github)).message


def test_plain_http_to_another_machine_is_never_asked(github: FakeGitHub) -> None:
    assert "is not https" in refused(app(github, base_url="http://192.0.2.1/api/v3")).message


def test_a_github_that_does_not_answer_is_unreachable(github: FakeGitHub) -> None:
    found = refused(app(github, base_url="http://127.0.0.1:9/api/v3"))
    assert isinstance(found, Unreachable)
    assert "onnection refused" in found.message
