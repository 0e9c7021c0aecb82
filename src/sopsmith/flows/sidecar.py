"""Render an Application's folder for people who are not trusted with its identity.

The generators are run here, in this process. kustomize gets a copy of what was vetted, in
memory, with what they made already in it, and no leave to run anything.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import NamedTuple

from sopsmith.errors import Error, ManifestError, OutsideError
from sopsmith.formats import yaml
from sopsmith.formats.tree import to_object
from sopsmith.kube.lists import members
from sopsmith.kube.made import as_generator, as_resource
from sopsmith.kube.mask import hide
from sopsmith.kube.write import write_document, write_documents
from sopsmith.ports import Files, Finished
from sopsmith.repo.kustomization import find_generators
from sopsmith.repo.outcome import check_outcome
from sopsmith.repo.promises import find_promises
from sopsmith.repo.vet import OWN, FolderOf, Layer, Vetted, vet

_LONGEST = 1000  # characters of kustomize's that are passed on

Manifest = dict[str, object]
Made = dict[str, list[Manifest]]
"""What the generators of each kustomization made, by its folder."""


class Doors(NamedTuple):
    """What the flow needs of the outside.

    Attributes:
        files: Reads by paths relative to the root, and nothing outside of it.
        make: Runs a generator in a folder.
        build: Lays files out in memory, runs kustomize there on a folder without an environment
            and without plugins, and removes them.
    """

    files: Files
    folder_of: FolderOf
    make: Callable[[str, Manifest], list[Manifest]]
    build: Callable[[dict[str, bytes], str], Finished]


def render_confined(folder: str, doors: Doors) -> bytes:
    """Return the manifests of a folder, relative to the root, as YAML.

    Raises:
        ManifestError: The repository asks for a program, for something outside of it, or does
            not give what its generators promise.
        Error: A file does not open with the identities at hand, or kustomize failed.
    """
    vetted = vet(doors.files, doors.folder_of, folder)
    uses = find_generators(doors.files, vetted.folder)
    promises = [promise for use in uses for promise in find_promises(doors.files, use)]
    made = {layer.folder: _run(layer, doors) for layer in vetted.layers if layer.runs}
    done = doors.build(lay_out(vetted, made), vetted.folder)
    if done.code != 0:
        raise _explain(vetted, made, doors)
    objects = _parse(done.stdout, vetted.folder)
    check_outcome(objects, promises, folder, hint="look for a patch that removes or renames it")
    return done.stdout


def lay_out(vetted: Vetted, made: Made) -> dict[str, bytes]:
    """Return every file that kustomize gets to see, by its path relative to the root."""
    files = dict(vetted.files)
    numbers = count(1)
    for layer in vetted.layers:
        fields = dict(layer.fields)
        objects = made.get(layer.folder, [])
        plain = [found for one in objects if (found := as_resource(one)) is not None]
        if plain:
            name = f"{OWN}{next(numbers)}.yaml"
            files[_join(layer.folder, name)] = write_documents(plain).encode()
            fields["resources"] = [*_list(fields.get("resources")), f"./{name}"]
        texts = []
        for one in objects:
            if as_resource(one) is None:
                text, values = as_generator(one, f"{OWN}{next(numbers)}")
                files |= {_join(layer.folder, path): data for path, data in values.items()}
                texts.append(write_document(text))
        if texts:
            fields["generators"] = texts
        # kustomize refuses a kustomization without any field.
        fields.setdefault("resources", [])
        files[_join(layer.folder, "kustomization.yaml")] = write_document(fields).encode()
    return files


def _run(layer: Layer, doors: Doors) -> list[Manifest]:
    made: list[Manifest] = []
    for run in layer.runs:
        try:
            made += [one for top in doors.make(layer.folder, run.manifest) for one in members(top)]
        except Error as error:
            raise error.at(run.place) from None
    return made


def _explain(vetted: Vetted, made: Made, doors: Doors) -> OutsideError:
    """Return kustomize's complaint, of a second run in which there are no values to quote."""
    hidden = {folder: [hide(one) for one in objects] for folder, objects in made.items()}
    again = doors.build(lay_out(vetted, hidden), vetted.folder)
    if again.code == 0:
        return OutsideError("kustomize failed, over something in a value", path=vetted.folder)
    said = again.stderr.decode("utf-8", "replace")
    words = " / ".join(line.strip() for line in said.splitlines() if line.strip())
    return OutsideError(
        f"kustomize failed: {words[:_LONGEST] or 'it said nothing'}", path=vetted.folder
    )


def _parse(data: bytes, folder: str) -> list[Manifest]:
    try:
        trees = yaml.parse(data.decode())
    except (Error, UnicodeDecodeError):
        raise OutsideError("what kustomize printed is not YAML", path=folder) from None
    objects = [to_object(tree.root) for tree in trees]
    found = [one for one in objects if isinstance(one, dict)]
    if not found:
        raise ManifestError(
            "renders to nothing, and Argo CD would remove all that it had deployed",
            path=folder,
            hint="remove the Application instead",
        )
    return found


def _join(folder: str, name: str) -> str:
    return name if folder == "." else f"{folder}/{name}"


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
