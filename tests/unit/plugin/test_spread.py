"""Many files on all cores: as one process would, in order, and with its words for failures."""

from __future__ import annotations

import pytest
from tests.unit.plugin.conftest import Repo

from sopsmith.errors import OutsideError
from sopsmith.formats.tree import Timestamp
from sopsmith.plugin import generate
from sopsmith.plugin.spread import spread

PATHS = [f"{number}.yaml" for number in range(40)]


def made(path: str) -> list[dict[str, object]]:
    return [{"path": path, "data": b"\0", "none": None, "deep": {"list": [1, 2.5, True]}}]


def test_what_files_make_comes_in_their_order() -> None:
    assert list(spread(made, made, PATHS, 2)) == [made(path) for path in PATHS]


@pytest.mark.parametrize("value", [Timestamp("2026-01-02T03:04:05Z"), object()])
def test_what_cannot_cross_a_pipe_is_made_here(value: object) -> None:
    def odd(path: str) -> list[dict[str, object]]:
        return [{"value": value}]

    assert list(spread(odd, odd, PATHS[:3], 2)) == [[{"value": value}]] * 3


def test_the_first_failure_in_order_is_raised_here() -> None:
    def fail(path: str) -> list[dict[str, object]]:
        if path in {"7.yaml", "30.yaml"}:
            raise OutsideError("gone", path=path)
        return made(path)

    found = spread(fail, fail, PATHS, 2)
    assert [next(found) for _ in range(7)] == [made(path) for path in PATHS[:7]]
    with pytest.raises(OutsideError, match=r"7\.yaml: gone"):
        next(found)


def test_a_generator_of_many_files_makes_what_one_process_makes(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "abc":
        repo.secret(f"{name}.yaml", name)
    whole = repo.make(files=["*.yaml"])
    monkeypatch.setattr(generate, "WORTH_IT", 2)
    assert repo.make(files=["*.yaml"]) == whole
    assert len(whole) == 3
