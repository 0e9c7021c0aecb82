"""Begin here: what git calls for every file of a diff or a merge runs without click.

Only calls in the very form that `git install` sets up are taken, and only where they succeed:
all else is left to `main`, which has the options and the words.
"""

from __future__ import annotations

import gc
import os
import sys

_MERGE_SIZE = "--marker-size"
_COLLECT_AT = 50_000
"""New objects after which Python looks for garbage. Loading a command makes that many, and none of
them is garbage: looking each 700 takes 4 of a command's 75 ms."""


def main() -> None:
    """Run the command line of this process and end it."""
    code = do(sys.argv[1:])
    if code is not None:
        os._exit(code)
    gc.set_threshold(_COLLECT_AT)
    from sopsmith.cli.main import main as run_all

    run_all()


def do(argv: list[str]) -> int | None:
    """Do as `run_driver` does in a process that ends with it, so that it may be faster."""
    # What git asks for is done soon, and nothing of it refers to itself.
    gc.disable()
    unkept = False
    if argv[:2] == ["git", "merge-driver"]:
        from sopsmith.cli import bundled

        unkept = not bundled.load()
    code = run_driver(argv)
    if code is not None and unkept:
        bundled.save()
    gc.enable()
    return code


def run_driver(argv: list[str]) -> int | None:
    """Run what git asked for and return the exit code; None where nothing was done."""
    if argv[:1] != ["git"] or any(word.startswith("-") for word in argv[2:6]):
        return None
    if argv[1:2] == ["textconv"] and len(argv) == 3:
        return _textconv(argv[2])
    if argv[1:2] == ["merge-driver"] and len(argv) == 8 and argv[6] == _MERGE_SIZE:
        return _merge(argv[2:6], argv[7])
    return None


def _textconv(path: str) -> int | None:
    from sopsmith.cli.quick_textconv import show

    text = show(path)
    if text is None:
        return None
    view = memoryview(text)
    while view:
        view = view[os.write(1, view) :]
    return 0


def _merge(names: list[str], size: str) -> int | None:
    if not (size.isascii() and size.isdigit() and int(size)):
        return None
    from sopsmith.cli.git_merging import drive

    try:
        return drive((names[0], names[1], names[2], names[3]), int(size))
    except Exception:  # noqa: BLE001 - a traceback could quote a value
        # Writing is the last that is done, so that `main` meets the same error and reports it.
        return None
