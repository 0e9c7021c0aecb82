"""The root of a repository is found from any folder in it."""

from __future__ import annotations

import pytest
from tests.unit.flows.stage import ROOT, Stage

from sopsmith.errors import LayoutError
from sopsmith.repo.root import find_root, read_settings


@pytest.mark.parametrize("start", [ROOT, f"{ROOT}/bootstrap/argocd", f"{ROOT}/not/there"])
def test_the_first_folder_upwards_with_settings_is_the_root(start: str) -> None:
    assert find_root(Stage().files, start) == ROOT


def test_outside_of_a_repository_the_hint_makes_one() -> None:
    with pytest.raises(LayoutError, match=r"/elsewhere: .* holds sopsmith\.yaml") as caught:
        find_root(Stage().files, "/elsewhere")
    assert caught.value.hint == "sopsmith init /elsewhere"


def test_the_settings_of_a_root_are_read() -> None:
    stage = Stage()
    assert read_settings(stage.files, ROOT) == stage.settings
