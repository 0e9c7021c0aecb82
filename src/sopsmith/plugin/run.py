"""Speak both of KSOPS's ways with kustomize.

- KRM: a ResourceList comes on stdin with the generator in its items, and goes back on stdout
  with the made objects in their place.
- Legacy: the generator's path is the first argument, and plain YAML documents go out.

Errors go to stderr, which kustomize shows, and the exit code is 1.

Source: viaduct-ai/kustomize-sops ksops.go (main, krm); kustomize
api/internal/plugins/execplugin; the KRM Functions Specification.
"""

from __future__ import annotations

import os
import sys

from sopsmith.adapters.confined import ConfinedFiles
from sopsmith.adapters.environment import read_settings
from sopsmith.adapters.files import LocalFiles
from sopsmith.adapters.keys import load_keyring
from sopsmith.adapters.programs import LocalPrograms
from sopsmith.errors import Error, ManifestError, UsageError
from sopsmith.kube.ksops import is_resource_list, read_resource_list, write_resource_list
from sopsmith.kube.write import sort_keys, write_document, write_item
from sopsmith.plugin.generate import Maker
from sopsmith.plugin.opening import parse_objects

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from sopsmith.adapters.environment import Settings

    Finish = Callable[[dict[str, object]], dict[str, object]]

USAGE = """\
usage: sopsmith-ksops [--exact] [GENERATOR]

A kustomize plugin that takes KSOPS's place: kustomize calls it with a ResourceList on stdin,
or with the path of a generator. --exact (or SOPSMITH_KSOPS_EXACT=1) keeps stringData as KSOPS
does; without it, stringData is folded into data.
"""


def run(argv: list[str]) -> int:
    """Do what kustomize asks for and return the exit code, with everything written out."""
    if argv in (["--help"], ["-h"]):
        _write(USAGE.encode())
        return 0
    try:
        answer = _answer(argv, read_settings())
    except Error as error:
        _say(f"error: {error}", f"hint: {error.hint}" if error.hint else "")
        return 1
    except Exception as error:  # noqa: BLE001 - a traceback of a bug could quote a value
        _say(f"error: {_describe_bug(error)}")
        return 1
    _write(answer.encode())
    return 0


def _answer(argv: list[str], settings: Settings) -> str:
    paths = [word for word in argv if not word.startswith("-")]
    if unknown := [word for word in argv if word.startswith("-") and word != "--exact"]:
        raise UsageError(f"unknown option {unknown[0]}", hint="sopsmith-ksops --help")
    limit = _parse_limit(settings.get("KSOPS_CONCURRENCY_LIMIT"))
    files = LocalFiles()
    maker = Maker(
        ConfinedFiles(os.getcwd(), settings.get("SOPSMITH_ROOT")),
        load_keyring(settings, files, LocalPrograms()),
        exact="--exact" in argv or settings.get("SOPSMITH_KSOPS_EXACT") in {"1", "true"},
        limit=limit,
    )
    finish = _finisher(settings)
    if paths:
        return _legacy(files.read(paths[0]), maker, finish)
    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError("expected a ResourceList on stdin", hint="sopsmith-ksops --help")
    return _krm(sys.stdin.buffer.read(), maker, finish)


def _legacy(data: bytes, maker: Maker, finish: Finish) -> str:
    def give(one: dict[str, object]) -> str:
        return write_document(finish(one))

    return "---\n".join(one for manifest in _parse(data) for one in maker.finish(manifest, give))


def _krm(data: bytes, maker: Maker, finish: Finish) -> str:
    documents = _parse(data)
    if not documents:
        raise ManifestError("nothing came on stdin; expected a ResourceList")
    request = documents[0]
    if not is_resource_list(request) or not isinstance(request, dict):
        return _legacy(data, maker, finish)

    def give(one: dict[str, object]) -> str:
        return write_item(finish(one))

    wanted = read_resource_list(request)
    items = [one for manifest in wanted for one in maker.finish(manifest, give)]
    return write_resource_list(request, items)


def _finisher(settings: Settings) -> Finish:
    """Return what every object goes through at the end."""
    if settings.get("SOPSMITH_KSOPS_HIDE") != "1":
        return _sorted
    # `sopsmith render` asks for this when it wants to repeat what kustomize complains about.
    from sopsmith.kube.mask import hide

    return lambda one: _sorted(hide(one))


def _sorted(one: dict[str, object]) -> dict[str, object]:
    made = sort_keys(one)
    assert isinstance(made, dict)
    return made


def _parse(data: bytes) -> list[object]:
    try:
        return [one for one in parse_objects(data.decode()) if one is not None]
    except UnicodeDecodeError:
        raise ManifestError("the generator is not UTF-8") from None
    except Error as error:
        raise error.at("the generator") from None


def _parse_limit(text: str) -> int:
    """Return how many processes open files at most; 0 where nothing is said."""
    if text and not (text.isascii() and text.isdigit() and int(text) > 0):
        raise UsageError("KSOPS_CONCURRENCY_LIMIT is not a positive number")
    return int(text or "0")


def _say(*lines: str) -> None:
    sys.stderr.write("".join(f"{line}\n" for line in lines if line))
    sys.stderr.flush()


def _write(data: bytes) -> None:
    view = memoryview(data)
    try:
        while view:
            view = view[os.write(1, view) :]
    except BrokenPipeError:
        # Kustomize has gone; there is nobody to tell.
        return


def _describe_bug(error: Exception) -> str:
    at = error.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    name = os.path.basename(at.tb_frame.f_code.co_filename) if at else "?"
    line = at.tb_lineno if at else 0
    return f"a mistake in sopsmith: {type(error).__name__} in {name}, line {line}"
