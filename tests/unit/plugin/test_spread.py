"""Many files on all cores: as one process would, in order, and with its words for failures."""

from __future__ import annotations

import os
import signal

import pytest
from tests.unit.plugin.conftest import Repo

from sopsmith.adapters.workers import count_cores
from sopsmith.errors import MacMismatch, OutsideError
from sopsmith.formats.tree import Timestamp
from sopsmith.plugin import generate
from sopsmith.plugin import spread as spreading
from sopsmith.plugin.spread import spread

PATHS = [f"{number}.yaml" for number in range(100)]


def made(path: str) -> list[dict[str, object]]:
    return [{"path": path, "data": b"\0", "none": None, "deep": {"list": [1, 2.5, True]}}]


def test_what_files_make_comes_in_their_order() -> None:
    assert list(spread(made, made, PATHS, 2)) == [made(path) for path in PATHS]


@pytest.mark.parametrize("value", [Timestamp("2026-01-02T03:04:05Z"), object()])
def test_what_cannot_cross_a_pipe_is_made_here(value: object) -> None:
    def odd(path: str) -> list[dict[str, object]]:
        return [{"value": value}]

    assert list(spread(odd, odd, PATHS, 2)) == [[{"value": value}]] * 100


@pytest.mark.parametrize("first", ["7.yaml", "9.yaml"], ids=["own-share", "share-of-a-fork"])
def test_the_first_failure_in_order_is_raised_here(first: str) -> None:
    def fail(path: str) -> list[dict[str, object]]:
        if path in {first, "70.yaml"}:
            raise OutsideError("gone", path=path)
        return made(path)

    found = spread(fail, fail, PATHS, 2)
    before = PATHS[: PATHS.index(first)]
    assert [next(found) for _ in before] == [made(path) for path in before]
    with pytest.raises(OutsideError, match=rf"{first}: gone"):
        next(found)


def test_every_share_is_opened_in_a_process_of_its_own() -> None:
    where = list(spread(lambda _: os.getpid(), lambda _: os.getpid(), PATHS, 2))
    forks = set(where) - {os.getpid()}
    assert len(forks) == (1 if count_cores() > 1 else 0)
    assert where.count(os.getpid()) >= len(PATHS) // 2


def test_few_files_for_each_process_make_no_fork() -> None:
    assert set(spread(lambda _: os.getpid(), lambda _: 0, PATHS[:63], 2)) == {0}


def test_what_a_dead_fork_left_is_opened_here() -> None:
    mine = os.getpid()

    def die(path: str) -> int:
        if path == "30.yaml":
            os.kill(os.getpid(), signal.SIGKILL)
        return 0

    assert set(spread(die, lambda _: mine, PATHS, 2)) <= {0, mine}
    assert len(list(spread(die, lambda _: mine, PATHS, 2))) == len(PATHS)


def test_answers_larger_than_a_pipe_pass() -> None:
    large = "x" * 100_000
    assert list(spread(lambda _: large, lambda _: large, PATHS, 2)) == [large] * len(PATHS)


def test_a_generator_of_many_files_makes_what_one_process_makes(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "abcd":
        repo.secret(f"{name}.yaml", name)
    whole = repo.make(files=["*.yaml"])
    monkeypatch.setattr(generate, "WORTH_IT", 2)
    monkeypatch.setattr(spreading, "SHARE", 1)
    monkeypatch.setattr(spreading, "BATCH", 1)
    assert repo.make(files=["*.yaml"]) == whole
    assert len(whole) == 4
    monkeypatch.setattr(generate, "MANY", 2)
    assert repo.make(files=["*.yaml"]) == whole
    for name in "abcd":
        data = (repo.app / f"{name}.yaml").read_bytes()
        (repo.app / f"{name}.yaml").write_bytes(data.replace(b"name: " + name.encode(), b"name: z"))
        with pytest.raises(MacMismatch, match=f"{name}.yaml: the MAC does not match"):
            repo.make(files=["*.yaml"])
        (repo.app / f"{name}.yaml").write_bytes(data)
