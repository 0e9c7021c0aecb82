"""Each example of the documentation runs or says why not, and names what the program has."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

import click
import pytest
from tests.pages import PAGES, ROOT, Block, read_blocks

from sopsmith.cli.main import COMMANDS, cli
from sopsmith.cli.sops_words import translate

WHOLE = "docs/tutorial/first-env.md"
"""One story: each of its examples is run, marked or not."""
RUNS = frozenset(("run", "run in a cluster", "run with age"))
_INSTALLS = re.compile(r"^(make setup|.*bin/pip install) ", re.MULTILINE)
_INLINE = re.compile(r"`(sopsmith (?!FILE|--set)[^`]+)`")  # Not the table of sops' own words.
_END = frozenset(("|", "||", "&&", ";", ">", "<", "#", "(", ")", "…"))


def accounted(block: Block) -> bool:
    """Tell whether an example is run, or says why it is not."""
    if block.page == WHOLE or _INSTALLS.search(block.text):
        return True  # Installing sopsmith is what each run of the tests begins with.
    return block.mark in RUNS or block.mark.startswith("not run: ")


@pytest.mark.parametrize("page", PAGES)
def test_each_example_runs_or_says_why_not(page: str) -> None:
    blocks = [one for one in read_blocks(page) if one.shows_commands]
    assert [str(one) for one in blocks if not accounted(one)] == []


@pytest.mark.parametrize("page", PAGES)
def test_a_block_of_commands_is_marked_as_one(page: str) -> None:
    found = [one for one in read_blocks(page) if one.text.startswith("sopsmith ")]
    assert [str(one) for one in found if one.language != "sh"] == []


def test_a_page_with_marked_examples_has_a_test_that_runs_them() -> None:
    tests = [*ROOT.glob("tests/**/test_*.py"), ROOT / "tests/disasters.py"]
    texts = "".join(one.read_text() for one in tests if one.name != "test_docs_commands.py")
    marked = [one.page for page in PAGES for one in read_blocks(page) if one.mark in RUNS]
    assert [one for one in marked if one.rpartition("/")[2] not in texts] == []


def written(page: str) -> Iterator[str]:
    """Yield the lines that call sopsmith, from blocks and from the text around them."""
    for block in read_blocks(page):
        if block.shows_commands:
            yield from block.script.replace("\\\n", " ").splitlines()
    text = re.sub(r"^```.*?^```$", "", (ROOT / page).read_text(), flags=re.DOTALL | re.MULTILINE)
    for one in _INLINE.findall(text):
        yield " ".join(one.replace("\\|", "|").split())


def calls(line: str) -> Iterator[list[str]]:
    """Yield the words behind each `sopsmith` of a line, up to what is the shell's."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.wordchars += "…=:,*@^[]{}%+"
    try:
        words = list(lexer)
    except ValueError:  # A quote that a later line closes.
        return
    for at, word in enumerate(words):
        if word.rpartition("/")[2] == "sopsmith":
            end = [one for one in range(at + 1, len(words)) if set(words[one]) & _END]
            yield words[at + 1 : end[0] if end else len(words)]


def complaint(words: list[str]) -> str:
    """Say what of a call the program does not have; nothing where it has all of it."""
    command: click.Command = cli
    # With the settings of a real run: click keeps the first help option that it makes of a command.
    context = click.Context(cli, info_name="sopsmith", **cli.context_settings)
    if words and words[0] not in COMMANDS:
        words = translate(words, COMMANDS, lambda _said: None)
    while words and isinstance(command, click.Group) and not words[0].startswith("-"):
        try:
            _, found, words = command.resolve_command(context, words)
        except click.UsageError:
            return f"no command {words[0]}"
        assert found is not None
        command = found
        settings = command.context_settings
        context = click.Context(command, parent=context, info_name=command.name, **settings)
    known = {one for each in command.get_params(context) for one in each.opts + each.secondary_opts}
    known |= {"-h", "--help"}
    words = words[: words.index("--")] if "--" in words else words
    options = [one.partition("=")[0] for one in words if re.match(r"--?[a-z]", one)]
    return ", ".join(f"{command.name} has no {one}" for one in options if one not in known)


@pytest.mark.parametrize("page", PAGES)
def test_each_command_and_option_exists(page: str) -> None:
    found = {line: complaint(words) for line in written(page) for words in calls(line)}
    assert {line: said for line, said in found.items() if said} == {}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("sopsmith key backup --force | jq .", ""),
        ("sopsmith key back-up", "no command back-up"),
        ("sopsmith drop a.yaml KEY", ""),
        ("sopsmith key backup --farce", "backup has no --farce"),
        ("x=$(sopsmith lint --out y)", "lint has no --out"),
    ],
    ids=["right", "command", "default", "option", "prefix"],
)
def test_the_test_sees_what_is_wrong(line: str, said: str) -> None:
    assert [complaint(words) for words in calls(line)] == [said]
