"""Settings that hold for every test."""

from __future__ import annotations

from hypothesis import settings

# A test that runs beside others on a busy machine may take long without being wrong.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
