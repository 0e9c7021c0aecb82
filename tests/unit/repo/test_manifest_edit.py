"""Manifests change where they should, and keep every other byte."""

from __future__ import annotations

import pytest
from tests.unit.flows.stage import MemoryFiles

from sopsmith.repo.manifest_edit import cut_documents, set_fields, unlist

THREE = "# head\n---\na: 1 # one\n---\n# two\nb: |\n  --- not a mark\n---\nc: 3\n"


@pytest.mark.parametrize(
    ("gone", "left"),
    [
        ([0], "---\n# two\nb: |\n  --- not a mark\n---\nc: 3\n"),
        ([1], "# head\n---\na: 1 # one\n---\nc: 3\n"),
        ([0, 2], "---\n# two\nb: |\n  --- not a mark\n"),
    ],
    ids=["first", "second", "two"],
)
def test_documents_go_and_the_others_keep_their_bytes(gone: list[int], left: str) -> None:
    assert cut_documents(THREE.encode(), gone) == left.encode()


def test_nothing_stays_of_a_file_whose_documents_all_go() -> None:
    assert cut_documents(THREE.encode(), [0, 1, 2]) is None
    assert cut_documents(b"a: 1\n", [0]) is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("spec:\n  target:\n    name: x # n\n  z: 1\n",
         "spec:\n  target:\n    name: x # n\n    creationPolicy: Orphan\n  z: 1\n"),
        ("spec:\n  target:\n    creationPolicy: Owner # why\n",
         "spec:\n  target:\n    creationPolicy: Orphan # why\n"),
    ],
    ids=["new", "present"],
)  # fmt: skip
def test_a_field_is_set_in_place(before: str, after: str) -> None:
    edited = set_fields(before.encode(), 0, [(("spec", "target", "creationPolicy"), "Orphan")])
    assert edited == after.encode()


def test_a_target_that_is_not_there_is_made() -> None:
    edited = set_fields(b"spec:\n  z: 1\n", 0, [(("spec", "target", "a"), "x")]).decode()
    assert edited.startswith("spec:\n  z: 1\n  target:\n")


def test_every_kustomization_above_a_file_lets_go_of_it_up_to_the_repository() -> None:
    files = MemoryFiles()
    files.held = {
        "/r/.git/HEAD": b"",
        "/kustomization.yaml": b"resources: [r/a/x.yaml]\n",
        "/r/kustomization.yaml": b"resources:\n- a/x.yaml\n- a/y.yaml # y\n",
        "/r/a/kustomization.yml": b"resources: [./x.yaml, y.yaml]\n",
    }
    assert unlist(files, ["/r/a/x.yaml"]) == {
        "/r/kustomization.yaml": b"resources:\n- a/y.yaml # y\n",
        "/r/a/kustomization.yml": b"resources: [y.yaml]\n",
    }
