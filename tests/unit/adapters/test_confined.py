"""Files of one repository and no others."""

from __future__ import annotations

from pathlib import Path

import pytest

from sopsmith.adapters.confined import ConfinedFiles, find_root, own_root
from sopsmith.errors import OutsideError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a repository that lies beside a file it must not read."""
    (tmp_path / "outside").write_text("x")
    root = tmp_path / "repo"
    (root / "app/secrets").mkdir(parents=True)
    (root / ".git").mkdir()
    (root / "top.yaml").write_text("top")
    for name in ("b.yaml", "a.yaml", ".c.yaml", "d.txt"):
        (root / "app/secrets" / name).write_text(name)
    (root / "app/secrets/e.yaml").mkdir()
    return root


def test_the_root_is_the_nearest_git_repository(root: Path) -> None:
    (root / "app/.sops.yaml").touch()
    assert find_root(str(root / "app/secrets")) == str(root)


@pytest.mark.parametrize("mark", ["sopsmith.yaml", ".sops.yaml"])
def test_without_git_the_root_is_where_settings_lie(tmp_path: Path, mark: str) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / mark).touch()
    assert find_root(str(tmp_path / "a/b")) == str(tmp_path)


def test_reads_inside_the_root_by_every_way(root: Path) -> None:
    files = ConfinedFiles(str(root / "app"))
    assert files.read("./secrets/a.yaml") == b"a.yaml"
    assert files.read("../top.yaml") == b"top"
    assert files.read(str(root / "top.yaml")) == b"top"


def test_follows_links_that_stay_inside(root: Path) -> None:
    (root / "app/file").symlink_to("../top.yaml")
    (root / "app/folder").symlink_to("secrets")
    files = ConfinedFiles(str(root / "app"))
    assert (files.read("file"), files.read("folder/a.yaml")) == (b"top", b"a.yaml")


@pytest.mark.parametrize(
    "path", ["../../outside", "link", "way/outside", "secrets/../../../outside"]
)
def test_refuses_what_lies_outside(root: Path, path: str) -> None:
    (root / "app/link").symlink_to(root.parent / "outside")
    (root / "app/way").symlink_to(root.parent)
    with pytest.raises(OutsideError, match="outside the repository") as caught:
        ConfinedFiles(str(root / "app")).read(path)
    assert caught.value.path == path


def test_refuses_an_absolute_path_that_lies_outside(root: Path) -> None:
    with pytest.raises(OutsideError, match="outside"):
        ConfinedFiles(str(root / "app")).read(str(root.parent / "outside"))


def test_a_sibling_with_the_same_beginning_is_outside(root: Path) -> None:
    sibling = root.parent / "repo-two"
    sibling.mkdir()
    (sibling / "x").write_text("x")
    with pytest.raises(OutsideError, match="outside"):
        ConfinedFiles(str(root)).read("../repo-two/x")


@pytest.mark.parametrize("path", ["secrets/none", "secrets", "none/x", "..", "secrets/"])
def test_names_a_file_that_cannot_be_read(root: Path, path: str) -> None:
    with pytest.raises(OutsideError) as caught:
        ConfinedFiles(str(root / "app")).read(path)
    assert caught.value.path == path


def test_a_glob_gives_files_sorted_without_hidden_ones_and_folders(root: Path) -> None:
    files = ConfinedFiles(str(root / "app"))
    assert files.expand("./secrets/*.yaml") == ["./secrets/a.yaml", "./secrets/b.yaml"]
    assert files.expand("s*/[ab].yaml") == ["secrets/a.yaml", "secrets/b.yaml"]


def test_a_file_whose_name_looks_like_a_glob_is_that_file(root: Path) -> None:
    (root / "app/[a].yaml").write_text("x")
    assert ConfinedFiles(str(root / "app")).expand("[a].yaml") == ["[a].yaml"]


@pytest.mark.parametrize(
    "pattern", ["../../*", "/etc/*", "**/a.yaml", "none/*.yaml", "secrets/*.x"]
)
def test_a_glob_that_finds_nothing_or_looks_outside_is_an_error(root: Path, pattern: str) -> None:
    with pytest.raises(OutsideError) as caught:
        ConfinedFiles(str(root / "app")).expand(pattern)
    assert caught.value.path == pattern


@pytest.mark.parametrize("way", ["../../../other/a.yaml", "../../../../top.yaml", "link"])
def test_a_tenant_reads_its_own_subtree_alone(root: Path, way: str) -> None:
    home = root / "tenants/shop/overlays/dev"
    home.mkdir(parents=True)
    (root / "tenants/other").mkdir()
    (root / "tenants/other/a.yaml").write_text("other")
    (home / "link").symlink_to("../../../../top.yaml")
    with pytest.raises(OutsideError, match="outside the tenant's folder"):
        ConfinedFiles(str(home)).read(way)


def test_a_tenant_shares_files_between_its_overlays(root: Path) -> None:
    home = root / "tenants/shop/overlays/dev"
    home.mkdir(parents=True)
    (root / "tenants/shop/shared.yaml").write_text("shared")
    assert ConfinedFiles(str(home)).read("../../shared.yaml") == b"shared"


def test_a_generator_of_the_platform_may_name_what_a_tenant_has(root: Path) -> None:
    (root / "tenants/shop").mkdir(parents=True)
    (root / "tenants/shop/a.yaml").write_text("a")
    assert ConfinedFiles(str(root / "app")).read("../tenants/shop/a.yaml") == b"a"


def test_a_platform_application_gives_a_tenant_what_is_its_own_alone(root: Path) -> None:
    (root / "tenants/shop/overlays").mkdir(parents=True)
    found = own_root(str(root / "tenants/shop/overlays"), str(root))
    assert found == str(root / "tenants/shop")
    assert own_root(found, found) == found


@pytest.mark.parametrize("place", ["platform", "teams/core/platform"])
def test_tenants_of_a_platform_that_is_a_folder_of_its_repository_are_apart_too(
    root: Path, place: str
) -> None:
    platform = root / place
    home = platform / "tenants/shop/overlays"
    home.mkdir(parents=True)
    (platform / "sopsmith.yaml").write_text("")
    # A mark of their own gives a tenant no more.
    (home.parent / "sopsmith.yaml").write_text("")
    (platform / "core.yaml").write_text("core")
    with pytest.raises(OutsideError, match="outside the tenant's folder"):
        ConfinedFiles(str(home)).read("../../../core.yaml")
    assert own_root(str(home), str(root)) == str(platform / "tenants/shop")
