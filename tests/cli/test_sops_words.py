"""Command lines of sops are taken as they are written for it."""

from __future__ import annotations

import pytest

from sopsmith.cli.lazy import SOPS_VERBS
from sopsmith.cli.main import COMMANDS, cli, run
from sopsmith.cli.sops_words import translate


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("-d a.yaml", "decrypt a.yaml"),
        ("--decrypt --extract X a.yaml", "decrypt --extract X a.yaml"),
        ("-e -i --age R a.yaml", "encrypt -i --age R a.yaml"),
        ("-i -e a.yaml", "encrypt -i a.yaml"),
        ("-i a.yaml -e", "encrypt -i a.yaml"),
        ("-r -i --add-age R a.yaml", "rotate -i --add-age R a.yaml"),
        ("a.yaml", "edit a.yaml"),
        ("-s a.yaml", "edit -s a.yaml"),
        ("--config c encrypt a.yaml", "encrypt --config c a.yaml"),
        ("--config=c encrypt a.yaml", "encrypt --config=c a.yaml"),
        ("--config c decrypt a.yaml", "decrypt a.yaml"),
        ("--config c -d a.yaml", "decrypt a.yaml"),
        ("--verbose --indent 2 decrypt a.yaml", "decrypt a.yaml"),
        ("--indent=2 --decryption-order age,pgp -d a.yaml", "decrypt a.yaml"),
        ("--mac-only-encrypted encrypt a.yaml", "encrypt --mac-only-encrypted a.yaml"),
        ("--input-type json -d", "decrypt --input-type json"),
        ("frobnicate", "frobnicate"),
        ("--help", "--help"),
        ("--version", "--version"),
    ],
)
def test_a_command_line_of_sops_becomes_one_of_sopsmith(given: str, wanted: str) -> None:
    assert translate(given.split(), COMMANDS, lambda _: None) == wanted.split()


def test_the_old_form_of_set_is_taken_apart() -> None:
    argv = ["--set", '["a"][0]["b c"] {"d": [1]}', "a.yaml"]
    wanted = ["set", "a.yaml", '["a"][0]["b c"]', '{"d": [1]}']
    assert translate(argv, COMMANDS, lambda _: None) == wanted


def test_a_flag_that_changes_nothing_is_said() -> None:
    said: list[str] = []
    translate(["--indent", "2", "decrypt", "a"], COMMANDS, said.append)
    assert said == ["--indent changes nothing: every file keeps its own layout"]


@pytest.mark.parametrize("verb", sorted(SOPS_VERBS - {"groups"}))
def test_every_verb_of_sops_refuses_key_services_and_ends_with_100_without_a_file(
    verb: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run([verb, "--keyservice", "tcp://127.0.0.1:1", "a", "b", "c"]) == 2
    assert "key services are not supported" in capfd.readouterr().err
    if verb not in {"encrypt", "decrypt"}:
        assert run([verb, "--enable-local-keyservice", "--decryption-order", "age"]) == 100


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_completion_prints_a_script(shell: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["completion", shell]) == 0
    assert "_SOPSMITH_COMPLETE" in capfd.readouterr().out


def test_every_command_can_be_loaded() -> None:
    import click

    context = click.Context(cli)
    assert all(cli.get_command(context, name) is not None for name in COMMANDS)


def test_a_file_keeps_its_format_where_it_is_rotated_or_edited(
    capfd: pytest.CaptureFixture[str],
) -> None:
    for verb in ("rotate", "edit"):
        assert run([verb, "--output-type", "json", "none.yaml"]) == 2
        assert "the file's format is kept" in capfd.readouterr().err
    assert run(["rotate", "--output-type", "yaml", "-i", "none.yaml"]) != 2


@pytest.mark.parametrize("verb", ["edit", "set", "unset"])
def test_the_threshold_is_refused_with_the_verb_that_changes_it(
    verb: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run([verb, "--shamir-secret-sharing-threshold", "2", "a", "b"]) == 2
    assert "sopsmith updatekeys" in capfd.readouterr().err
