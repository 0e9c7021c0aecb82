"""The workflows are sound to actionlint, and their scripts do what they are for."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.e2e.conftest import TOOLS
from tests.e2e.control_plane import ADMIN, ControlPlane
from tests.github import variables
from tests.world import World

from sopsmith.formats.env_file import Variable, write
from sopsmith.secret import Secret

pytestmark = pytest.mark.e2e

SOURCE = "https://git.example.org/sopsmith@" + "0123456789" * 4
IDENTITY = "made-up-identity"
NO_BACKUP = "--skip bucket --skip backup"


def workflow(world: World, name: str, keys: str = "secrets") -> Any:
    """Write the workflows and return one."""
    world.run("sopsmith", "workflow", "github", "--source", SOURCE, "--keys", keys)
    return yaml.safe_load((world.work / ".github/workflows" / name).read_text())


def script_of(made: Any, job: str, step: str) -> str:
    """Return what a step runs."""
    steps = made["jobs"][job]["steps"]
    return str(next(one["run"] for one in steps if one.get("name") == step))


def run_step(
    world: World, script: str, variables: dict[str, str], *, code: int = 0, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a step's script as the runner does."""
    temp = world.home / "runner"
    temp.mkdir(exist_ok=True)
    env = world.environ | {"RUNNER_TEMP": str(temp)} | variables
    shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    done = subprocess.run(
        shell, cwd=cwd or world.work, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stderr
    return done


def put_program(world: World, name: str, text: str) -> None:
    """Put a program in front of all others."""
    folder = world.home / "stubs"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    (folder / name).chmod(stat.S_IRWXU)
    if str(folder) not in world.environ["PATH"]:
        world.environ["PATH"] = f"{folder}{os.pathsep}{world.environ['PATH']}"


def bootstrapped(world: World, keys: str, variables: dict[str, str]) -> list[str]:
    """Run the step that bootstraps with a sopsmith that writes down what it got."""
    script = script_of(workflow(world, "create-cluster.yaml", keys), "bootstrap", "Bootstrap")
    log = world.home / "log"
    put_program(
        world,
        "sopsmith",
        f'#!/bin/sh\nif [ "$1" = env ]; then echo "# of $*"; exit; fi\n'
        f'{{ echo "$*"; cat "$KUBECONFIG" .env; readlink .env; echo "$SOPS_AGE_KEY"; }} > {log}\n',
    )
    common = {"ENVIRONMENT": "prod", "KUBE_CONTEXT": "p", "KUBECONFIG_DATA": "kubeconfig: 1"}
    done = run_step(world, script, common | variables)
    assert IDENTITY not in done.stdout + done.stderr
    assert not os.path.lexists(world.work / ".env")
    return log.read_text().splitlines()


@pytest.fixture
def plain(tools: Path, tmp_path: Path) -> World:
    """Return a world with a small repository."""
    world = World(tmp_path, (tools,))
    world.run("git", "init", "--quiet", "-b", "main")
    world.run("sopsmith", "init", ".", "-e", "prod")
    return world


@pytest.mark.parametrize("keys", ["secrets", "aws"])
def test_actionlint_finds_nothing(plain: World, keys: str) -> None:
    if not os.access(TOOLS / "actionlint", os.X_OK):
        pytest.skip("actionlint is not built; make e2e builds it")
    workflow(plain, "check-secrets.yaml", keys)
    assert plain.run("actionlint") == b""


def test_the_plan_names_what_a_pull_request_changes_and_no_value(plain: World) -> None:
    (plain.work / ".gitignore").write_text(".env\n.github\n")

    def change(text: str) -> str:
        (plain.work / ".env").write_text(text)
        plain.run("sopsmith", "generate")
        plain.run("git", "add", "-A")
        plain.run("git", "commit", "-qm", "change")
        return plain.run("git", "rev-parse", "HEAD").decode().strip()

    base = change("PROD_DATABASE_URL=first-canary\n")
    change("PROD_DATABASE_URL=second-canary\n")
    plain.run("git", "checkout", "--quiet", "-b", "elsewhere", base)
    change("PROD_DATABASE_URL=first-canary\nPROD_OTHER=third-canary\n")
    # As actions/checkout does it, with every branch.
    clone = plain.home / "clone"
    plain.run("git", "init", "--quiet", str(clone))
    plain.run("git", "remote", "add", "origin", str(plain.work), cwd=clone)
    plain.run("git", "fetch", "--quiet", "origin", cwd=clone)
    plain.run("git", "checkout", "--quiet", "--detach", "origin/main", cwd=clone)
    script = script_of(workflow(plain, "check-secrets.yaml"), "plan", "Plan")
    summary = plain.home / "summary"
    ci = {"BASE": base, "GITHUB_STEP_SUMMARY": str(summary), "XDG_CONFIG_HOME": "/none"}
    run_step(plain, script, ci, cwd=clone)
    said = summary.read_text()
    assert "changed stringData.value" in said
    assert "kube-system/database-url" in said
    assert "other" not in said
    assert "canary" not in said


def test_an_identity_of_a_secret_reaches_sopsmith_and_no_file(plain: World) -> None:
    got = bootstrapped(plain, "secrets", {"SOPS_AGE_KEY": IDENTITY, "APPLY": "true"})
    assert got[0] == f"bootstrap --environment prod --context p --yes {NO_BACKUP}"
    assert got[1:3] == ["kubeconfig: 1", "# of env -e core -e prod"]
    assert got[3].startswith("/dev/shm/")
    assert not os.path.lexists(got[3])
    assert got[4] == IDENTITY


def test_without_apply_nothing_is_changed(plain: World) -> None:
    got = bootstrapped(plain, "secrets", {"SOPS_AGE_KEY": IDENTITY, "APPLY": "false"})
    assert got[0] == f"bootstrap --environment prod --context p --yes {NO_BACKUP} --dry-run"


def test_an_identity_of_aws_is_fetched_by_the_runs_own_token(plain: World) -> None:
    put_program(
        plain, "curl", '#!/bin/sh\ncat | grep -q "bearer asked" && echo "{\\"value\\": 1}"\n'
    )
    put_program(plain, "jq", "#!/bin/sh\ncat\n")
    put_program(
        plain,
        "aws",
        '#!/bin/sh\ngrep -q value "$AWS_WEB_IDENTITY_TOKEN_FILE" || exit 1\n'
        f'[ "$1 $2 $4" = "secretsmanager get-secret-value age/prod" ] && echo {IDENTITY}\n',
    )
    got = bootstrapped(
        plain,
        "aws",
        {
            "APPLY": "true",
            "AWS_ROLE_ARN": "arn",
            "AGE_KEY_SECRET": "age/prod",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "asked",
            "ACTIONS_ID_TOKEN_REQUEST_URL": "https://token.example/?a=b",
        },
    )
    assert got[4] == IDENTITY


@pytest.mark.parametrize("missing", ["KUBE_CONTEXT", "KUBECONFIG_DATA", "SOPS_AGE_KEY"])
def test_what_is_not_set_is_named_and_nothing_is_left(plain: World, missing: str) -> None:
    script = script_of(workflow(plain, "create-cluster.yaml"), "bootstrap", "Bootstrap")
    given = {"ENVIRONMENT": "prod", "APPLY": "true", "SOPS_AGE_KEY": IDENTITY}
    given |= {"KUBE_CONTEXT": "p", "KUBECONFIG_DATA": "k", missing: ""}
    before = os.listdir("/dev/shm")
    done = run_step(plain, script, given, code=1)
    assert f"{missing}: set the" in done.stderr
    assert os.listdir("/dev/shm") == before


def test_the_real_bootstrap_plans_from_what_the_step_gives_it(
    plain: World, control_plane: ControlPlane
) -> None:
    given = [*variables(), Variable("PROD_DATABASE_URL", Secret(b"canary"))]
    (plain.work / ".env").write_bytes(write(given))
    with (plain.work / "sopsmith.yaml").open("a") as settings:
        settings.write("argocd: {repository: https://github.com/acme/platform}\n")
    plain.run("sopsmith", "generate")
    (plain.work / ".env").unlink()
    made = workflow(plain, "create-cluster.yaml")
    kubeconfig = control_plane.kubectl("config", "view", "--raw", "--flatten").decode()
    ci = {
        "ENVIRONMENT": "prod",
        "APPLY": "false",
        "KUBE_CONTEXT": ADMIN,
        "KUBECONFIG_DATA": kubeconfig,
        "SOPS_AGE_KEY": plain.keys_file.read_text(),
        "XDG_CONFIG_HOME": "/none",
    }
    done = run_step(plain, script_of(made, "bootstrap", "Bootstrap"), ci)
    assert "done     age identity: at hand: age1" in done.stdout
    assert "needed   age identity in the cluster: Secret argocd/sops-age is missing" in done.stdout
    assert "needed   GitHub App by which Argo CD reads the repository" in done.stdout
    assert "backup" not in done.stdout
    assert "canary" not in done.stdout + done.stderr
