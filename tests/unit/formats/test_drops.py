"""A drop's name leads to the file that it is for, and no other name does."""

from __future__ import annotations

import pytest

from sopsmith.formats.drops import drop_path, is_drop, target_of


@pytest.mark.parametrize("path", ["db.secret.yaml", "a.b/x", "/a/.env", "x.3f9c01de.drop.yaml"])
def test_the_name_of_a_drop_leads_back(path: str) -> None:
    made = drop_path(path, "3f9c01de")
    assert is_drop(made)
    assert target_of(made) == path


@pytest.mark.parametrize(
    "path", ["db.drop.yaml", "a.b/.drop.yaml", "a.b/c.drop.yaml", "a/.x.drop.yaml"]
)
def test_a_drop_is_for_a_file_of_its_own_folder(path: str) -> None:
    assert not is_drop(path)
    assert target_of(path) == path
