"""The commands about keys as a person runs them, inside this process."""

from __future__ import annotations

import json
import os
import pty
import re
import sys
from pathlib import Path

import pytest
from tests.leaks.watch import Watch
from tests.world import World

from sopsmith import age
from sopsmith.repo.key_file import parse_key_file

PAGE = Path(__file__).parents[2] / "docs/how-to/keys.md"
MAIN = "bootstrap/argocd/overlays/main"


@pytest.fixture
def watch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> Watch:
    """Return a repository with dev and prod, and one more environment without a recipient."""
    made = Watch(tmp_path, monkeypatch, capfdbinary)
    del made.world.environ["SOPS_AGE_KEY"]
    assert made.call("init", "-e", "dev", "-e", "prod").code == 0
    made.write(".env", "DEV_A=made-up\nPROD_A=made-up\n")
    assert made.call("generate").code == 0
    path = made.world.work / "sopsmith.yaml"
    path.write_text(path.read_text().replace("  # pr: {", "  qa: {prefix: QA_} # {", 1))
    return made


def identities(watch: Watch) -> list[tuple[str, bytes]]:
    entries = parse_key_file(watch.world.keys_file.read_bytes(), "keys.txt")
    return [(one.recipient, one.line.reveal()) for one in entries]


def test_generate_prints_the_recipient_and_never_the_identity(watch: Watch) -> None:
    done = watch.call("key", "generate")
    recipient, identity = identities(watch)[2]
    assert (done.code, done.stdout) == (0, f"{recipient}\n".encode())
    assert identity not in done.stderr
    assert b"made an age identity for qa" in done.stderr
    assert b"next: sopsmith key backup, then " in done.stderr


def test_generate_prints_the_identity_where_it_is_asked_to(watch: Watch) -> None:
    done = watch.call("key", "generate", "--print")
    assert [one.recipient for one in parse_key_file(done.stdout, "stdout")] == [
        identities(watch)[2][0]
    ]


def test_generate_in_json_and_dry(watch: Watch) -> None:
    before = watch.world.keys_file.read_bytes()
    dry = watch.call("key", "generate", "--dry-run")
    assert (dry.code, dry.stdout, watch.world.keys_file.read_bytes()) == (0, b"", before)
    done = json.loads(watch.call("key", "generate", "-e", "qa", "-o", "json").stdout)
    assert done["files"] == [".sops.yaml", "sopsmith.yaml"]
    assert done["identities"] == [
        {"environment": "qa", "recipient": identities(watch)[2][0], "resumed": False}
    ]


def test_generate_refuses_with_the_way_to_go(watch: Watch) -> None:
    said = watch.call("key", "generate", "-e", "prod")
    assert (said.code, b"hint: sopsmith key rotate --environment prod" in said.stderr) == (1, True)
    watch.world.keys_file.rename(watch.world.home / "away")
    said = watch.call("key", "generate", "-e", "prod")
    assert (said.code, b"hint: sopsmith key restore" in said.stderr) == (1, True)


def test_generate_into_another_file_says_how_it_is_found(watch: Watch) -> None:
    path = watch.world.home / "other" / "keys.txt"
    said = watch.call("key", "generate", "--keys-file", str(path)).stderr.decode()
    assert f"export SOPS_AGE_KEY_FILE={path}" in said
    assert path.stat().st_mode & 0o777 == 0o600


def test_list_as_a_table_and_as_json(watch: Watch) -> None:
    table = watch.call("key", "list").stdout.decode().splitlines()
    assert table[0].split() == ["SCOPE", "NAME", "OPENS", "ALONE", "AGE", "IDENTITY", "RECIPIENT"]
    assert table[1].split()[:6] == ["dev", "-", "1", "1", "0", "days"]
    found = json.loads(watch.call("key", "list", "-o", "json").stdout)
    assert [(key["scopes"], key["alone"]) for key in found["keys"]] == [(["dev"], 1), (["prod"], 1)]


def test_check_ends_with_3_where_something_does_not_open(watch: Watch) -> None:
    assert watch.call("key", "check").stdout.decode().splitlines() == [
        "core: opened 0 of 0", "dev: opened 1 of 1", "prod: opened 1 of 1", "qa: opened 0 of 0",
    ]  # fmt: skip
    watch.world.keys_file.write_bytes(identities(watch)[0][1] + b"\n")
    done = watch.call("key", "check", "-o", "json")
    assert done.code == 3
    assert {one["scope"]: one["opened"] for one in json.loads(done.stdout)["scopes"]} == {
        "core": 0, "dev": 1, "prod": 0, "qa": 0,
    }  # fmt: skip


