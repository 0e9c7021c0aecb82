"""The sidecar opens what the Application's project may open, and says why it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from sopsmith import age
from sopsmith.cli import cmp
from sopsmith.errors import NoIdentity, OutsideError

IDENTITY, RECIPIENT = age.generate()


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """Return a folder with the identities of one project."""
    folder = tmp_path / "keys" / "platform"
    folder.mkdir(parents=True)
    (folder / "keys.txt").write_text(f"# platform\n{IDENTITY.reveal().decode()}\n")
    return folder.parent


def environ(keys: Path, project: str) -> dict[str, str]:
    """Return a build environment of Argo CD."""
    return {"SOPSMITH_KEYS": str(keys), "ARGOCD_APP_PROJECT_NAME": project}


def test_a_project_gets_its_own_identities(keys: Path) -> None:
    found = cmp.load_project_keyring(environ(keys, "platform"))
    assert [one.recipient for one in found.identities] == [RECIPIENT]


@pytest.mark.parametrize(
    "project", ["tenants", "", "..", "../keys/platform", "platform/../platform"]
)
def test_any_other_project_gets_none(keys: Path, project: str) -> None:
    with pytest.raises(NoIdentity):
        cmp.load_project_keyring(environ(keys, project))


def test_identities_of_the_surroundings_do_not_count(keys: Path) -> None:
    variables = environ(keys, "tenants") | {"SOPS_AGE_KEY": IDENTITY.reveal().decode()}
    with pytest.raises(NoIdentity):
        cmp.load_project_keyring(variables)


def test_the_root_is_what_stands_before_the_applications_path(tmp_path: Path) -> None:
    app = tmp_path / "repo/a/b"
    app.mkdir(parents=True)
    assert cmp.find_root({"ARGOCD_APP_SOURCE_PATH": "a/b"}, str(app)) == str(tmp_path / "repo")
    assert cmp.find_root({"ARGOCD_APP_SOURCE_PATH": "."}, str(app)) == str(app)
    assert cmp.find_root({}, str(app)) == str(app)


@pytest.mark.parametrize("path", ["b/c", "../b", "x"])
def test_a_path_that_is_not_the_folders_end_is_refused(tmp_path: Path, path: str) -> None:
    app = tmp_path / "a/b"
    app.mkdir(parents=True)
    with pytest.raises(OutsideError):
        cmp.find_root({"ARGOCD_APP_SOURCE_PATH": path}, str(app))


def test_words_that_it_does_not_know_are_wrong_usage(capfd: pytest.CaptureFixture[str]) -> None:
    assert cmp.run(["init"], {}, "/") == 2
    assert "expected one word: generate" in capfd.readouterr().err
