"""`sopsmith verify`, `lint` and `explain` as a user runs them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.world import World

HOME = "bootstrap/argocd/overlays/main"
ORG = f"{HOME}/core/secrets/org-name.secret.yaml"
DEV = f"{HOME}/dev/secrets/database-url.secret.yaml"
PROD = f"{HOME}/prod/secrets/plain.secret.yaml"
PLAIN = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: plain\nstringData:\n  value: canary\n"


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Return a world whose folder is a repository with two encrypted Secrets."""
    made = World(tmp_path)
    made.run("git", "init", "--quiet")
    made.run("sopsmith", "init", ".")
    env = b"ORG_NAME=canary\nDEV_DATABASE_URL=postgres://u:canary@dev/x\n"
    made.run("sopsmith", "generate", "--env-file", "-", stdin=env)
    return made


def recipients(world: World) -> list[str]:
    return re.findall(r"age1[a-z0-9]+", (world.work / "sopsmith.yaml").read_text())[:3]


def break_dev(world: World) -> None:
    path = world.work / DEV
    path.write_text(path.read_text().replace("name: database-url", "name: database"))


def test_verify_of_a_sound_repository(world: World) -> None:
    done = world.attempt("sopsmith", "verify")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"verify: 2 hold\n", b"")


def test_verify_says_of_each_file_why_it_does_not_open(world: World) -> None:
    break_dev(world)
    (world.work / PROD).write_text(PLAIN)
    done = world.attempt("sopsmith", "verify")
    assert (done.returncode, done.stdout.decode(), done.stderr.decode()) == (
        3,
        f"""\
broken       {DEV}: the MAC does not match: a value was changed, added, removed or moved
in clear     {PROD}: stands in clear, and .sops.yaml: creation_rules[2] says that it is encrypted
verify: 1 hold, 1 broken, 1 in clear
""",
        f"""\
hint: find the last good version with git log; --ignore-mac reads it all the same
hint: sopsmith encrypt --in-place {PROD}
""",
    )


def test_verify_without_identities_says_whom_a_file_is_for(world: World) -> None:
    world.keys_file.unlink()
    done = world.attempt("sopsmith", "verify", DEV)
    assert done.returncode == 3
    assert done.stdout.decode() == (
        f"no identity  {DEV}: no identity at hand; the file is encrypted to age "
        f"{recipients(world)[0]}\nverify: 0 hold, 1 no identity\n"
    )


def test_verify_as_json(world: World) -> None:
    break_dev(world)
    done = world.attempt("sopsmith", "verify", "--output", "json", HOME)
    made = json.loads(done.stdout)
    assert (done.returncode, made["opened"]) == (3, 1)
    assert [sorted(one) for one in made["problems"]] == [["hint", "kind", "path", "reason"]]


def test_verify_finds_the_repository_from_below(world: World) -> None:
    done = world.run("sopsmith", "verify", cwd=world.work / HOME / "dev")
    assert done == b"verify: 2 hold\n"


@pytest.mark.parametrize("verb", ["verify", "lint"])
def test_a_path_that_is_not_there_could_not_be_looked_at(world: World, verb: str) -> None:
    done = world.attempt("sopsmith", verb, "nowhere")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr == b"error: nowhere: no such file or folder\n"


def test_lint_of_a_sound_repository_needs_no_identity(world: World) -> None:
    world.keys_file.unlink()
    done = world.attempt("sopsmith", "lint")
    found = re.fullmatch(
        r"lint: no problem in \d+ files, 2 of them encrypted\n", done.stdout.decode()
    )
    assert (done.returncode, bool(found), done.stderr) == (0, True, b"")


def test_lint_says_place_rule_and_what_to_do(world: World) -> None:
    (world.work / PROD).write_text(PLAIN)
    (world.work / "other.yaml").write_text(PLAIN)
    done = world.attempt("sopsmith", "lint", PROD, "other.yaml")
    mend = "sopsmith encrypt --in-place FILE; rotate the values if it was ever pushed"
    assert (done.returncode, done.stdout.decode(), done.stderr.decode()) == (
        3,
        f"""\
{PROD}: error SOPS001 plain-file: .sops.yaml: creation_rules[2] says that it is encrypted
other.yaml:5: error SOPS006 plain-secret: stringData: a Secret stands in clear
lint: 2 problems in 2 files, 0 of them encrypted
""",
        f"hint: SOPS001: {mend}\nhint: SOPS006: {mend}\n",
    )


def test_lint_as_json(world: World) -> None:
    (world.work / "other.yaml").write_text(PLAIN)
    done = world.attempt("sopsmith", "lint", "--output", "json", "other.yaml")
    assert json.loads(done.stdout)["findings"] == [
        {
            "rule": "SOPS006",
            "name": "plain-secret",
            "severity": "error",
            "path": "other.yaml",
            "line": 5,
            "key": "stringData",
            "message": "a Secret stands in clear",
            "hint": "sopsmith encrypt --in-place FILE; rotate the values if it was ever pushed",
        }
    ]


