"""The sidecar vets, decrypts and lays out before kustomize sees anything."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from tests.attacks import ATTACKS, Attack
from tests.unit.plugin.conftest import GENERATOR, SECRET, Repo

from sopsmith.adapters.confined import ConfinedFiles
from sopsmith.adapters.rooted import RootedFiles
from sopsmith.errors import Error, ManifestError, OutsideError
from sopsmith.flows.sidecar import Doors, render_confined
from sopsmith.plugin.generate import Maker
from sopsmith.repo.vet import vet

NAMES = [attack.__name__ for attack in ATTACKS]


class Said(NamedTuple):
    """What kustomize left behind."""

    code: int
    stdout: bytes = b""
    stderr: bytes = b""


class Kitchen:
    """Doors over a repository on disk, with a kustomize that prints every resource it was given.

    Attributes:
        seen: The files of each build.
    """

    def __init__(self, repo: Repo, *answers: Said) -> None:
        self.seen: list[dict[str, bytes]] = []
        self._repo = repo
        self._answers = list(answers)

    def render(self, folder: str = "app") -> bytes:
        """Render a folder of the repository."""
        files = RootedFiles(str(self._repo.root))
        return render_confined(folder, Doors(files, files.folder_of, self._make, self._build))

    def _make(self, place: str, manifest: dict[str, object]) -> list[dict[str, object]]:
        root = str(self._repo.root)
        return Maker(ConfinedFiles(f"{root}/{place}", root), self._repo.keyring).make(manifest)

    def _build(self, files: dict[str, bytes], folder: str) -> Said:
        self.seen.append(files)
        if self._answers:
            return self._answers.pop(0)
        texts = [data for path, data in files.items() if path.rpartition("/")[2] in _printed(files)]
        return Said(0, b"---\n".join(texts))


def _printed(files: dict[str, bytes]) -> set[str]:
    kustomizations = [yaml.safe_load(data) for path, data in files.items() if "kustomi" in path]
    return {name.removeprefix("./") for one in kustomizations for name in one["resources"]}


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """Return a repository with one encrypted Secret, and a kustomization that decrypts it."""
    made = Repo(tmp_path)
    made.secret("a.yaml", "a")
    (made.app / "g.yaml").write_text(GENERATOR % "a.yaml")
    kustomize(made, generators=["g.yaml"])
    return made


def kustomize(repo: Repo, **fields: Any) -> None:
    """Write the kustomization."""
    (repo.app / "kustomization.yaml").write_text(yaml.safe_dump(fields))


@pytest.mark.parametrize(("attack", "said"), ATTACKS.items(), ids=NAMES)
def test_an_attack_is_refused_before_kustomize_runs(
    tmp_path: Path, attack: Attack, said: str
) -> None:
    (tmp_path / "repo").mkdir()
    repo = Repo(tmp_path / "repo")
    keys = tmp_path / "keys" / "keys.txt"
    keys.parent.mkdir()
    keys.write_text(repo.identity)
    attack(repo.app, keys)
    kitchen = Kitchen(repo)
    with pytest.raises(Error, match=said):
        kitchen.render()
    assert kitchen.seen == []


def test_what_the_generator_made_stands_among_the_resources(repo: Repo) -> None:
    kitchen = Kitchen(repo)
    assert yaml.safe_load(kitchen.render())["data"] == {"value": "aHVudGVyMg=="}
    assert "generators" not in yaml.safe_load(kitchen.seen[0]["app/kustomization.yaml"])


def test_kustomize_gets_neither_the_encrypted_file_nor_the_generator(repo: Repo) -> None:
    (repo.app / "notes.txt").write_text("not named by any kustomization")
    kitchen = Kitchen(repo)
    kitchen.render()
    assert sorted(kitchen.seen[0]) == ["app/.sopsmith-1.yaml", "app/kustomization.yaml"]


def test_a_base_that_two_folders_share_is_decrypted_once(repo: Repo) -> None:
    for name in ("one", "two"):
        (repo.root / name).mkdir()
        (repo.root / name / "kustomization.yaml").write_text("resources: [../app]\n")
    (repo.root / "kustomization.yaml").write_text("resources: [one, two]\n")
    kitchen = Kitchen(repo)
    kitchen.render(".")
    assert [path for path in kitchen.seen[0] if ".sopsmith-" in path] == ["app/.sopsmith-1.yaml"]


def test_a_secret_that_asks_for_a_hash_goes_through_kustomizes_own_generator(repo: Repo) -> None:
    text = SECRET.format(name="a", value="hunter2").replace(
        "name: a\n", "name: a\n    annotations: {kustomize.config.k8s.io/needs-hash: 'true'}\n"
    )
    repo.encrypt("a.yaml", text)
    came = b"apiVersion: v1\nkind: Secret\nmetadata: {name: a-0123456789}\n"
    kitchen = Kitchen(repo, Said(0, came))
    kitchen.render()
    (inline,) = yaml.safe_load(kitchen.seen[0]["app/kustomization.yaml"])["generators"]
    made = yaml.safe_load(inline)
    assert (made["apiVersion"], made["kind"], made["name"]) == ("builtin", "SecretGenerator", "a")
    assert made["options"] == {"disableNameSuffixHash": False}
    assert kitchen.seen[0]["app/.sopsmith-1-0"] == b"hunter2"


def test_a_secret_that_does_not_come_out_is_an_error_and_not_a_prune(repo: Repo) -> None:
    other = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
    with pytest.raises(ManifestError, match="promise what does not come out: Secret a"):
        Kitchen(repo, Said(0, other)).render()


def test_nothing_at_all_is_an_error_and_not_a_prune(repo: Repo) -> None:
    kustomize(repo, resources=[])
    with pytest.raises(ManifestError, match="renders to nothing"):
        Kitchen(repo, Said(0, b"")).render()


def test_ciphertext_does_not_pass(repo: Repo) -> None:
    kustomize(repo, resources=["a.yaml"])
    with pytest.raises(ManifestError, match="encrypted file"):
        Kitchen(repo).render()


def test_what_kustomize_says_is_of_a_run_without_values(repo: Repo) -> None:
    kitchen = Kitchen(repo, Said(1, b"", b"Error: hunter2"), Said(1, b"", b"Error: no such field"))
    with pytest.raises(OutsideError, match="kustomize failed: Error: no such field"):
        kitchen.render()
    assert b"aHVudGVyMg==" in kitchen.seen[0]["app/.sopsmith-1.yaml"]
    assert b"aHVudGVyMg==" not in kitchen.seen[1]["app/.sopsmith-1.yaml"]


def test_a_complaint_over_a_value_itself_is_not_passed_on(repo: Repo) -> None:
    kitchen = Kitchen(repo, Said(1, b"", b"Error: hunter2"), Said(0))
    with pytest.raises(OutsideError) as caught:
        kitchen.render()
    assert "hunter2" not in str(caught.value)


def test_files_that_kustomize_reads_are_named_as_nothing_but_paths(repo: Repo) -> None:
    for name in ("bait.yaml", "p.yaml", "crd.json", "v.env", "long name.txt"):
        (repo.app / name).write_text("kind: X\n")
    kustomize(
        repo,
        resources=["bait.yaml"],
        patches=[{"path": "p.yaml"}, {"patch": "kind: Y"}],
        crds=["crd.json"],
        configMapGenerator=[
            {"name": "c", "files": ["long name.txt", "k=p.yaml"], "envs": ["v.env"]}
        ],
        namePrefix="x-",
    )
    files = RootedFiles(str(repo.root))
    layer = vet(files, files.folder_of, "app").layers[0]
    assert layer.fields == {
        "resources": ["./bait.yaml"],
        "patches": [{"path": "./p.yaml"}, {"patch": "kind: Y"}],
        "crds": ["./crd.json"],
        "configMapGenerator": [
            {"name": "c", "files": ["long name.txt=./long name.txt", "k=./p.yaml"],
             "envs": ["./v.env"]}
        ],
        "namePrefix": "x-",
    }  # fmt: skip


def test_kustomizes_own_transformers_pass(repo: Repo) -> None:
    text = "{apiVersion: builtin, kind: PrefixTransformer, metadata: {name: p}, prefix: x-}"
    kustomize(repo, resources=[], transformers=[text])
    files = RootedFiles(str(repo.root))
    found = vet(files, files.folder_of, "app").layers[0].fields["transformers"]
    assert isinstance(found, list)
    assert yaml.safe_load(found[0])["prefix"] == "x-"


@pytest.mark.parametrize(
    ("name", "fields", "said"),
    [
        ("unknown", {"somethingNew": []}, None),
        ("known", {"somethingNew": ["x"]}, "no field that the sidecar knows"),
        ("patch", {"patches": [{"Path": "x"}]}, "no field that the sidecar knows"),
        ("loop", {"resources": ["../app"]}, None),
        ("missing", {"resources": ["nothing.yaml"]}, "not there"),
        ("out", {"resources": ["../../other"]}, "leaves the repository"),
        ("text", {"resources": [{"a": 1}]}, "is no text"),
    ],
)
def test_a_field_is_taken_or_refused(
    repo: Repo, name: str, fields: dict[str, Any], said: str | None
) -> None:
    kustomize(repo, **fields)
    files = RootedFiles(str(repo.root))
    if said is None:
        vet(files, files.folder_of, "app")
    else:
        with pytest.raises(ManifestError, match=said):
            vet(files, files.folder_of, "app")


@pytest.mark.parametrize("name", ["part/Kustomization", ".sopsmith-1.yaml"])
def test_a_file_that_the_copy_gives_a_meaning_is_no_plain_file(repo: Repo, name: str) -> None:
    (repo.app / "part").mkdir()
    (repo.app / name).write_text("generators: [x]\n")
    kustomize(repo, configMapGenerator=[{"name": "c", "files": [name]}])
    with pytest.raises(ManifestError, match="as a plain file"):
        Kitchen(repo).render()


def test_two_kustomizations_in_one_folder_are_refused(repo: Repo) -> None:
    (repo.app / "kustomization.yml").write_text("resources: []\n")
    with pytest.raises(ManifestError, match="more than one"):
        Kitchen(repo).render()
