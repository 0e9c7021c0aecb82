"""Show what the cluster would get, and fail where it would get less or ciphertext.

kustomize does the work where it is installed; without it, the generators are run straight.
The generators say beforehand what must come out, so a build that leaves Secrets out is an
error here and not a surprise in the cluster.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import takewhile
from typing import NamedTuple

from sopsmith.errors import Error, OutsideError
from sopsmith.formats import yaml
from sopsmith.formats.tree import to_object
from sopsmith.kube.lists import members
from sopsmith.kube.mask import mask
from sopsmith.ports import Files, Programs
from sopsmith.repo.kustomization import Layer, Use, find_generators
from sopsmith.repo.outcome import check_outcome
from sopsmith.repo.promises import Promise, find_promises

AUTO, KUSTOMIZE, KUBECTL, BUILTIN = "auto", "kustomize", "kubectl", "builtin"
ENGINES = (AUTO, KUSTOMIZE, KUBECTL, BUILTIN)
# kubectl has no --enable-exec, so it runs plugins of the plugin home alone.
_WORDS = {
    KUSTOMIZE: ["build", "--enable-alpha-plugins", "--enable-exec"],
    KUBECTL: ["kustomize", "--enable-alpha-plugins"],
}
_BOTH = "kustomize needs both --enable-alpha-plugins and --enable-exec"
_LONGEST = 1000  # characters of kustomize's that are passed on

Manifest = dict[str, object]


class Request(NamedTuple):
    """What the user asked for.

    Attributes:
        folder: The folder of a kustomization.
        plugin_folder: Holds the plugin as `ksops`, and again as kustomize's plugin home does.
        search_path: PATH for kustomize, without the plugin's folder.
    """

    folder: str
    engine: str
    plugin_folder: str
    search_path: str


class Doors(NamedTuple):
    """What the flow needs of the outside.

    Attributes:
        make: Runs a generator in a folder without kustomize.
    """

    files: Files
    programs: Programs
    make: Callable[[str, Manifest], list[Manifest]]


class Rendered(NamedTuple):
    """What came out.

    Attributes:
        engine: What rendered it.
        promised: How many objects the generators had promised.
    """

    objects: list[Manifest]
    engine: str
    promised: int
    promises: list[Promise]

    def masked(self) -> list[Manifest]:
        """Return the objects with the values of Secrets, and of all that was encrypted, hidden."""
        return [
            mask(one)
            if self.engine == BUILTIN or one.get("kind") == "Secret" or self._was_encrypted(one)
            else one
            for one in self.objects
        ]

    def _was_encrypted(self, one: Manifest) -> bool:
        return any(promise.is_kept_by(one) for promise in self.promises)


def render(request: Request, doors: Doors) -> Rendered:
    """Render a kustomization.

    Raises:
        ManifestError: An encrypted file is used as a plain one, a promised object does not come
            out, or ciphertext does.
        OutsideError: kustomize, or the plugin under it, failed.
    """
    uses = find_generators(doors.files, request.folder)
    promises = [promise for use in uses for promise in find_promises(doors.files, use)]
    engine = _choose(request.engine, doors.programs, uses)
    if engine == BUILTIN:
        made = [(one, use) for use in uses for one in doors.make(use.folder, use.manifest)]
        objects = [_placed(one, use.layer) for top, use in made for one in members(top)]
        # Only kustomize appends hashes.
        promises = [promise._replace(hashed=False) for promise in promises]
    else:
        objects = _build(engine, request, doors.programs, uses)
    check_outcome(objects, promises, request.folder, hint=_BOTH)
    return Rendered(objects, engine, len(promises), promises)


def _choose(engine: str, programs: Programs, uses: list[Use]) -> str:
    exec_function = next((use.place for use in uses if not use.is_legacy), None)
    if engine == AUTO:
        able = [name for name in _WORDS if name == KUSTOMIZE or exec_function is None]
        return next((name for name in able if programs.locate(name)), BUILTIN)
    if engine != BUILTIN and programs.locate(engine) is None:
        raise OutsideError(f"{engine} is not installed", hint="--engine builtin needs neither")
    if engine == KUBECTL and exec_function is not None:
        raise OutsideError(
            "kubectl runs no exec functions, and would leave out what this generator makes",
            path=exec_function,
            hint="install kustomize, or use --engine builtin",
        )
    return engine


def _build(engine: str, request: Request, programs: Programs, uses: list[Use]) -> list[Manifest]:
    environ = {"PATH": os.pathsep.join((request.plugin_folder, request.search_path))}
    if any(use.is_legacy for use in uses):
        environ["KUSTOMIZE_PLUGIN_HOME"] = request.plugin_folder
    argv = [programs.locate(engine) or engine, *_WORDS[engine], request.folder]
    done = programs.run(argv, env=environ)
    if done.code != 0:
        own = _own_words(done.stderr.decode("utf-8", "replace"))
        raise own or _repeated(engine, argv, programs, environ, uses)
    try:
        trees = yaml.parse(done.stdout.decode())
    except (Error, UnicodeDecodeError):
        raise OutsideError(f"what {engine} printed is not YAML", path=request.folder) from None
    objects = [to_object(tree.root) for tree in trees]
    return [one for one in objects if isinstance(one, dict)]


def _own_words(said: str) -> OutsideError | None:
    """Return what the plugin said; it speaks before kustomize does, and never says a value."""
    lines = list(takewhile(lambda line: not line.startswith("Error:"), said.splitlines()))
    errors = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    hints = [line.removeprefix("hint: ") for line in lines if line.startswith("hint: ")]
    if not errors:
        return None
    return OutsideError(errors[0], hint=hints[0] if hints else None)


def _repeated(
    engine: str, argv: list[str], programs: Programs, environ: dict[str, str], uses: list[Use]
) -> OutsideError:
    """Return kustomize's complaint, of a second run in which there are no values to quote.

    Several of its messages quote the object or the text that they are about, so what it says of
    real values is never passed on.
    """
    hint = f"{engine}'s own words may quote values: {' '.join(argv)}"
    if not all(use.is_legacy or use.is_found_on_path for use in uses):
        return OutsideError(f"{engine} failed, with a plugin that is not sopsmith's", hint=hint)
    again = programs.run(argv, env={**environ, "SOPSMITH_KSOPS_HIDE": "1"})
    if again.code == 0:
        return OutsideError(f"{engine} failed, over something in a value", hint=hint)
    said = again.stderr.decode("utf-8", "replace")
    words = " / ".join(line.strip() for line in said.splitlines() if line.strip())
    return OutsideError(f"{engine} failed: {words[:_LONGEST] or 'it said nothing'}")


def _placed(one: Manifest, layer: Layer) -> Manifest:
    """Return an object with the name and namespace that its kustomizations give it."""
    metadata = one.get("metadata")
    if not isinstance(metadata, dict) or layer.loose:
        return one
    placed = {**metadata, "name": f"{layer.prefix}{metadata.get('name')}{layer.suffix}"}
    if layer.namespace:
        placed["namespace"] = layer.namespace
    return {**one, "metadata": placed}
