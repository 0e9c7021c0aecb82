"""The walk over kustomizations, and what their generators promise."""

from __future__ import annotations

from pathlib import Path

import pytest

from sopsmith.adapters.files import LocalFiles
from sopsmith.errors import Error, ManifestError
from sopsmith.repo.kustomization import Layer, Use, find_generators
from sopsmith.repo.promises import Promise, find_promises

GENERATOR = "apiVersion: viaduct.ai/v1\nkind: ksops\nmetadata:\n  name: g\nfiles:\n- ./*.enc.yaml\n"
ENCRYPTED = """\
apiVersion: v1
kind: Secret
metadata:
    name: {name}
stringData:
    k: ENC[AES256_GCM,data:YQ==,iv:YQ==,tag:YQ==,type:str]
"""


class Tree:
    """Kustomizations on disk."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, **files: str) -> None:
        """Write files; `__` in a name stands for a slash, `_` for a dot."""
        for name, text in files.items():
            path = self.root / name.replace("__", "/").replace("_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def promises(self, folder: str) -> list[Promise]:
        files = LocalFiles()
        uses = find_generators(files, str(self.root / folder))
        return [promise for use in uses for promise in find_promises(files, use)]


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """Return a base with a generator of one Secret, and an overlay that names it."""
    made = Tree(tmp_path)
    made.put(
        base__kustomization_yaml="generators: [g.yaml]\nresources: [plain.yaml]\n",
        base__g_yaml=GENERATOR,
        base__plain_yaml="apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n",
        base__a_enc_yaml=ENCRYPTED.format(name="a"),
        top__kustomization_yaml="resources: [../base, 'https://example.org/x?ref=v1']\n",
    )
    return made


def test_generators_of_bases_are_found_and_promise_their_objects(tree: Tree) -> None:
    (promise,) = tree.promises("top")
    assert (promise.kind, promise.namespace, promise.name) == ("Secret", "", "a")
    assert promise.source == str(tree.root / "base/a.enc.yaml")


def test_names_and_namespace_are_followed_through_the_layers(tree: Tree) -> None:
    tree.put(
        base__kustomization_yaml="generators: [g.yaml]\nnamePrefix: in-\nnamespace: inner\n",
        top__kustomization_yaml=(
            "resources: [../base]\nnamePrefix: out-\nnameSuffix: -s\nnamespace: n\n"
        ),
    )
    (promise,) = tree.promises("top")
    assert (promise.name, promise.namespace) == ("out-in-a-s", "n")


def test_where_names_may_change_otherwise_the_promise_is_loose(tree: Tree) -> None:
    tree.put(top__kustomization_yaml="resources: [../base]\npatches: [{patch: x}]\n")
    (promise,) = tree.promises("top")
    assert promise.is_kept_by({"kind": "Secret", "metadata": {"name": "x-a-y"}})
    assert not promise.is_kept_by({"kind": "Secret", "metadata": {"name": "b"}})


def test_a_hash_behind_the_name_keeps_the_promise() -> None:
    promise = Promise("Secret", "", "a", hashed=True, loose=False, source="")
    assert promise.is_kept_by({"kind": "Secret", "metadata": {"name": "a-7h4k29fd2m"}})
    assert not promise.is_kept_by({"kind": "Secret", "metadata": {"name": "a"}})


def test_inline_generators_and_secret_from_promise_too(tree: Tree) -> None:
    inline = (
        "generators:\n- |-\n  apiVersion: viaduct.ai/v1\n  kind: ksops\n  metadata:\n    name: g\n"
        "  secretFrom:\n  - metadata:\n      name: made\n    envs: [x.env]\n"
    )
    tree.put(base__kustomization_yaml=inline)
    assert [promise.name for promise in tree.promises("top")] == ["made"]


def test_a_folder_of_generators_is_walked(tree: Tree) -> None:
    tree.put(
        base__kustomization_yaml="generators: [gens]\n",
        base__gens__kustomization_yaml="resources: [g.yaml]\n",
        base__gens__g_yaml=GENERATOR,
    )
    assert [promise.name for promise in tree.promises("base")] == ["a"]


@pytest.mark.parametrize(
    "fields",
    [
        "resources: [a.enc.yaml]\n",
        "secretGenerator: [{name: s, files: [k=a.enc.yaml]}]\n",
        "configMapGenerator: [{name: s, envs: [a.enc.yaml]}]\n",
        "patches: [{path: a.enc.yaml}]\n",
    ],
)
def test_an_encrypted_file_in_plain_use_is_refused_with_both_names(tree: Tree, fields: str) -> None:
    tree.put(base__kustomization_yaml=fields)
    with pytest.raises(ManifestError, match=r"names the encrypted file a\.enc\.yaml") as caught:
        tree.promises("top")
    assert caught.value.path == str(tree.root / "base/kustomization.yaml")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ("resources: [none.yaml]\n", "is not there"),
        ("resources: [../top]\n", "in a circle"),
        ("- a\n", "not one mapping"),
        ("a: [\n", "not valid YAML"),
        ("generators: [none.yaml]\n", "no such file"),
    ],
)
def test_a_broken_kustomization_is_named(tree: Tree, fields: str, words: str) -> None:
    tree.put(base__kustomization_yaml=fields)
    with pytest.raises(Error, match=words) as caught:
        tree.promises("top")
    assert str(tree.root) in str(caught.value)


def test_a_folder_without_kustomization_is_an_error(tree: Tree) -> None:
    with pytest.raises(ManifestError, match="holds no kustomization"):
        tree.promises("none")


def test_a_glob_that_matches_nothing_is_an_error(tree: Tree) -> None:
    (tree.root / "base/a.enc.yaml").unlink()
    with pytest.raises(ManifestError, match="no file matches"):
        tree.promises("top")


@pytest.mark.parametrize(
    ("function", "found"),
    [
        ("exec:\n  # on PATH\n  path: ksops\n", True),
        ("exec: {path: ksops}", True),
        ("exec:\n  path: ./ksops\n", False),
        ("container: {image: x}", False),
        ("[", False),
        ("", False),
    ],
)
def test_a_plugin_on_path_is_told_from_others(function: str, found: bool) -> None:
    annotations = {"config.kubernetes.io/function": function}
    use = Use("", "", {"metadata": {"annotations": annotations}}, Layer())
    assert use.is_found_on_path is found


def test_files_that_name_each_other_crosswise_keep_nobody_busy(tmp_path: Path) -> None:
    levels = 40
    for level in range(levels):
        for side in "ab":
            folder = tmp_path / f"{level}{side}"
            folder.mkdir()
            below = f"../{level + 1}a, ../{level + 1}b" if level + 1 < levels else ""
            (folder / "kustomization.yaml").write_text(f"resources: [{below}]\n")
    with pytest.raises(ManifestError, match="too many ways"):
        find_generators(LocalFiles(), str(tmp_path / "0a"))
