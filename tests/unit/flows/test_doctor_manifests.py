"""Each fault of the manifests in Git is found by its name."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.flows.examined import SCRIPT, codes_of, found
from tests.unit.flows.keys_at import DEV, HOME, PROD, SECRET, Place

from sopsmith.flows.argocd_install import apply_install, plan_install
from sopsmith.flows.doctor_manifests import CHECKS
from sopsmith.flows.install_plugin import HOME_PLACES
from sopsmith.repo.diagnosis import ERROR, INFO, WARNING
from sopsmith.repo.folders import KUSTOMIZATIONS
from sopsmith.repo.layout import SOPS_CONFIG
from sopsmith.repo.root import read_settings
from sopsmith.repo.settings import FILE

A = f"{HOME}/dev/secrets/a.secret.yaml"
GENERATOR = f"{HOME}/dev/secrets/ksops-generator.yaml"
INSTALL = "bootstrap/argocd/install"
IMAGE = "registry.example.com/sopsmith@sha256:" + "0" * 64
BASE = "https://example.com/argo-cd/v3.2.6/install.yaml"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def list_it(place: Place, *entries: str) -> None:
    """Let the generator of dev name files, and the kustomization name the generator."""
    path = place.root / GENERATOR
    lines = "".join(f"\n  - {entry}" for entry in entries)
    path.write_text(path.read_text().replace("files: []", f"files:{lines}"))
    path = place.root / f"{HOME}/dev/secrets/kustomization.yaml"
    path.write_text(path.read_text() + "generators:\n  - ./ksops-generator.yaml\n")


def codes(place: Place) -> list[str]:
    return [one for one in codes_of(place, CHECKS) if one != "argocd-manifests"]


def sound(place: Place) -> None:
    place.lock(A, DEV[1])
    list_it(place, "./a.secret.yaml")


def test_lists_that_fit_are_well(place: Place) -> None:
    sound(place)
    assert codes(place) == []


@pytest.mark.parametrize(
    "path",
    [FILE, SOPS_CONFIG, GENERATOR, ".sopsmith/backups.json", f"{HOME}/dev/kustomization.yaml"],
)
def test_markers_of_a_conflict_are_found_in_every_file(place: Place, path: str) -> None:
    standing = place.root / path
    text = standing.read_text() if standing.exists() else "{}\n"
    place.put(path, f"<<<<<<< HEAD\n{text}=======\n{text}>>>>>>> theirs\n")
    (one,) = found(place, CHECKS, "conflict-markers")
    assert (one.subject, one.level) == (str(standing), ERROR)


def test_markers_in_an_encrypted_file_are_found_once(place: Place) -> None:
    sound(place)
    path = place.root / A
    path.write_text(f"<<<<<<< HEAD\n{path.read_text()}>>>>>>> theirs\n")
    (one,) = found(place, CHECKS, "conflict-markers")
    assert "line 1" in one.message


def test_an_encrypted_file_among_the_resources_is_found(place: Place) -> None:
    place.lock(A, DEV[1])
    path = place.root / f"{HOME}/dev/secrets/kustomization.yaml"
    path.write_text(path.read_text().replace("[]", "[a.secret.yaml]"))
    assert codes(place) == ["encrypted-resource"]


def test_a_file_that_no_generator_names_is_found(place: Place) -> None:
    sound(place)
    place.lock(A.replace("/a.", "/b."), DEV[1], text=SECRET.replace("name: a", "name: b"))
    assert codes(place) == ["unlisted-file"]


def test_a_file_that_a_generator_names_and_is_not_there_is_found(place: Place) -> None:
    sound(place)
    (place.root / A).unlink()
    assert codes(place) == ["missing-listed"]


def test_an_overlay_that_names_missing_secrets_is_found(place: Place) -> None:
    folder = place.root / f"{HOME}/dev/secrets"
    for path in list(folder.iterdir()):
        path.unlink()
    (one,) = found(place, CHECKS, "missing-resource")
    assert one.subject.endswith("overlays/main/dev/kustomization.yaml")
    assert one.message == "resources names ./secrets, which is not there"


@pytest.mark.parametrize("entry", ["https://example.com/app?ref=v1", "github.com/o/r//p"])
def test_what_is_elsewhere_is_not_missing(place: Place, entry: str) -> None:
    place.put(f"apps/{KUSTOMIZATIONS[0]}", f"resources:\n  - {entry}\n")
    assert codes(place) == []


@pytest.mark.parametrize(
    ("value", "kind"),
    [("123456", "a number"), ("1.5", "a number"), ("true", "true or false"),
     ('"123456"', ""), ("text", "")],
)  # fmt: skip
@pytest.mark.parametrize("locked", [True, False])
def test_what_is_no_text_in_a_secret_is_found(
    place: Place, value: str, kind: str, locked: bool
) -> None:
    text = SECRET.replace("value: made-up", f"githubAppID: {value}")
    if locked:
        place.lock(A, DEV[1], text=text)
        list_it(place, "./a.secret.yaml")
    else:
        place.put("apps/db.yaml", text)
    (*faults,) = found(place, CHECKS, "unquoted-number")
    assert [one.message.partition(",")[0] for one in faults] == (
        [f"stringData.githubAppID is {kind}"] if kind else []
    )
    assert not any("123456" in str(one) for one in faults)


def test_dates_and_nothing_are_refused_by_the_plugin_alone(place: Place) -> None:
    text = SECRET + "    until: 2026-01-01\n    left:\n"
    place.put("apps/db.yaml", text)
    assert found(place, CHECKS, "unquoted-number") == []
    place.lock(A, DEV[1], text=text)
    assert [one.message.partition(",")[0] for one in found(place, CHECKS, "unquoted-number")] == [
        "stringData.until is a date",
        "stringData.left is nothing",
    ]


def test_a_number_in_a_list_of_secrets_is_found(place: Place) -> None:
    items = '[{"kind": "Secret", "stringData": {"id": 7}}]'
    place.put("apps/list.json", f'{{"kind": "List", "items": {items}}}')
    assert codes(place) == ["unquoted-number"]


def without_annotation(place: Place) -> None:
    sound(place)
    path = place.root / GENERATOR
    head, _, rest = path.read_text().partition("  annotations:")
    path.write_text(head + rest[rest.index("files:") :])


def test_a_generator_without_annotation_needs_a_legacy_plugin(place: Place) -> None:
    without_annotation(place)
    (one,) = found(place, CHECKS, "no-exec-annotation")
    assert one.level == WARNING
    place.settings("argocd: {mode: init-container}\n")
    (one,) = found(place, CHECKS, "no-exec-annotation")
    assert one.level == ERROR
    for home in HOME_PLACES:
        target = place.root.parent / "plugins" / home
        target.parent.mkdir(parents=True)
        target.write_bytes(SCRIPT)
    assert found(place, CHECKS, "no-exec-annotation") == []


def test_a_pattern_is_found_where_upstream_ksops_renders(place: Place) -> None:
    place.lock(A, DEV[1])
    list_it(place, "./*.secret.yaml")
    assert codes(place) == []
    place.settings("argocd: {mode: init-container}\n")
    assert codes(place) == ["glob-upstream"]


def test_a_secret_of_core_and_of_an_environment_is_found(place: Place) -> None:
    sound(place)
    place.lock(f"{HOME}/core/secrets/x.secret.yaml", DEV[1], PROD[1])
    (one,) = found(place, CHECKS, "core-secret-hidden")
    assert one.subject == str(place.root / A)
    assert "core/secrets/x.secret.yaml" in one.message


def install(place: Place, more: str) -> None:
    place.settings(f"argocd: {{image: {IMAGE}, base: {BASE}, redis_tls: true{more}}}\n")
    settings = read_settings(place.doors.files, str(place.root))
    planned = plan_install(settings, place.doors.files, str(place.root))
    apply_install(planned, place.doors.files, str(place.root))


@pytest.mark.parametrize("kind", ["kustomize", "helm", "operator"])
def test_what_sopsmith_writes_is_well(place: Place, kind: str) -> None:
    install(place, f", install: {kind}")
    assert codes_of(place, CHECKS) == []


def test_an_install_folder_that_is_not_there_is_no_fault(place: Place) -> None:
    (one,) = found(place, CHECKS)
    assert (one.code, one.level) == ("argocd-manifests", INFO)


@pytest.mark.parametrize("kind", ["kustomize", "helm", "operator"])
@pytest.mark.parametrize(
    ("options", "message"),
    [("--enable-alpha-plugins", "lacks --enable-exec: Secrets vanish without an error"),
     ("--enable-helm", "the generators do not run")],
)  # fmt: skip
def test_options_that_ksops_lacks_are_found(
    place: Place, kind: str, options: str, message: str
) -> None:
    install(place, f", mode: init-container, install: {kind}")
    assert found(place, CHECKS, "build-options") == []
    for path in (place.root / INSTALL).iterdir():
        text = path.read_text().replace("--enable-alpha-plugins --enable-exec", options)
        path.write_text(text)
    (one,) = found(place, CHECKS, "build-options")
    assert one.level == ERROR
    assert one.message.endswith(message)


def test_options_that_are_missing_whole_are_found(place: Place) -> None:
    install(place, ", mode: init-container")
    path = place.root / INSTALL / "argocd-cm.yaml"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if "buildOptions" not in line))
    (one,) = found(place, CHECKS, "build-options")
    assert one.level == ERROR


def test_options_that_let_everybody_run_programs_are_found(place: Place) -> None:
    install(place, "")
    place.put(f"{INSTALL}/mine.yaml", "data: {kustomize.buildOptions: --enable-exec}\n")
    (one,) = found(place, CHECKS, "build-options")
    assert one.level == WARNING
