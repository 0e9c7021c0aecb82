"""An audit reads each version once, whatever it is asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from tests.past import Past

from sopsmith.adapters.git_history import GitHistory
from sopsmith.flows import audit
from sopsmith.flows.audit import Audit
from sopsmith.flows.versions import Opener
from sopsmith.sops.keyring import Keyring


class Counting(GitHistory):
    """A history that keeps what it was asked for."""

    def __init__(self, folder: str) -> None:
        super().__init__(folder)
        self.asked: list[str] = []

    def read(self, names: Iterable[str]) -> Iterator[tuple[str, bytes | None]]:
        wanted = list(names)
        self.asked += wanted
        return super().read(wanted)


def make(folder: Path) -> str:
    past = Past(folder)
    for number in range(200):
        past.commit({f"{number % 7}/.env": b"A=%d\n" % number})
    return str(past.write())


def run(history: GitHistory) -> list[tuple[str, str, bool]]:
    made = Audit(history, Opener(lambda: Keyring([])), None, lambda: None)
    assert list(made.run()) == []
    assert (made.commits, made.unsigned) == (200, 200)
    return [(one.path, one.first.id, one.still) for one in made.in_clear()]


def test_each_object_is_read_once(tmp_path: Path) -> None:
    history = Counting(make(tmp_path / "r"))
    with history:
        found = run(history)
    assert len(history.asked) == len(set(history.asked)) == 400
    assert [(path, still) for path, _, still in found] == [(f"{n}/.env", True) for n in range(7)]


def test_what_was_forgotten_is_read_again_and_nothing_else_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with GitHistory(make(tmp_path / "r")) as history:
        before = run(history)
        monkeypatch.setattr(audit, "_KEPT", 10)
        assert run(history) == before
