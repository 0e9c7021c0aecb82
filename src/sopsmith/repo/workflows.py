"""Build the workflows of GitHub Actions from the templates in `workflows/`.

Two actions are used, both GitHub's own, pinned to the commit of a release; everything else is
what the runner has. What is secret goes from a secret of the environment, or from AWS by OIDC,
into one step's environment, and from there to standard input or to memory.
"""

from __future__ import annotations

import json
import re
from importlib.resources import files
from typing import NamedTuple

from sopsmith.errors import UsageError

FOLDER = ".github/workflows"
FILES = ("check-secrets.yaml", "create-cluster.yaml")
MARK = "# Written by `sopsmith workflow github`: run it again, or remove this line to keep changes."
CHECKOUT = "actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2"
SETUP_PYTHON = "actions/setup-python@a309ff8b426b58ec0e2a45f0f869d46889d02405 # v6.2.0"
SECRETS, AWS = "secrets", "aws"
KEYS = (SECRETS, AWS)
_SOURCE = re.compile(r"(https://[A-Za-z0-9][A-Za-z0-9._:/~-]*)@([0-9a-f]{40})")
_INSTALL = """\
- name: Install sopsmith
  env:
    REPOSITORY: @REPOSITORY@
    COMMIT: @COMMIT@
  run: |
    git clone --quiet "$REPOSITORY" "$RUNNER_TEMP/sopsmith"
    git -C "$RUNNER_TEMP/sopsmith" checkout --quiet --detach "$COMMIT"
    python -m venv "$RUNNER_TEMP/venv"
    pip() { "$RUNNER_TEMP/venv/bin/pip" --quiet --disable-pip-version-check "$@"; }
    pip install --require-hashes \\
      -r "$RUNNER_TEMP/sopsmith/requirements/runtime.txt" \\
      -r "$RUNNER_TEMP/sopsmith/requirements/build.txt"
    pip install --no-deps --no-build-isolation "$RUNNER_TEMP/sopsmith"
    echo "$RUNNER_TEMP/venv/bin" >> "$GITHUB_PATH"
"""
_ARGOCD_CHECK = """\
- name: Argo CD
  if: success() || failure()
  run: sopsmith argocd check
"""
_KEY_ENV = {
    SECRETS: "SOPS_AGE_KEY: ${{ secrets.SOPS_AGE_KEY }}\n",
    AWS: """\
AWS_ROLE_ARN: ${{ vars.AWS_ROLE_ARN }}
AWS_REGION: ${{ vars.AWS_REGION }}
AGE_KEY_SECRET: ${{ vars.AGE_KEY_SECRET }}
""",
}
_KEY_FETCH = {
    SECRETS: ': "${SOPS_AGE_KEY:?set the secret SOPS_AGE_KEY of this environment}"\n',
    AWS: """\
: "${AWS_ROLE_ARN:?set the variable AWS_ROLE_ARN of this environment}"
: "${AGE_KEY_SECRET:?set the variable AGE_KEY_SECRET of this environment}"
printf 'Authorization: bearer %s' "$ACTIONS_ID_TOKEN_REQUEST_TOKEN" |
  curl -sSf -H @- "$ACTIONS_ID_TOKEN_REQUEST_URL&audience=sts.amazonaws.com" |
  jq -er .value > "$private/id-token"
export AWS_WEB_IDENTITY_TOKEN_FILE="$private/id-token"
SOPS_AGE_KEY=$(aws secretsmanager get-secret-value --secret-id "$AGE_KEY_SECRET" \\
  --query SecretString --output text)
export SOPS_AGE_KEY
""",
}
_NO_BACKUP = """\
# The runner's disk ends with the run, so backups need a `backup.store` in S3.
options+=(--skip bucket --skip backup)
"""


class Wish(NamedTuple):
    """What the workflows are for.

    Attributes:
        environments: Whose clusters can be bootstrapped.
        source: Where sopsmith is cloned from, and the commit: `https://…@<40 digits>`.
        keys: Where identities come from: SECRETS or AWS.
        argocd: Whether the repository has manifests of Argo CD to check.
        backups: Whether backups are kept where a runner can leave them: in S3.
    """

    environments: tuple[str, ...]
    source: str
    keys: str = SECRETS
    argocd: bool = False
    backups: bool = False


def build_workflows(wish: Wish) -> dict[str, str]:
    """Return the text of each workflow by its path.

    Raises:
        UsageError: The source is not pinned to a commit.
    """
    found = _SOURCE.fullmatch(wish.source)
    if not found:
        raise UsageError(
            "where sopsmith comes from must be an https address with a full commit id",
            hint="--source https://git.example.org/sopsmith@$(git -C ../sopsmith rev-parse HEAD)",
        )
    blocks = {
        "INSTALL": _INSTALL,
        "ARGOCD_CHECK": _ARGOCD_CHECK if wish.argocd else "",
        "ID_TOKEN": "id-token: write   # to be known to AWS\n" if wish.keys == AWS else "",
        "NO_BACKUP": "" if wish.backups else _NO_BACKUP,
        "KEY_ENV": _KEY_ENV[wish.keys],
        "KEY_FETCH": _KEY_FETCH[wish.keys],
    }
    words = {
        "CHECKOUT": CHECKOUT,
        "SETUP_PYTHON": SETUP_PYTHON,
        "REPOSITORY": found[1],
        "COMMIT": json.dumps(found[2]),
        "ENVIRONMENTS": ", ".join(json.dumps(name) for name in wish.environments),
    }
    folder = files("sopsmith.repo") / "workflows"
    return {
        f"{FOLDER}/{name}": MARK + "\n" + _fill((folder / name).read_text("utf-8"), blocks, words)
        for name in FILES
    }


def _fill(text: str, blocks: dict[str, str], words: dict[str, str]) -> str:
    lines: list[str] = []
    for line in text.splitlines(keepends=True):
        name = line.strip().strip("@")
        if line.strip() != f"@{name}@" or name not in blocks:
            lines.append(line)
            continue
        pad = line[: len(line) - len(line.lstrip())]
        lines += [pad + one for one in blocks[name].splitlines(keepends=True)]
    filled = "".join(lines)
    for name, word in words.items():
        filled = filled.replace(f"@{name}@", word)
    return filled