def test_status_warns_of_a_secret_that_generate_dated(watch: Watch) -> None:
    path = watch.world.work / "sopsmith.yaml"
    item = "secrets:\n  - {name: a, data: {value: A}, expires: 2001-01-01}\n"
    path.write_text(path.read_text().replace("secrets:\n", item, 1))
    assert watch.call("generate", "-e", "dev").code == 0
    done = watch.call("status")
    assert done.code == 3
    assert done.stdout.decode().splitlines() == [
        f"expired       {MAIN}/dev/secrets/a.secret.yaml: a: expired on 2001-01-01",
        "no recovery   sopsmith.yaml: no recovery recipient is named, no backup noted: "
        "whoever loses the only identity of dev or prod loses its Secrets",
        "status: 2 due within 30 days; 1 Secret with a date",
    ]
    found = json.loads(watch.call("status", "-o", "json").stdout)
    assert [one["date"] for one in found["due"]] == ["2001-01-01T00:00:00+00:00", None]


def test_open_takes_the_identity_from_stdin_and_records_it_first(watch: Watch) -> None:
    (recipient, identity), _ = identities(watch)
    watch.world.keys_file.unlink()
    path = f"{MAIN}/dev/secrets/a.secret.yaml"
    done = watch.call("key", "open", path, "--reason", "laptop lost", stdin=identity + b"\n")
    assert (done.code, b"made-up" in done.stdout) == (0, True)
    record = json.loads((watch.world.work / ".sopsmith/break-glass.json").read_text())
    assert record["uses"][0]["recipients"] == [recipient]
    assert record["uses"][0]["git"] == "Test <test@example.org>"
    assert record["uses"][0]["target"] == path
    unrecorded = watch.call("key", "open", path, "--reason", "again", "--no-record", stdin=identity)
    assert b"warning: this use was not recorded" in unrecorded.stderr
    assert (
        len(json.loads((watch.world.work / ".sopsmith/break-glass.json").read_text())["uses"]) == 1
    )


def test_open_asks_on_a_terminal_and_does_not_show_what_is_typed(watch: Watch) -> None:
    _, identity = identities(watch)[0]
    path = str(watch.world.work / MAIN / "dev/secrets/a.secret.yaml")
    pid, terminal = pty.fork()
    if pid == 0:
        program = "import sys; from sopsmith.cli.main import main; main()"
        argv = [sys.executable, "-c", program, "key", "open", path, "--reason", "x"]
        os.execve(sys.executable, argv, watch.world.environ)  # noqa: S606 - this interpreter
    seen = b""
    while b"not shown" not in seen:
        seen += os.read(terminal, 1024)
    os.write(terminal, identity + b"\n")
    try:
        while True:
            piece = os.read(terminal, 4096)
            if not piece:
                break
            seen += piece
    except OSError:
        pass  # The terminal of a process that has ended reads as an error on Linux.
    os.close(terminal)
    assert os.waitpid(pid, 0)[1] == 0
    assert b"made-up" in seen
    assert identity not in seen


def test_inject_needs_to_know_the_cluster(watch: Watch) -> None:
    _, identity = identities(watch)[0]
    said = watch.call("key", "inject", "--reason", "x", stdin=identity)
    assert (said.code, b"nothing says which cluster is dev's" in said.stderr) == (2, True)
    said = watch.call("key", "inject", "--reason", "x", stdin=age.generate()[0].reveal())
    assert (said.code, b"--environment NAME" in said.stderr) == (2, True)


def test_the_page_s_commands_do_what_it_says(tmp_path: Path) -> None:
    blocks = re.findall(r"<!-- run -->\n```sh\n(.*?)```", PAGE.read_text(), re.DOTALL)
    world = World(tmp_path)
    (world.work / ".env").write_text("DEV_DATABASE_URL=made-up\nORG_NAME=made-up\n")
    before = (
        "sopsmith init -e dev -e prod >/dev/null\nsopsmith generate >/dev/null\n"
        "sopsmith key recovery generate --out ../recovery.txt >/dev/null\n"
    )
    done = world.attempt("bash", "-euo", "pipefail", "-c", before + "".join(blocks))
    said = done.stdout.decode()
    assert done.returncode == 0, done.stderr
    assert "core: opened 1 of 1\nqa: opened 0 of 0\ndev: opened 1 of 1\n" in said
    assert "status: nothing due within 30 days; 0 Secrets with a date\n" in said
    assert "value: made-up" in said
    assert (world.work / ".sopsmith/break-glass.json").exists()
