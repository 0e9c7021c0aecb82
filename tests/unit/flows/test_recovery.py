"""A recovery identity is out before its recipient is named, and is given out once or not at all."""

from __future__ import annotations

import os

import pytest
from tests.unit.flows.backup_stage import identities
from tests.unit.flows.stage import MemoryFiles

from sopsmith import age
from sopsmith.errors import Error, LayoutError, MasterKeyError, OutsideError, UsageError
from sopsmith.flows.recovery import Doors, RecoveryRequest, make_recovery
from sopsmith.repo.settings import FILE, parse_settings
from sopsmith.repo.shares import join_shares
from sopsmith.secret import Secret

PATH = f"/repo/{FILE}"
TEXT = b"version: 1\nenvironments: {dev: {}}\n"
HOLDERS = tuple(age.generate() for _ in range(3))


class Desk:
    """A repository, and a place where what is given out lies."""

    def __init__(self, text: bytes = TEXT, failure: Error | None = None) -> None:
        self.files = MemoryFiles()
        self.files.held[PATH] = text
        self.given: list[Secret] = []
        self.named_when_given = False
        self._failure = failure

    def give(self, pieces: list[Secret]) -> None:
        """Take what is given out, or fail."""
        self.named_when_given = b"recovery" in self.files.held[PATH]
        if self._failure is not None:
            raise self._failure
        self.given += pieces

    def make(self, needed: int = 0, parts: int = 0, holders: tuple[str, ...] = ()) -> str:
        """Make a recovery identity."""
        request = RecoveryRequest("/repo", "", needed, parts, holders)
        doors = Doors(self.files, age.generate, os.urandom, self.give, lambda _: None)
        return make_recovery(request, doors)


def test_it_is_given_out_whole_and_then_named() -> None:
    desk = Desk()
    recipient = desk.make()
    assert not desk.named_when_given
    assert [one.recipient for one in identities(*desk.given)] == [recipient]
    named = parse_settings(desk.files.held[PATH], FILE).recovery
    assert [one.recipient for one in named] == [recipient]


def test_its_text_never_reaches_the_repository() -> None:
    desk = Desk()
    desk.make()
    assert desk.given[0].reveal().splitlines()[-1] not in b"".join(desk.files.held.values())


def test_each_share_is_for_its_holder_alone() -> None:
    desk = Desk()
    recipient = desk.make(2, 3, tuple(one for _, one in HOLDERS))
    shares = []
    for piece, (secret, _) in zip(desk.given, HOLDERS, strict=True):
        opened = [age.unwrap(piece.reveal().decode(), identities(one)) for one, _ in HOLDERS]
        assert [one is not None for one in opened] == [one == secret for one, _ in HOLDERS]
        shares.append(("share", next(one.decode() for one in opened if one)))
    (joined,) = identities(join_shares(shares[1:]))
    assert joined.recipient == recipient


def test_what_cannot_be_given_out_is_not_named() -> None:
    desk = Desk(failure=OutsideError("no space left on device"))
    with pytest.raises(OutsideError):
        desk.make()
    assert desk.files.held[PATH] == TEXT


def test_what_cannot_be_named_is_not_given_out() -> None:
    desk = Desk(TEXT + b"...\n")
    with pytest.raises(LayoutError):
        desk.make()
    assert desk.given == []


@pytest.mark.parametrize(
    ("holders", "kind"),
    [
        ((HOLDERS[0][1],), UsageError),
        ((HOLDERS[0][1],) * 2, UsageError),
        ((HOLDERS[0][1], "age1nonsense"), MasterKeyError),
    ],
)
def test_holders_that_do_not_fit_are_refused(holders: tuple[str, ...], kind: type[Error]) -> None:
    desk = Desk()
    with pytest.raises(kind):
        desk.make(2, 2, holders)
    assert desk.given == []
