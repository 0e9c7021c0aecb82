"""What the verbs that sops has too share: options, reading, writing, exit codes."""

from __future__ import annotations

import functools
import os
import sys
from typing import TYPE_CHECKING, Any

import click

from sopsmith.adapters.environment import read_settings
from sopsmith.adapters.files import LocalFiles
from sopsmith.adapters.keys import load_keyring
from sopsmith.adapters.kinds import load_kinds
from sopsmith.adapters.programs import LocalPrograms
from sopsmith.cli.talk import note, put
from sopsmith.errors import Error, UsageError
from sopsmith.formats import NAMES
from sopsmith.sops.selectors import ALL_SELECTORS

if TYPE_CHECKING:
    from collections.abc import Callable

    from sopsmith.sops.keyring import Keyring
    from sopsmith.sops.wrapping import Kinds

STDIN_NAMES = ("-", "/dev/stdin")
_FORMATS = ", ".join(NAMES[:-1]) + f" or {NAMES[-1]}"
_Command = Any


def sops_exit_codes(command: Callable[..., int | None]) -> Callable[..., int | None]:
    """Give a verb's errors the exit codes that sops gives them."""

    @functools.wraps(command)
    def wrapper(*args: object, **words: object) -> int | None:
        try:
            return command(*args, **words)
        except Error as error:
            if error.sops_exit_code is not None:
                error.exit_code = error.sops_exit_code
            raise

    return wrapper


def target_options(command: _Command) -> _Command:
    """Add the options that say where input comes from and output goes."""
    for option in reversed(
        (
            click.option("-i", "--in-place", is_flag=True, help="Write back to each file."),
            click.option("--output", metavar="FILE", help="Write to a file (mode 0600)."),
            click.option("--input-type", metavar="FORMAT", default="", help=f"{_FORMATS}."),
            click.option(
                "--output-type",
                metavar="FORMAT",
                default="",
                help="As --input-type; the default is what the file's name says, then the input's.",
            ),
            click.option(
                "--filename-override", metavar="PATH", help="The path that rules and format see."
            ),
            click.option("--dry-run", is_flag=True, help="Check everything, write nothing."),
        )
    ):
        command = option(command)
    return command


def selector_options(command: _Command) -> _Command:
    """Add one option a selector."""
    for kind in reversed(ALL_SELECTORS):
        flag = "--" + kind.replace("_", "-")
        command = click.option(flag, metavar="PATTERN", help=f"Use {kind}, not the rule's.")(
            command
        )
    return command


class Targets:
    """Where a verb reads and writes.

    Raises:
        UsageError: The options do not fit together.
    """

    def __init__(self, paths: tuple[str, ...], options: dict[str, Any]) -> None:
        self.paths = paths or ("-",)
        self.in_place = bool(options["in_place"])
        self.output = options["output"]
        self.dry_run = bool(options["dry_run"])
        self.name = options["filename_override"]
        self._files = LocalFiles()
        self._check(options)

    def _check(self, options: dict[str, Any]) -> None:
        from_stdin = [path for path in self.paths if path in STDIN_NAMES]
        for option in ("input_type", "output_type"):
            if options[option] not in ("", *NAMES):
                raise UsageError(
                    f"--{option.replace('_', '-')} names no format",
                    hint=f"formats are {', '.join(NAMES)}",
                )
        if self.in_place and self.output:
            raise UsageError("--in-place and --output name two places to write to")
        if self.in_place and from_stdin:
            raise UsageError("--in-place needs files, not standard input")
        if len(self.paths) > 1 and not self.in_place:
            raise UsageError("several files need --in-place")
        if self.name and len(self.paths) > 1:
            raise UsageError("--filename-override goes with one file")
        if from_stdin and not (self.name or options["input_type"]):
            raise UsageError(
                "standard input has no name to tell its format by",
                hint="add --filename-override PATH or --input-type yaml",
            )

    def read(self) -> list[tuple[str, str, bytes]]:
        """Return (path, name for rules and format, bytes) of every input."""
        return [
            (path, self.name or ("<stdin>" if path in STDIN_NAMES else path), self._read(path))
            for path in self.paths
        ]

    def _read(self, path: str) -> bytes:
        return sys.stdin.buffer.read() if path in STDIN_NAMES else self._files.read(path)

    def write(self, results: list[tuple[str, bytes]]) -> None:
        """Write what came out, once all of it is there."""
        for path, data in results:
            if self.dry_run:
                note(f"would write {len(data)} bytes to {self._place(path)}")
            elif self.in_place:
                self._files.write(path, data)
            elif self.output:
                self._files.write(self.output, data, mode=0o600)
            else:
                put(data)

    def _place(self, path: str) -> str:
        return path if self.in_place else self.output or "standard output"


def keyring_of_environment() -> Keyring:
    """Return the keyring that this process's environment offers."""
    return load_keyring(read_settings(os.environ), LocalFiles(), LocalPrograms())


def kinds_of_environment() -> Kinds:
    """Return the kinds of master key besides age that this process's environment reaches."""
    return load_kinds(read_settings(os.environ), LocalPrograms())
