"""Hold the fuzz targets by their names, and say what must hold of each of them.

Of every target: nothing but `sopsmith.errors.Error` is raised, whatever the bytes, and the
message and hint of an error do not hold the canary where the input is secret. What must hold
beyond that is in each function's docstring. Nothing here knows atheris: `run` feeds these
functions from it, and `test_corpus` from the corpus and from hypothesis.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from typing import TypeVar

from sopsmith import age
from sopsmith.errors import Error
from sopsmith.sops.keyring import Keyring

Target = Callable[[bytes], None]
T = TypeVar("T")

CANARY = "c4n~ry"  # No name of a variable can hold it.
DATA_KEY = b"k" * 32
# Made for these targets, and used for nothing else.
IDENTITY = "AGE-SECRET-KEY-1LW39GN6YPJRDRUN2KWQ7PMQ5E2XLWM908YFG67430HKAYCYZPHCSXQR88K"
RECIPIENT = "age1nk9h4a6at65pw2hynw6s62c5th33a2z3zff8m30mwqqf2tgja3ps7sf68z"
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
LATER = datetime(2027, 1, 2, 3, 4, 5, tzinfo=UTC)
TARGETS: dict[str, Target] = {}


def target(function: Target) -> Target:
    """Register a function `fuzz_NAME` under NAME."""
    TARGETS[function.__name__.removeprefix("fuzz_")] = function
    return function


def accept(action: Callable[[], T], data: bytes, *, shown: bool = False) -> T | None:
    """Return what an action returns, or None where it refuses its input as it should.

    Args:
        shown: The input is no secret, or its key names are: only tracebacks are to be looked at.
    """
    try:
        return action()
    except Error as error:
        # Names of keys may be told: they stand in clear in every file that sops writes.
        told = f"{error.message} {error.hint}"
        assert shown or CANARY.encode() not in data or CANARY not in told, "the canary shows"
    return None


def as_text(data: bytes) -> str:
    """Return the UTF-8 that is in some bytes."""
    return data.decode(errors="ignore")


@cache
def keyring() -> Keyring:
    """Return a keyring that holds IDENTITY."""
    return Keyring(age.parse_identities(IDENTITY, "fuzz"))


def load_targets() -> dict[str, Target]:
    """Return every target by its name."""
    for name in ("targets", "outside_targets", "record_targets"):
        import_module(f"tests.fuzz.{name}")
    return TARGETS
