"""A repository tries to read the identity: one mode of Argo CD lets it, the sidecar does not."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from tests.attacks import ATTACKS, STEALS, Attack

from sopsmith import age
from sopsmith.cli import cmp

pytestmark = pytest.mark.e2e
NAMES = [attack.__name__ for attack in ATTACKS]


class Stage:
    """An attacker's repository, and an identity that is not theirs."""

    def __init__(self, folder: Path, tools: Path) -> None:
        self.app = folder / "repo" / "app"
        self.app.mkdir(parents=True)
        self.keys = folder / "keys" / "platform" / "keys.txt"
        self.keys.parent.mkdir(parents=True)
        self.identity = age.generate()[0].reveal().decode()
        self.keys.write_text(f"# platform\n{self.identity}\n")
        self.path = f"{tools}{os.pathsep}/usr/bin:/bin"

    def sidecar(self, project: str = "platform") -> int:
        """Render as the sidecar does."""
        environ = {
            "PATH": self.path,
            "SOPSMITH_KEYS": str(self.keys.parents[1]),
            "ARGOCD_APP_PROJECT_NAME": project,
            "ARGOCD_APP_SOURCE_PATH": "app",
        }
        return cmp.run(["generate"], environ, str(self.app))

    def init_container(self) -> subprocess.CompletedProcess[bytes]:
        """Render as the repo-server does with the build options that KSOPS needs."""
        return subprocess.run(
            ["kustomize", "build", "--enable-alpha-plugins", "--enable-exec", str(self.app)],
            env={"PATH": self.path, "SOPS_AGE_KEY_FILE": str(self.keys)},
            capture_output=True,
            check=False,
            timeout=60,
        )


@pytest.fixture
def stage(tmp_path: Path, tools: Path) -> Stage:
    """Return a stage of this test alone."""
    return Stage(tmp_path, tools)


@pytest.mark.parametrize(("attack", "said"), ATTACKS.items(), ids=NAMES)
def test_the_sidecar_refuses_and_says_why(
    stage: Stage, attack: Attack, said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    attack(stage.app, stage.keys)
    code = stage.sidecar()
    out, err = capfd.readouterr()
    assert code == 1
    assert out == ""
    assert err.startswith("error: ")
    assert said in err
    assert stage.identity not in err


@pytest.mark.parametrize("attack", [one for one in ATTACKS if one in STEALS])
def test_the_init_container_mode_hands_the_identity_over(stage: Stage, attack: Attack) -> None:
    attack(stage.app, stage.keys)
    assert stage.identity in stage.init_container().stdout.decode()
