"""`sopsmith generate` and `sopsmith env` as a user runs them."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from tests.world import World

HOME = "bootstrap/argocd/overlays/main"
ENV = """\
ORG_NAME=org
export DEV_DATABASE_URL='postgres://u:canary@dev/x?a=b#c'  # comment
PROD_DATABASE_URL="postgres://u:canary@prod/x"
APP_FLAG=canary
"""


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Return a world whose folder is a repository with an `.env`."""
    made = World(tmp_path)
    made.run("git", "init", "--quiet")
    made.run("sopsmith", "init", ".")
    (made.work / ".env").write_text(ENV)
    return made


def tree(world: World) -> dict[str, tuple[bytes, int]]:
    """Return bytes and modification time of every file outside of `.git`."""
    return {
        str(path): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(world.work.rglob("*"))
        if path.is_file() and ".git" not in path.parts
    }


def test_generate_prints_its_plan_and_no_value(world: World) -> None:
    done = world.attempt("sopsmith", "generate")
    assert (done.returncode, done.stdout.decode(), done.stderr.decode()) == (
        0,
        f"""\
create        {HOME}/core/secrets/org-name.secret.yaml  (ORG_NAME)
create        {HOME}/dev/secrets/database-url.secret.yaml  (DEV_DATABASE_URL)
create        {HOME}/prod/secrets/database-url.secret.yaml  (PROD_DATABASE_URL)
update        {HOME}/core/secrets/ksops-generator.yaml
update        {HOME}/core/secrets/kustomization.yaml
update        {HOME}/dev/secrets/ksops-generator.yaml
update        {HOME}/dev/secrets/kustomization.yaml
update        {HOME}/prod/secrets/ksops-generator.yaml
update        {HOME}/prod/secrets/kustomization.yaml
plan: 3 to create, 6 to update
""",
        "note: left out, as sopsmith.yaml says: APP_FLAG\n",
    )


def test_a_dry_run_prints_the_same_plan_and_writes_nothing(world: World) -> None:
    before = tree(world)
    dry = world.attempt("sopsmith", "generate", "--dry-run")
    assert tree(world) == before
    assert b"note: dry run: nothing was written\n" in dry.stderr
    assert world.run("sopsmith", "generate") == dry.stdout


def test_a_second_run_touches_no_file(world: World) -> None:
    world.run("sopsmith", "generate")
    before = tree(world)
    said = world.run("sopsmith", "generate").decode()
    assert tree(world) == before
    assert said.endswith("plan: 3 to keep\n")


def test_no_value_reaches_a_file_of_the_repository(world: World) -> None:
    world.run("sopsmith", "generate")
    (world.work / ".env").unlink()
    assert not [path for path, (data, _) in tree(world).items() if b"canary" in data]


def test_the_plan_comes_as_json(world: World) -> None:
    made = json.loads(world.run("sopsmith", "generate", "--output", "json", "-e", "dev"))
    assert made["changes"][0] == {
        "action": "create",
        "scope": "dev",
        "path": f"{HOME}/dev/secrets/database-url.secret.yaml",
        "variables": ["DEV_DATABASE_URL"],
        "fields": [],
    }
    assert (made["ignored"], made["warnings"]) == (["APP_FLAG"], [])


def test_generate_finds_the_repository_from_below_and_reads_stdin(world: World) -> None:
    below = world.work / HOME / "dev"
    made = world.run("sopsmith", "generate", "--env-file", "-", cwd=below, stdin=b"DEV_X=1\n")
    assert f"create        {HOME}/dev/secrets/x.secret.yaml  (DEV_X)\n" in made.decode()


def test_outside_of_a_repository_it_says_what_to_do(world: World) -> None:
    done = world.attempt("sopsmith", "generate", cwd=world.home)
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.decode() == (
        "error: .: neither this folder nor one above it holds sopsmith.yaml\n"
        "hint: sopsmith init .\n"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("A=1\ncanary\n", "error: .env: line 2: has no `=`\nhint: "),
        ("A='canary\n", "error: .env: line 1: the quote ' that opens here is never closed\n"),
        ("A=1\nA=canary\n", "error: .env: line 2: A stands on line 1 already\nhint: "),
        ("_A=canary\n", "error: .env: line 1: _A: _A cannot name a Secret: "),
    ],
)
def test_a_bad_env_is_an_error_and_nothing_is_written(world: World, text: str, said: str) -> None:
    (world.work / ".env").write_text(text)
    before = tree(world)
    done = world.attempt("sopsmith", "generate")
    assert done.returncode == 1
    assert done.stderr.decode().startswith(said)
    assert b"canary" not in done.stderr + done.stdout
    assert tree(world) == before


