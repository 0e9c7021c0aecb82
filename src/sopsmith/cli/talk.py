"""Speak to people on stderr, so that stdout stays data."""

from __future__ import annotations

import os
import sys

from sopsmith.errors import Error, MacMismatch, OutsideError, Tampered

_COLOURS = {"error": "31", "hint": "36", "warning": "33", "note": "2"}
_LAYOUT = "\n\t"
_LONG = "age1pq1"
_IDENTITY = "AGE-SECRET-KEY-"


def say(text: str) -> None:
    """Write lines to stderr, as `plain` has them."""
    _write(plain(text, keep=_LAYOUT))


def warn(text: str) -> None:
    """Write a warning to stderr."""
    _write(f"{_paint('warning')} {brief(plain(text, keep=_LAYOUT))}")


def note(text: str) -> None:
    """Write a remark to stderr."""
    _write(f"{_paint('note')} {brief(plain(text, keep=_LAYOUT))}")


def report(error: Error) -> None:
    """Write an error and its hint to stderr."""
    _write(f"{_paint('error')} {brief(plain(_from_here(error), keep=_LAYOUT))}")
    hint = error.hint or _last_good(error)
    if hint:
        _write(f"{_paint('hint')} {plain(hint, keep=_LAYOUT)}")


def plain(text: str, keep: str = "") -> str:
    """Return a text with every sign replaced that could steer a terminal or turn its lines around.

    Names of files and of people in a history, and what a cluster says, are anybody's words. An
    identity that somebody gave in the place of a word, such as a path, is not said again.

    Args:
        keep: Signs that stay all the same. Bytes of a name that are no text stay too: they are
            written as escapes.
    """
    if _IDENTITY in text.upper():
        text = _without_identities(text)
    if text.isprintable():
        return text
    return "".join(
        sign if sign.isprintable() or sign in keep or "\udc80" <= sign <= "\udcff" else "\ufffd"
        for sign in text
    )


def brief(text: str) -> str:
    """Return a text in which post-quantum recipients, of 1,959 signs each, are cut to a few.

    Hints and what comes next stay whole, since there a recipient may be part of a command.
    """
    if _LONG not in text:
        return text
    import re

    return re.sub(f"({_LONG}[0-9a-z]{{10}})[0-9a-z]{{60,}}([0-9a-z]{{6}})", r"\1…\2", text)


def counted(number: int, word: str) -> str:
    """Return how many there are of something, as people say it: `1 file`, `1,200 files`."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"


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


def _from_here(error: Error) -> str:
    """Return an error with its path as a person in the working folder would write it."""
    try:
        here = os.path.join(os.getcwd(), "")
    except OSError:
        # The folder was removed meanwhile.
        return str(error)
    return str(error).removeprefix(here) if (error.path or "").startswith(here) else str(error)


def _last_good(error: Error) -> str:
    """Return how to see what became of a file whose values are not what was encrypted."""
    if isinstance(error, Tampered | MacMismatch) and error.path and os.path.isfile(error.path):
        from shlex import quote

        return f"git log -p -- {quote(error.path)}"
    return ""


def _without_identities(text: str) -> str:
    import re

    return re.sub(f"(?i){_IDENTITY}[0-9a-z]+", f"{_IDENTITY}…", text)


def _write(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def _paint(word: str) -> str:
    plain = (
        not sys.stderr.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    )
    return f"{word}:" if plain else f"\x1b[{_COLOURS[word]}m{word}:\x1b[0m"
