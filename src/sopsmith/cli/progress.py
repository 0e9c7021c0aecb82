"""Count on a terminal while something long goes on; elsewhere say nothing."""

from __future__ import annotations

import sys
import time

_PAUSE = 0.1  # seconds between two pictures


_WIDTH = 30  # characters of a bar


class Bar:
    """A bar on stderr that fills, and is gone afterwards.

    Args:
        words: What is counted, such as `files`.
    """

    def __init__(self, words: str) -> None:
        self._words = words
        self._shown = 0.0
        self._live = sys.stderr.isatty()

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def show(self, done: int, total: int) -> None:
        """Show how many of how many are done."""
        now = time.monotonic()
        if not self._live or not total or now - self._shown < _PAUSE:
            return
        self._shown = now
        filled = _WIDTH * done // total
        bar = "#" * filled + "." * (_WIDTH - filled)
        sys.stderr.write(f"\r\x1b[K[{bar}] {done:,} of {total:,} {self._words}")
        sys.stderr.flush()


class Counter:
    """A line on stderr that counts, and is gone afterwards.

    Args:
        words: What is counted, such as `files looked at`.
    """

    def __init__(self, words: str) -> None:
        self._words = words
        self._count = 0
        self._shown = 0.0
        self._live = sys.stderr.isatty()

    def __enter__(self) -> Counter:
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def tick(self) -> None:
        """Count one more."""
        self._count += 1
        if self._live and self._count % 16 == 0:
            now = time.monotonic()
            if now - self._shown >= _PAUSE:
                self._shown = now
                sys.stderr.write(f"\r\x1b[K{self._count:,} {self._words}")
                sys.stderr.flush()
