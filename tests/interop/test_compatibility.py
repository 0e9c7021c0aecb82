"""docs/reference/sops-compatibility.md names all that sops has, and says the truth of sopsmith."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import click
import pytest
from tests.interop.conftest import BINARIES, ROOT, VERSIONS

from sopsmith.cli.main import COMMANDS, cli

PAGE = (ROOT / "docs/reference/sops-compatibility.md").read_text(encoding="utf-8")
WORDS = {"same", "differs", "idle", "refused", "missing"}
GLOBAL = "global flags"
_FLAG = re.compile(r"^   (--[a-z-]+(?: value)?(?:, --?[a-z-]+(?: value)?)*)", re.MULTILINE)
_VERB = re.compile(r"^   ([a-z-]+)(?:, [a-z])?  +", re.MULTILINE)
_ROW = re.compile(r"^\| (`-[^|]*`) \| (\w+) \|", re.MULTILINE)

Table = dict[str, dict[str, str]]


def read_page() -> Table:
    """Return what the page says of each flag, by verb."""
    body = PAGE.partition("## Verbs and flags")[2].partition("## Exit codes")[0]
    tables: Table = {}
    for section in body.split("\n### ")[1:]:
        verb, _, text = section.partition("\n")
        tables[verb] = {
            name: word
            for names, word in _ROW.findall(text)
            for name in re.findall(r"`([^`]+)`", names)
        }
    return tables


def read_help(binary: Path, *verb: str) -> str:
    """Return what the real sops says of a verb."""
    done = subprocess.run(
        [str(binary), *verb, "--help"], capture_output=True, text=True, check=True, env={}
    )
    return done.stdout


def flags_of(text: str) -> set[str]:
    """Return every flag that a help names, short ones included."""
    rows = _FLAG.findall(text.rsplit("OPTIONS:", maxsplit=1)[-1])
    return {part.split(" ")[0] for row in rows for part in row.split(", ")}


def verbs_of(text: str) -> list[str]:
    """Return the verbs that a help lists."""
    listed = text.partition("COMMANDS:\n")[2].partition("OPTIONS:")[0]
    return [verb for verb in _VERB.findall(listed) if verb != "help"]


def own_options(verb: str) -> set[str]:
    """Return the options of sopsmith's verb, hidden ones included."""
    command: click.Command = cli
    context = click.Context(cli)
    for word in verb.split():
        assert isinstance(command, click.Group)
        found = command.get_command(context, word)
        assert found is not None, f"sopsmith has no {verb}"
        command = found
    names = {name for param in command.params for name in (*param.opts, *param.secondary_opts)}
    return names | {"--help", "-h"}


@pytest.fixture(scope="module", params=VERSIONS)
def binary(request: pytest.FixtureRequest) -> Path:
    """Return a real sops."""
    path = BINARIES[request.param]
    if not path.exists():
        pytest.skip(f"no {request.param} sops here; `make e2e` builds it")
    return path


def test_the_page_has_every_verb_and_flag_of_sops(binary: Path) -> None:
    tables = read_page()
    texts: dict[tuple[str, ...], str] = {(): read_help(binary)}
    for verb in verbs_of(texts[()]):
        texts[(verb,)] = read_help(binary, verb)
        for inner in verbs_of(texts[(verb,)]) if verb == "groups" else ():
            texts[(verb, inner)] = read_help(binary, verb, inner)
    assert len(texts) > 12
    missing = []
    for words, text in texts.items():
        known = tables.get(" ".join(words) or GLOBAL)
        if known is None:
            missing.append(" ".join(words))
        else:
            missing += [f"{' '.join(words)} {flag}" for flag in flags_of(text) - {*known, "-h"}]
    assert missing == []


def test_the_page_uses_the_words_that_it_explains() -> None:
    assert {word for table in read_page().values() for word in table.values()} <= WORDS


def test_the_page_tells_sopsmiths_flags_as_they_are() -> None:
    wrong = []
    for verb, table in read_page().items():
        if verb == GLOBAL or verb.split()[0] not in COMMANDS:
            wrong += [
                f"{verb} {flag}" for flag, word in table.items()
                if verb != GLOBAL and word != "missing"
            ]  # fmt: skip
            continue
        options = own_options(verb)
        wrong += [
            f"{verb} {flag} is {word}"
            for flag, word in table.items()
            if (flag in options) == (word == "missing")
        ]
    assert wrong == []


def test_the_page_has_every_exit_code_and_variable_of_sopsmith() -> None:
    from sopsmith import errors

    kinds = [one for one in vars(errors).values() if isinstance(one, type)]
    codes = {one.sops_exit_code for one in kinds if issubclass(one, errors.Error)} - {None}
    table = PAGE.partition("## Exit codes")[2].partition("## Variables")[0]
    assert all(re.search(rf"^\| (\d+, )?{code}\b", table, re.MULTILINE) for code in codes)
    sources = "".join(path.read_text() for path in (ROOT / "src").rglob("*.py"))
    read = set(re.findall(r'"(SOPS_[A-Z_]+)"', sources))
    assert read - set(re.findall(r"`([A-Z_]+)`", PAGE)) == set()