def test_an_unknown_environment_is_a_usage_error(world: World) -> None:
    done = world.attempt("sopsmith", "generate", "--environment", "qa")
    assert done.returncode == 2
    assert done.stderr == (
        b"error: 'qa' is no environment here; there are core, dev, staging, prod\n"
    )


def test_without_identities_it_says_what_it_could_not_compare(world: World) -> None:
    world.run("sopsmith", "generate")
    world.keys_file.unlink()
    done = world.attempt("sopsmith", "generate")
    assert done.returncode == 0
    assert done.stdout.decode().endswith("plan: 3 not compared\n")
    assert b"note: 3 Secrets not compared and left as found: " in done.stderr


def test_a_tracked_env_is_warned_of(world: World) -> None:
    world.run("git", "add", "--force", ".env")
    done = world.attempt("sopsmith", "generate")
    assert done.returncode == 0
    assert done.stderr.startswith(b"warning: .env is tracked by git")


def test_env_prints_what_would_generate_the_same(world: World) -> None:
    world.run("sopsmith", "generate")
    before = tree(world)
    (world.work / ".env").unlink()
    text = world.run("sopsmith", "env")
    assert text.decode() == (
        "ORG_NAME=org\n"
        "DEV_DATABASE_URL='postgres://u:canary@dev/x?a=b#c'\n"
        "PROD_DATABASE_URL=postgres://u:canary@prod/x\n"
    )
    world.run("sopsmith", "generate", "--env-file", "-", "--prune", stdin=text)
    del before[str(world.work / ".env")]
    assert tree(world) == before


def test_env_runs_a_program_with_the_variables_and_its_exit_code(world: World) -> None:
    world.run("sopsmith", "generate")
    script = 'printf %s "$DEV_DATABASE_URL-$PROD_DATABASE_URL-$0"; cat; exit 7'
    done = world.attempt("sopsmith", "env", "-e", "dev", "--", "sh", "-c", script, "x", stdin=b"in")
    assert (done.returncode, done.stdout) == (7, b"postgres://u:canary@dev/x?a=b#c--xin")


def test_words_behind_the_program_are_its_own(world: World) -> None:
    world.run("sopsmith", "generate")
    assert world.run("sopsmith", "env", "printenv", "--null", "ORG_NAME") == b"org\0"


def test_env_writes_a_file_only_when_asked_and_for_its_owner_alone(world: World) -> None:
    world.run("sopsmith", "generate")
    assert world.run("sopsmith", "env", "-e", "core", "--output", "out.env") == b""
    made = world.work / "out.env"
    assert made.read_text() == "ORG_NAME=org\n"
    assert stat.S_IMODE(made.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["-e", "qa"], 2, "error: 'qa' is no environment here"),
        (["--output", "x", "--", "true"], 2, "error: --output and a program"),
        (["--", "./no-such-program"], 1, "error: there is no program ./no-such-program"),
    ],
)
def test_env_says_what_does_not_fit(world: World, words: list[str], code: int, said: str) -> None:
    world.run("sopsmith", "generate")
    done = world.attempt("sopsmith", "env", *words)
    assert (done.returncode, done.stdout) == (code, b"")
    assert done.stderr.decode().startswith(said)


def test_env_without_an_identity_names_the_file(world: World) -> None:
    world.run("sopsmith", "generate")
    world.keys_file.unlink()
    done = world.attempt("sopsmith", "env", "-e", "dev")
    assert done.returncode == 1
    assert done.stderr.decode().startswith(f"error: {HOME}/dev/secrets/database-url.secret.yaml: ")


def test_env_names_what_no_variable_would_make(world: World) -> None:
    world.run("sopsmith", "generate")
    folder = world.work / HOME / "core/secrets"
    (folder / "hand.secret.yaml").write_bytes((folder / "org-name.secret.yaml").read_bytes())
    done = world.attempt("sopsmith", "env", "-e", "core")
    assert done.stdout == b"ORG_NAME=org\n"
    assert done.stderr.decode() == (
        "note: left out, since no variable would generate it: "
        f"{HOME}/core/secrets/hand.secret.yaml\n"
    )


def test_a_broken_file_leaves_nothing_of_those_planned_before_it(world: World) -> None:
    world.run("sopsmith", "generate")
    broken = world.work / HOME / "prod/secrets/database-url.secret.yaml"
    broken.write_bytes(broken.read_bytes().replace(b"data:", b"data:AAAA", 1))
    before = tree(world)
    env = (ENV + "MORE=1\nDEV_MORE_OF_IT=2\n").encode()
    done = world.attempt("sopsmith", "generate", "--env-file", "-", stdin=env)
    assert (done.returncode, "prod/secrets/database-url" in done.stderr.decode()) == (1, True)
    assert tree(world) == before
