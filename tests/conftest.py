"""Settings that hold for every test."""

from __future__ import annotations

import os

from hypothesis import settings

# A test that runs beside others on a busy machine may take long without being wrong. In CI the
# examples are the same at each run, so that a change is judged by what it changed.
settings.register_profile("patient", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("patient")

_RANDOM = ("age1", "AGE-SECRET-KEY-", "age-secret-key-", "MII")


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a case by its argument where its value may be random, since workers must agree."""
    if isinstance(val, bytes):
        val = val.decode("latin-1")
    if isinstance(val, str) and (len(val) > 48 or any(sign in val for sign in _RANDOM)):
        return argname
    return None
