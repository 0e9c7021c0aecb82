"""`sopsmith init` as a person runs it, with a HOME of its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.world import World

from sopsmith import age

MAIN = "bootstrap/argocd/overlays/main"
LAYOUT = [
    "sopsmith.yaml",
    ".gitignore",
    ".gitattributes",
    ".sops.yaml",
    ".pre-commit-config.yaml",
    "bootstrap/argocd/base/kustomization.yaml",
    f"{MAIN}/core/kustomization.yaml",
    f"{MAIN}/core/secrets/kustomization.yaml",
    f"{MAIN}/core/secrets/ksops-generator.yaml",
    *(
        f"{MAIN}/{name}/{file}"
        for name in ("dev", "staging", "prod")
        for file in (
            "kustomization.yaml",
            "99-tenants.yaml",
            "secrets/kustomization.yaml",
            "secrets/ksops-generator.yaml",
        )
    ),
]


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Return an empty HOME and an empty folder."""
    return World(tmp_path)


def files(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def recipients(world: World) -> list[str]:
    """Return the recipients of the identities in keys.txt."""
    text = world.keys_file.read_text()
    return [identity.recipient for identity in age.parse_identities(text, "keys.txt")]


def test_a_new_repository_is_said_file_by_file(world: World) -> None:
    done = world.attempt("sopsmith", "init", "platform")
    dev, staging, prod = recipients(world)
    assert done.returncode == 0
    assert done.stdout.decode().splitlines() == [f"platform/{path}" for path in LAYOUT]
    assert done.stderr.decode() == (
        f"note: made an age identity for dev: {dev}\n"
        f"note: made an age identity for staging: {staging}\n"
        f"note: made an age identity for prod: {prod}\n"
        f"note: identities stand in {world.keys_file}, and nothing else opens the Secrets\n"
        "next: cd platform, then put a .env beside sopsmith.yaml, then sopsmith generate "
        "--dry-run, then sopsmith generate, then sopsmith key recovery generate --out "
        "/media/safe/recovery.txt && sopsmith key backup\n"
    )
    assert sorted(files(world.work / "platform")) == sorted(LAYOUT)


def test_the_file_of_identities_and_its_folder_are_private(world: World) -> None:
    world.run("sopsmith", "init")
    assert world.keys_file.stat().st_mode & 0o777 == 0o600
    assert world.keys_file.parent.stat().st_mode & 0o777 == 0o700


def test_no_identity_is_printed_or_enters_the_repository(world: World) -> None:
    done = world.attempt("sopsmith", "init", "--output", "json")
    seen = [done.stdout, done.stderr, *files(world.work).values()]
    secrets = [
        line.encode() for line in world.keys_file.read_text().splitlines() if line[:1] != "#"
    ]
    assert len(secrets) == 3
    assert not any(secret in text for secret in secrets for text in seen)


def test_a_second_run_changes_nothing_and_says_so(world: World) -> None:
    world.run("sopsmith", "init")
    before, keys = files(world.work), world.keys_file.read_bytes()
    done = world.attempt("sopsmith", "init")
    assert (done.returncode, done.stdout) == (0, b"")
    assert done.stderr.decode() == "note: nothing was missing\n"
    assert (files(world.work), world.keys_file.read_bytes()) == (before, keys)


def test_a_dry_run_writes_nothing(world: World) -> None:
    done = world.attempt("sopsmith", "init", "--dry-run", "--environment", "dev")
    assert done.stdout.decode().splitlines() == [
        path for path in LAYOUT if "/staging/" not in path and "/prod/" not in path
    ]
    assert done.stderr.decode() == (
        f"note: would append an age identity for dev to {world.keys_file}\n"
        "note: dry run: nothing was written\n"
    )
    assert files(world.work) == files(world.home) == {}


def test_json_tells_created_from_extended(world: World) -> None:
    (world.work / ".gitignore").write_text("build/\n")
    made = json.loads(world.run("sopsmith", "init", "--shared", "--output", "json"))
    assert made == {
        "created": [path for path in LAYOUT if path != ".gitignore"],
        "extended": [".gitignore"],
        "identities": [
            {
                "environments": ["dev", "staging", "prod"],
                "recipient": recipients(world)[0],
                "resumed": False,
            }
        ],
        "keys": str(world.keys_file),
    }


def test_named_recipients_make_no_identity(world: World) -> None:
    words = [f"--recipient={name}={age.generate()[1]}" for name in ("dev", "staging", "prod")]
    world.run("sopsmith", "init", *words)
    assert not world.keys_file.exists()


def test_keys_that_others_can_read_get_no_identity_and_are_left(world: World) -> None:
    world.keys_file.parent.mkdir(parents=True)
    world.keys_file.write_text("# mine\n")
    world.keys_file.chmod(0o644)
    done = world.attempt("sopsmith", "init")
    assert f"hint: chmod 600 {world.keys_file}" in done.stderr.decode()
    assert (done.returncode, files(world.work)) == (1, {})
    assert world.keys_file.stat().st_mode & 0o777 == 0o644


def test_identities_behind_a_link_into_the_repository_are_refused(world: World) -> None:
    (world.work / "age").mkdir()
    world.keys_file.parent.parent.mkdir(parents=True)
    world.keys_file.parent.symlink_to(world.work / "age")
    done = world.attempt("sopsmith", "init")
    assert done.returncode == 1
    assert b"lies inside the repository" in done.stderr
    assert files(world.work) == {}


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("AGE-SECRET-KEY-1CANARY", "--recipient takes ENV=RECIPIENT"),
        ("dev=AGE-SECRET-KEY-1CANARY", "--recipient dev: an age identity stands where"),
        ("dev=", "--recipient takes ENV=RECIPIENT"),
        ("dev=age1x", "--recipient dev: not an age recipient"),
    ],
)
def test_a_wrong_recipient_is_refused_and_an_identity_never_shown(
    world: World, word: str, said: str
) -> None:
    done = world.attempt("sopsmith", "init", "--recipient", word)
    assert done.returncode != 0
    assert said in done.stderr.decode()
    assert b"CANARY" not in done.stdout + done.stderr
    assert files(world.work) == {}


def test_a_new_environment_says_where_to_add_it(world: World) -> None:
    world.run("sopsmith", "init")
    done = world.attempt("sopsmith", "init", "--environment", "pr")
    assert done.returncode == 2
    assert done.stderr.decode() == (
        "error: sopsmith.yaml stands already and has no pr\n"
        "hint: add it to sopsmith.yaml, then run init again\n"
    )