def test_lint_looks_for_the_wanted_rules_alone(world: World) -> None:
    (world.work / "other.yaml").write_text(PLAIN)
    assert world.attempt("sopsmith", "lint", "--rule", "SOPS001").returncode == 0
    done = world.attempt("sopsmith", "lint", "--rule", "SOPS999")
    assert (done.returncode, done.stderr) == (
        2,
        b"error: SOPS999 is no rule; they are SOPS001 to SOPS021\n",
    )


def sarif(world: World) -> dict[str, Any]:
    (world.work / "a b.yaml").write_text(PLAIN)
    (world.work / PROD).write_text(PLAIN)
    log: dict[str, Any] = json.loads(world.attempt("sopsmith", "lint", "--output", "sarif").stdout)
    return log


def test_sarif_has_what_code_scanning_needs(world: World) -> None:
    log = sarif(world)
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-2.1.0.json")
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] == "sopsmith"
    for rule in driver["rules"]:
        assert {"id", "name", "shortDescription", "fullDescription", "help"} <= rule.keys()
        assert rule["defaultConfiguration"]["level"] in {"error", "warning"}
        assert 0 <= float(rule["properties"]["security-severity"]) <= 10
    for result in run["results"]:
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["message"]["text"]
        assert result["level"] in {"error", "warning"}
        assert re.fullmatch(
            r"[0-9a-f]{16}:1", result["partialFingerprints"]["primaryLocationLineHash"]
        )
        (location,) = result["locations"]
        place = location["physicalLocation"]
        assert place["region"]["startLine"] >= 1
        assert not place["artifactLocation"]["uri"].startswith(("/", "."))


def test_sarif_names_files_by_relative_uris(world: World) -> None:
    (run,) = sarif(world)["runs"]
    places = [one["locations"][0]["physicalLocation"] for one in run["results"]]
    assert [one["artifactLocation"]["uri"] for one in places] == ["a%20b.yaml", PROD]


def test_a_fingerprint_stays_when_lines_are_added_above(world: World) -> None:
    def fingerprint() -> str:
        (run,) = sarif(world)["runs"]
        print_of: str = run["results"][0]["partialFingerprints"]["primaryLocationLineHash"]
        return print_of

    before = fingerprint()
    (world.work / "a b.yaml").write_text("# a line\n" + PLAIN)
    assert fingerprint() == before


def test_explain_an_encrypted_file(world: World) -> None:
    dev, _, _ = recipients(world)
    done = world.attempt("sopsmith", "explain", DEV)
    assert (done.returncode, done.stdout.decode(), done.stderr) == (
        0,
        f"""\
{DEV}: encrypted
rules: .sops.yaml sees it as {DEV}
  -> .sops.yaml: creation_rules[0]: path_regex `^{HOME}/dev/.*\\.secret\\.yaml$` matches
opens for:
  age {dev}  (identity at hand, from {world.keys_file})
values, by encrypted_regex `^(data|stringData)$`:
  clear      apiVersion
  clear      kind
  clear      metadata.name
  clear      metadata.namespace
  clear      type
  encrypted  stringData.value
""",
        b"",
    )


def test_explain_a_plain_file_without_identities(world: World) -> None:
    world.keys_file.unlink()
    (world.work / PROD).write_text(PLAIN + "  empty: ''\n")
    _, _, prod = recipients(world)
    assert (
        world.run("sopsmith", "explain", PROD).decode()
        == f"""\
{PROD}: not encrypted
rules: .sops.yaml sees it as {PROD}
     .sops.yaml: creation_rules[0]: path_regex `^{HOME}/dev/.*\\.secret\\.yaml$` does not match
     .sops.yaml: creation_rules[1]: path_regex `^{HOME}/staging/.*\\.secret\\.yaml$` does not match
  -> .sops.yaml: creation_rules[2]: path_regex `^{HOME}/prod/.*\\.secret\\.yaml$` matches
would open for:
  age {prod}
values, by encrypted_regex `^(data|stringData)$`:
  clear               apiVersion
  clear               kind
  clear               metadata.name
  would be encrypted  stringData.value
  empty               stringData.empty
"""
    )


def test_explain_says_when_file_and_rule_differ(world: World) -> None:
    dev, _, prod = recipients(world)
    (world.work / PROD).write_bytes((world.work / DEV).read_bytes())
    made = json.loads(world.run("sopsmith", "explain", "--output", "json", PROD))
    assert [one["name"] for one in made["readers"]] == [dev]
    assert [one["name"] for one in made["rule_readers"]] == [prod]


def test_explain_where_no_rule_holds(world: World) -> None:
    text = world.run("sopsmith", "explain", "sopsmith.yaml").decode()
    assert "     no rule matches\nopens for: nobody is named\n" in text


@pytest.mark.parametrize("output", ["text", "json", "sarif"])
def test_a_name_that_is_no_text_is_no_obstacle(world: World, output: str) -> None:
    (world.work / "\udcff.yaml").write_text(PLAIN)
    done = world.attempt("sopsmith", "lint", "--output", output)
    assert (done.returncode, b"unexpected" in done.stderr) == (3, False)
    if output != "text":
        json.loads(done.stdout)
