"""Take the words of sops' command line that are not sopsmith's own.

Scripts for sops give global flags before the verb, use the forms without one (`sops -d FILE`),
and name key services. Only such command lines load this module.

Source: getsops/sops cmd/sops/main.go.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Container
from typing import Any

import click

from sopsmith.errors import UsageError

_MODES = {
    "-d": "decrypt", "--decrypt": "decrypt", "-e": "encrypt", "--encrypt": "encrypt",
    "-r": "rotate", "--rotate": "rotate",
}  # fmt: skip
# Global flags that change nothing here, each with the number of its values.
_IDLE = {
    "--verbose": 0, "--disable-version-check": 0, "--check-for-updates": 0,
    "--enable-local-keyservice": 0, "--indent": 1, "--decryption-order": 1,
}  # fmt: skip
_FLAGS = frozenset({
    "-i", "--in-place", "-s", "--show-master-keys", "--ignore-mac", "--mac-only-encrypted",
})  # fmt: skip
_WITHOUT_CONFIG = frozenset({"decrypt", "set", "unset", "rotate", "groups", "filestatus"})


def translate(argv: list[str], commands: Container[str], tell: Callable[[str], None]) -> list[str]:
    """Return a command line of sops as sopsmith's: the verb first, then everything else.

    What names neither a verb nor a file is returned as it is, for the usual complaint.

    Args:
        argv: Its first word is no command.
        tell: Takes what is good to know, a sentence each.
    """
    mode, kept, rest = _read_globals(argv, tell)
    if not rest and mode is None:
        return argv
    if mode is None and rest[0] in commands:
        verb, rest = rest[0], rest[1:]
        if verb in _WITHOUT_CONFIG:
            kept = _without_config(kept)
        return [verb, *kept, *rest]
    if mode is None and not _is_file(rest[0]):
        return argv
    for word in rest:
        if word in _MODES:
            mode = _MODES[word]
    rest = [word for word in rest if word not in _MODES]
    place = next((i for i, word in enumerate(kept) if word == "--set"), None)
    if place is not None:
        pair = kept[place + 1].strip()
        cut = pair.rfind("] ") + 1
        others = _without_config(kept[:place] + kept[place + 2 :])
        return ["set", *others, *rest, pair[:cut], pair[cut:].strip()]
    verb = mode or "edit"
    return [verb, *(_without_config(kept) if verb in _WITHOUT_CONFIG else kept), *rest]


def _read_globals(
    argv: list[str], tell: Callable[[str], None]
) -> tuple[str | None, list[str], list[str]]:
    """Return the mode, the flags that mean something, and the words from the first other one."""
    mode: str | None = None
    kept: list[str] = []
    at = 0
    while at < len(argv) and argv[at].startswith("-") and argv[at] not in ("-", "--"):
        word = argv[at]
        name, joined, _ = word.partition("=")
        at += 1
        if word in _MODES:
            mode = _MODES[word]
        elif name in _IDLE:
            at += 0 if joined else _IDLE[name]
            if name == "--indent":
                tell("--indent changes nothing: every file keeps its own layout")
        elif word in _FLAGS or joined:
            kept.append(word)
        elif word in ("-h", "--help", "-v", "--version"):
            return None, [], []
        else:
            kept += argv[at - 1 : at + 1]
            at += 1
    return mode, kept, argv[at:]


def _is_file(word: str) -> bool:
    """Tell whether a word is more likely a file's name than a verb that is misspelled."""
    return os.path.exists(word) or "." in word or "/" in word


def _without_config(kept: list[str]) -> list[str]:
    """Leave out the configuration, which these verbs do not read, in sops either."""
    found: list[str] = []
    skip = False
    for word in kept:
        if not skip and not word.startswith("--config"):
            found.append(word)
        skip = word == "--config"
    return found


def add_idle_options(command: click.Command) -> click.Command:
    """Let a verb take the options that every verb of sops has; they are not in its help.

    Those that would do something that the verb does not are refused with the way that does.
    """
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            add_idle_options(inner)
        return command
    known = {name for param in command.params for name in param.opts}
    if "--keyservice" in known:
        return command
    hidden: dict[str, dict[str, Any]] = {
        "--keyservice": {"multiple": True, "callback": _refuse(*_SERVICES)},
        "--decryption-order": {},
        "--enable-local-keyservice": {"is_flag": True},
        "--verbose": {"is_flag": True},
    }
    for flag, why in _REFUSED.get(command.name, ()):
        hidden[flag] = {"callback": _refuse(*why)}
    for name in hidden.keys() - known:
        option = click.Option([name], hidden=True, expose_value=False, **hidden[name])
        command.params.append(option)
    if command.name in _KEEP_FORMAT and "--output-type" not in known:
        command.params.append(click.Option(["--output-type", _WANTED], hidden=True, default=""))
        command.callback = _keeping_format(command.callback or _nothing)
    return command


_SERVICES = ("key services are not supported", "leave --keyservice out; keys are asked here")
_THRESHOLD = (
    "--shamir-secret-sharing-threshold",
    ("the threshold is not changed here", "set it in .sops.yaml, then: sopsmith updatekeys FILE"),
)
_REFUSED: dict[str | None, tuple[tuple[str, tuple[str, str]], ...]] = {
    "edit": (_THRESHOLD,),
    "set": (_THRESHOLD,),
    "unset": (_THRESHOLD,),
    "rotate": (
        (
            "--filename-override",
            ("files are not renamed here", "--input-type says a file's format"),
        ),
    ),
}
_KEEP_FORMAT = frozenset({"edit", "rotate"})
_WANTED = "wanted_format"


def _refuse(message: str, hint: str) -> Callable[[object, object, object], None]:
    def refuse(_context: object, _option: object, value: object) -> None:
        if value:
            raise UsageError(message, hint=hint)

    return refuse


def _keeping_format(callback: Callable[..., object]) -> Callable[..., object]:
    """Refuse an output type that is not the file's own."""

    @functools.wraps(callback)
    def wrapper(**words: Any) -> object:
        from sopsmith.sops.document import format_of

        wanted = words.pop(_WANTED)
        for path in words.get("paths", ()) if wanted else ():
            if wanted != (words.get("input_type") or format_of(path)):
                raise UsageError(
                    "the file's format is kept",
                    key=path,
                    hint="convert it with decrypt --output-type, then encrypt",
                )
        return callback(**words)

    return wrapper


def _nothing(**_: object) -> None:
    return
