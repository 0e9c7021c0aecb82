"""Speak to people on stderr, so that stdout stays data."""

from __future__ import annotations

import os
import sys

from sopsmith.errors import Error, OutsideError

_COLOURS = {"error": "31", "hint": "36", "warning": "33", "note": "2"}


def say(text: str) -> None:
    """Write a line to stderr."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def warn(text: str) -> None:
    """Write a warning to stderr."""
    say(f"{_paint('warning')} {text}")


def note(text: str) -> None:
    """Write a remark to stderr."""
    say(f"{_paint('note')} {text}")


def report(error: Error) -> None:
    """Write an error and its hint to stderr."""
    say(f"{_paint('error')} {error}")
    if error.hint:
        say(f"{_paint('hint')} {error.hint}")


def put(data: bytes) -> None:
    """Write data to stdout.

    Raises:
        OutsideError: It cannot be written; a reader that has gone is a BrokenPipeError.
    """
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        reason = (error.strerror or "the system refused").lower()
        raise OutsideError(f"cannot be written: {reason}", path="standard output") from None


def put_json(value: object) -> None:
    """Write a value to stdout as JSON."""
    import json

    # The name of a file may hold bytes that are no text; JSON can say them only as an escape.
    text = json.dumps(value, indent=2, ensure_ascii=False)
    put(text.encode("utf-8", "backslashreplace") + b"\n")


def _paint(word: str) -> str:
    plain = (
        not sys.stderr.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    )
    return f"{word}:" if plain else f"\x1b[{_COLOURS[word]}m{word}:\x1b[0m"
