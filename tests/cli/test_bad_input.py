"""What people get wrong is answered by one error with its place, a hint and the right exit code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.unit.flows.keys_at import DEV, HOME, Place
from tests.unit.flows.keys_at import SECRET as SECRET_TEXT

from sopsmith.cli.main import run
from sopsmith.repo.settings import FILE

SECRET = f"{HOME}/dev/secrets/a.secret.yaml"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Stand in a repository with one encrypted file."""
    made = Place(tmp_path)
    made.lock(SECRET, DEV[1])
    made.put(".env", "DEV_A=made-up\n")
    monkeypatch.setenv("SOPS_AGE_KEY_FILE", str(made.keys))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
    monkeypatch.chdir(made.root)
    return made


def refused(capfd: Any, code: int, *argv: str) -> str:
    """Return what stderr says of a command line that is refused."""
    assert run([*argv]) == code
    said = capfd.readouterr()
    assert said.out == ""
    assert said.err.startswith(("error: ", "note: "))
    return str(said.err)


@pytest.mark.parametrize(
    "argv",
    [
        ["doctor", "-e"], ["list", "-e"], ["key", "check", "-e"], ["key", "generate", "-e"],
        ["env", "-e"], ["generate", "-e"], ["refresh", "-e"], ["key", "rotate", "-e"],
        ["diff", "dev"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_an_environment_that_is_not_there_is_refused_in_one_way(
    place: Place, capfd: Any, argv: list[str]
) -> None:
    said = refused(capfd, 2, *argv, "live")
    assert "'live' is no environment here" in said
    assert "dev, prod" in said


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (["decrypt"], 100), (["encrypt"], 100), (["rotate"], 100), (["updatekeys"], 100),
        (["filestatus"], 1), (["verify"], 1), (["lint"], 1), (["explain"], 1),
        (["key", "open", "--reason", "x"], 1),
    ],
    ids=str,
)  # fmt: skip
def test_a_file_that_is_not_there_is_named(
    place: Place, capfd: Any, argv: list[str], code: int
) -> None:
    assert "error: nowhere.yaml: no such file or " in refused(capfd, code, *argv, "nowhere.yaml")


def test_a_word_that_is_nearly_a_command_is_proposed(place: Place, capfd: Any) -> None:
    assert "'statsu'; did you mean 'status'?\n" in refused(capfd, 2, "statsu")
    assert "did you mean 'rotate'?" in refused(capfd, 2, "key", "rotat")
    assert "'instal'; did you mean one of 'install', 'uninstall'?\n" in refused(
        capfd, 2, "git", "instal"
    )
    assert "hint: sopsmith --help" in refused(capfd, 2, "zzz")


def test_a_place_is_hinted_as_it_is_typed(place: Place, capfd: Any) -> None:
    assert """hint: write it as '["a"]["b"][0]'""" in refused(capfd, 91, "get", SECRET, "value")


def test_a_day_that_no_calendar_has_is_none(place: Place, capfd: Any) -> None:
    subprocess.run(["git", "init", "-q", "."], check=True)
    assert "neither a revision nor a date" in refused(capfd, 2, "audit", "--since", "2026-13-01")


def test_a_value_that_was_changed_is_named_with_the_way_to_the_last_good_one(
    place: Place, capfd: Any
) -> None:
    path = place.root / SECRET
    path.write_text(path.read_text().replace("    value: ENC[", "    other: ENC["))
    said = refused(capfd, 25, "decrypt", SECRET)
    assert said == (
        f"error: {SECRET}: stringData.other: the value was changed or moved\n"
        f"hint: git log -p -- {SECRET}\n"
    )


def test_an_empty_env_prunes_nothing(place: Place, capfd: Any) -> None:
    place.put(".env", "# the vault did not answer\n")
    said = refused(capfd, 1, "generate", "--prune")
    assert "error: .env: holds no variable, so --prune would remove every Secret" in said
    assert (place.root / SECRET).exists()


@pytest.mark.parametrize(
    ("closing", "code"), [("<&-", 0), ("2>&-", 0), (">&-", 1), ("<&- >&- 2>&-", 1)]
)
def test_a_stream_that_is_closed_is_no_crash(place: Place, closing: str, code: int) -> None:
    command = f'"$1" -c "from sopsmith.cli.start import main; main()" recipients list {closing}'
    done = subprocess.run(
        ["bash", "-c", command, "bash", sys.executable], capture_output=True, check=False
    )
    assert done.returncode == code
    assert b"Traceback" not in done.stderr
    assert b"bug" not in done.stderr


def test_a_repository_that_is_named_and_is_none_is_named_in_the_hint(
    place: Place, capfd: Any, tmp_path: Path
) -> None:
    where = tmp_path / "two words"
    assert f"hint: sopsmith init '{where}'\n" in refused(capfd, 1, "list", "--repo", str(where))


def test_a_check_that_finds_nothing_says_so(place: Place, capfd: Any) -> None:
    assert run(["tenant", "check"]) == 0
    assert capfd.readouterr() == ("", "nothing is wrong with 0 tenants\n")


def test_a_name_that_nobody_has_is_told_from_a_recipient(place: Place, capfd: Any) -> None:
    subprocess.run(["git", "init", "-q", "."], check=True)
    said = refused(capfd, 1, "key", "revoke", "laptop", "--dry-run")
    assert "error: names nobody in sopsmith.yaml, and is not an age recipient" in said
    assert "hint: sopsmith recipients list\n" in said


def test_a_path_is_said_as_it_is_written_from_here(place: Place, capfd: Any) -> None:
    place.put(FILE, "version: 1\nnonsense: true\n")
    assert refused(capfd, 1, "generate").startswith(f"error: {FILE}: ")


def test_an_identity_that_cannot_be_read_is_not_only_called_missing(
    place: Place, capfd: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOPS_AGE_KEY_FILE", str(place.root))
    assert run(["key", "list"]) == 0
    said = capfd.readouterr()
    assert "not here" in said.out
    assert "warning: " in said.err and "is a directory" in said.err
    monkeypatch.delenv("SOPS_AGE_KEY_FILE")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(place.root / "none"))
    assert run(["key", "list"]) == 0
    assert "warning" not in capfd.readouterr().err


def test_nothing_is_said_to_be_written_before_it_is(place: Place, capfd: Any) -> None:
    (place.root / ".github").write_text("in the way\n")
    source = f"https://git.example.org/s@{'0' * 40}"
    said = refused(capfd, 1, "workflow", "github", "--source", source)
    assert "changed" not in said


def test_a_fault_stands_in_the_report_once(place: Place, capfd: Any) -> None:
    place.put("plain.yaml", SECRET_TEXT)
    assert run(["report", "--html", "report.html", "--jobs", "1"]) == 0
    page = (place.root / "report.html").read_text()
    assert page.count('<th scope="row">plain.yaml') == 1
    assert page.count("<td>no recovery</td>") + page.count("<td>no-recovery</td>") == 1
