"""Show the whole path once: `.env` in, ciphertext in Git, Secrets out.

Works in a temporary folder with a HOME of its own, so that neither the user's keys nor
their repositories are touched. Every claim that it prints is checked, and a claim that does
not hold ends the demo with exit code 1.
"""

from __future__ import annotations

import base64
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml
from demo_data import env_text, pieces, secrets_of

OVERLAY = "bootstrap/argocd/overlays/main/dev"
_LONGEST = 40
"""Lines of a command's output that are shown whole."""
_KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "TERM")


class DemoFailure(Exception):
    """A claim of the demo does not hold."""


class Stage:
    """Run commands as a user would type them, in a world of the demo's own."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.repository = folder / "demo-platform"
        self.repository.mkdir(parents=True)
        self.home.mkdir()
        self.environ = {name: os.environ[name] for name in _KEPT if name in os.environ}
        self.environ |= {
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.home / ".config"),
            "XDG_CACHE_HOME": str(self.home / ".cache"),
            "XDG_DATA_HOME": str(self.home / ".local/share"),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_SYSTEM": os.devnull,
        }
        for role in ("AUTHOR", "COMMITTER"):
            self.environ |= {f"GIT_{role}_NAME": "Demo", f"GIT_{role}_EMAIL": "demo@example.org"}

    def run(self, *argv: str, show: bool = True, quiet: bool = False) -> str:
        """Run a command, print it and what it says, and return its stdout.

        Args:
            show: Print the command's data too, not just what it says on stderr.
            quiet: Print nothing at all: for a check, not for a step.

        Raises:
            DemoFailure: It ended with an exit code other than 0.
        """
        if not quiet:
            print(f"\n$ {shlex.join(argv)}", flush=True)
        done = subprocess.run(
            argv, cwd=self.repository, env=self.environ, capture_output=True, check=False
        )
        if not quiet:
            if show:
                _indent(done.stdout.decode())
            _indent(done.stderr.decode())
        if done.returncode:
            raise DemoFailure(f"{shlex.join(argv)} ended with exit code {done.returncode}")
        return done.stdout.decode()


def main() -> int:
    """Play the demo and return its exit code."""
    folder = Path(tempfile.mkdtemp(prefix="sopsmith-demo-"))
    stage = Stage(folder)
    try:
        _play(stage)
    except DemoFailure as failure:
        print(f"\nerror: the demo failed: {failure}", file=sys.stderr)
        return 1
    finally:
        print(f"\nLook around: {stage.repository} (its identities: {stage.home}/.config/sops/age)")
    return 0


def _play(stage: Stage) -> None:
    _say("A platform repository, and a .env with tokens, a PEM key and awkward characters.")
    stage.run("git", "init", "--quiet", "--initial-branch", "main")
    (stage.repository / ".env").write_text(env_text())
    stage.run("sopsmith", "init", ".")
    _say("From the .env to encrypted Secrets: one command, one process.")
    stage.run("sopsmith", "generate")
    before = _tree(stage)
    _say("Again: nothing changed, so no byte changes.")
    stage.run("sopsmith", "generate")
    _claim(_tree(stage) == before, "the second run changed no byte")
    stage.run("git", "add", ".")
    stage.run("git", "commit", "--quiet", "-m", "Add secrets")
    _claim_git_is_clean(stage)
    _say("What the dev cluster would get, values masked.")
    stage.run("sopsmith", "render", OVERLAY)
    _claim_values_return(stage)
    _say("And the way back: the .env of one environment, from the repository alone.")
    (stage.repository / ".env").rename(stage.home / "demo.env")
    names = stage.run("sopsmith", "env", "--environment", "dev", show=False)
    _claim("DEV_DATABASE_URL=" in names, "the .env of dev came back (not shown)")


def _claim_git_is_clean(stage: Stage) -> None:
    """Look for every value, and its base64, in every object that Git holds."""
    listed = stage.run(
        "git", "cat-file", "--batch-all-objects", "--batch-check=%(objectname)", quiet=True
    ).split()
    stored = b"".join(
        subprocess.run(
            ["git", "cat-file", "-p", name], cwd=stage.repository, capture_output=True, check=True
        ).stdout
        for name in listed
    )
    for variable, texts in pieces().items():
        for text in texts:
            for form in (text, base64.b64encode(text), base64.b64encode(text + b"\n")):
                _require(form not in stored, f"{variable} is in clear in Git")
    tracked = stage.run("git", "ls-files", quiet=True).split()
    _require(".env" not in tracked, "git tracks .env")
    count = sum(name.endswith(".secret.yaml") for name in tracked)
    _require(count > 0, "Git holds no Secret at all")
    print(f"\nok: {len(listed)} Git objects, {count} Secrets in them, no value in clear")


def _claim_values_return(stage: Stage) -> None:
    for environment in ("dev", "staging", "prod"):
        path = OVERLAY.replace("/dev", f"/{environment}")
        text = stage.run("sopsmith", "render", path, "--reveal", quiet=True)
        got = {
            document["metadata"]["name"]: _value(document)
            for document in yaml.safe_load_all(text)
            if document and document["kind"] == "Secret"
        }
        wanted = {name: value.encode() for name, value in secrets_of(environment).items()}
        wrong = sorted(name for name in wanted if got.get(name) != wanted[name])
        _require(not wrong, f"{environment}: other than in the .env: {', '.join(wrong)}")
        extra = sorted(got.keys() - wanted.keys())
        _require(not extra, f"{environment}: not in the .env: {', '.join(extra)}")
        print(f"ok: {environment} gets {len(got)} Secrets, each equal to the .env byte for byte")


def _value(document: dict[str, dict[str, str]]) -> bytes:
    if "value" in document.get("stringData", {}):
        return document["stringData"]["value"].encode()
    return base64.b64decode(document["data"]["value"])


def _tree(stage: Stage) -> dict[str, bytes]:
    return {
        str(path.relative_to(stage.repository)): path.read_bytes()
        for path in sorted(stage.repository.rglob("*"))
        if path.is_file() and ".git" not in path.parts
    }


def _claim(holds: bool, sentence: str) -> None:
    _require(holds, f"this does not hold: {sentence}")
    print(f"\nok: {sentence}")


def _require(holds: bool, failure: str) -> None:
    if not holds:
        raise DemoFailure(failure)


def _say(sentence: str) -> None:
    print(f"\n# {sentence}")


def _indent(text: str) -> None:
    lines = text.splitlines()
    # Two long listings would push the demo's claims off the screen.
    shown = lines if len(lines) <= _LONGEST else lines[: _LONGEST // 2]
    for line in shown:
        print(f"  {line}")
    if shown is not lines:
        print(f"  … and {len(lines) - len(shown)} lines more")


if __name__ == "__main__":
    sys.exit(main())
