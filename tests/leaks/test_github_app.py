"""The GitHub App's key stays untold, whatever is wrong with it or with the other variables."""

from __future__ import annotations

import base64

import pytest
from tests.github import pem_of, private_key
from tests.leaks.watch import CANARY, DIGITS, Watch

SETTINGS = """\
version: 1
environments: {prod: {recipients: []}}
argocd: {repository: https://github.com/acme/platform}
"""
SECRET_KEY = base64.b64encode(pem_of(private_key())).decode()
HEAD, TAIL = "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----"


@pytest.mark.parametrize(
    "key",
    [
        CANARY,
        f"'{HEAD}\n{CANARY}\n{TAIL}'",
        f'"{HEAD}\\n{CANARY}\\n{TAIL}"',
        f"'{HEAD}\n{base64.b64encode(CANARY.encode() * 9).decode()}\n{TAIL}'",
        f"'{HEAD}\nProc-Type: 4,ENCRYPTED\n{CANARY}\n{TAIL}'",
        base64.b64encode(CANARY.encode()).decode(),
        f"'-----BEGIN {CANARY}-----\n{CANARY}\n{TAIL}'",
    ],
)
def test_a_key_that_is_none(watch: Watch, key: str) -> None:
    watch.write("sopsmith.yaml", SETTINGS)
    env = f"GIT_APP_ID=1\nGIT_APP_INSTALLATION_ID=2\nGIT_APP_PRIVATE_KEY={key}\n"
    watch.write(".env", env)
    watch.fails("github-app", "check", "--prove")


@pytest.mark.parametrize("wrong", [f"GIT_APP_ID={CANARY}", f"GIT_APP_ID={DIGITS}"])
def test_an_id_that_is_none(watch: Watch, wrong: str) -> None:
    watch.write("sopsmith.yaml", SETTINGS)
    key = f"GIT_APP_PRIVATE_KEY={SECRET_KEY}"
    watch.write(".env", f"{wrong}\nGIT_APP_INSTALLATION_ID=2\n{key}\n")
    watch.fails("github-app", "check", "--prove")


@pytest.mark.parametrize("base", [f"http://{CANARY}/", f"https://me:{CANARY}@127.0.0.1:9/api"])
def test_an_address_that_holds_a_credential(watch: Watch, base: str) -> None:
    watch.write("sopsmith.yaml", SETTINGS)
    ids = f"GIT_APP_ID=1\nGIT_APP_INSTALLATION_ID=2\nGIT_APP_PRIVATE_KEY={SECRET_KEY}\n"
    watch.write(".env", f"{ids}GIT_APP_ENTERPRISE_BASE_URL={base}\n")
    watch.fails("github-app", "check", "--prove")
