"""The real sops opens, edits and rotates what `generate` wrote, and `generate` goes on from it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.interop.conftest import BINARIES, VERSIONS
from tests.world import World

from sopsmith.formats import env_file
from sopsmith.formats.env_file import Variable
from sopsmith.secret import Secret

FOLDER = "bootstrap/argocd/overlays/main/dev/secrets"
VALUES = [
    "", "plain", "yes", "0x1F", "1e3", "2026-01-01", "~", " lead and trail ", "a: b #c", "'", '"',
    "\\", "$HOME`x`", "{{ .Values }}", "a\nb", "a\n\nb\n", "a\n\n\n", "\n", " a\n b\n", "a\n \nb",
    "\t", "a\r\nb\r\n", "-----BEGIN KEY-----\nabc+/==\n-----END KEY-----\n", "ENC[AES256_GCM,x]",
    "ü🔑\u2028\u0085\ufeff", "\x01\x7f", "---\n...\n", "%&*!|>@,[]{}?:-", "=", "<<", "x" * 5000,
]  # fmt: skip
ENV = {f"DEV_V{number}": value for number, value in enumerate(VALUES)}


def written(env: dict[str, str]) -> bytes:
    return env_file.write([Variable(name, Secret(text.encode())) for name, text in env.items()])


@pytest.fixture(params=VERSIONS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    """A world with a generated repository and one of the real sops first on PATH."""
    binary = BINARIES[request.param]
    if not binary.exists():
        pytest.skip(f"no {request.param} sops here; `make e2e` builds it")
    made = World(tmp_path, (binary.parent,))
    made.run("sopsmith", "init", ".")
    made.run("sopsmith", "generate", "--env-file", "-", stdin=written(ENV))
    return made


def file(name: str) -> str:
    return f"{FOLDER}/{name}.secret.yaml"


def test_sops_reads_every_value_byte_for_byte(world: World) -> None:
    for number, value in enumerate(VALUES):
        done = world.run("sops", "decrypt", "--output-type", "json", file(f"v{number}"))
        assert json.loads(done)["stringData"] == {"value": value}


def test_generate_puts_back_what_sops_changed(world: World) -> None:
    before = world.run("sops", "decrypt", file("v1"))
    world.run("sops", "set", file("v1"), '["stringData"]["value"]', '"by sops"')
    assert b"DEV_V1='by sops'\n" in world.run("sopsmith", "env", "-e", "dev")
    plan = world.run("sopsmith", "generate", "--env-file", "-", stdin=written(ENV)).decode()
    assert f"update        {file('v1')}  (DEV_V1: stringData.value)\n" in plan
    assert world.run("sops", "decrypt", file("v1")) == before


def test_generate_puts_back_a_key_that_sops_added(world: World) -> None:
    world.run("sops", "set", file("v14"), '["stringData"]["more"]', '"x"')
    world.run("sopsmith", "generate", "--env-file", "-", stdin=written(ENV))
    done = json.loads(world.run("sops", "decrypt", "--output-type", "json", file("v14")))
    assert done["stringData"] == {"value": VALUES[14]}


def test_a_file_that_sops_rotated_is_kept(world: World) -> None:
    world.run("sops", "rotate", "--in-place", file("v22"))
    before = (world.work / file("v22")).read_bytes()
    plan = world.run("sopsmith", "generate", "--env-file", "-", stdin=written(ENV)).decode()
    assert (
        plan
        == "".join(
            f"keep          {path}  ({name})\n"
            for path, name in sorted((file(f"v{n}"), f"DEV_V{n}") for n in range(len(VALUES)))
        )
        + f"plan: {len(VALUES)} to keep\n"
    )
    assert (world.work / file("v22")).read_bytes() == before
