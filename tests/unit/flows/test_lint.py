"""Each rule finds what it is for, and leaves alone what only looks like it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.flows.looked_at import (
    DATA,
    MINE,
    OTHER,
    RULES,
    SECRET,
    STALE,
    Folder,
    folder,
)

from sopsmith import age
from sopsmith.repo.lint_rules import RULES as LINT_RULES
from sopsmith.sops.selectors import Selector

__all__ = ["folder"]

GENERATOR = "apiVersion: viaduct.ai/v1\nkind: ksops\nmetadata:\n  name: g\nfiles:\n  - ./{}\n"
ALL = Selector("unencrypted_suffix", "_unencrypted")
IDENTITY = age.generate()[0].reveal().decode()


def replaced(old: str, new: str) -> Callable[[Folder], object]:
    """Return a step that writes an encrypted file with a change in it."""

    def step(folder: Folder) -> None:
        text = folder.lock("a.secret.yaml")
        changed = re.sub(old, new, text, count=1, flags=re.MULTILINE)
        assert changed != text
        folder.put("a.secret.yaml", changed)

    return step


def copied(folder: Folder) -> None:
    folder.put("b.secret.yaml", folder.lock("a.secret.yaml"))


def generator(*names: str, listed: str) -> Callable[[Folder], object]:
    def step(folder: Folder) -> None:
        folder.put("app/kustomization.yaml", "generators: [g.yaml]\n")
        folder.put("app/g.yaml", GENERATOR.format(listed))
        for name in names:
            folder.lock(f"app/{name}")

    return step


def resource(field: str) -> Callable[[Folder], object]:
    def step(folder: Folder) -> None:
        folder.lock("app/a.secret.yaml")
        folder.put("app/kustomization.yaml", f"{field}: [a.secret.yaml]\n")

    return step


def clear_beside(key: str, value: str) -> Callable[[Folder], object]:
    text = f"{SECRET}{key}: {value}\n"
    return lambda folder: folder.lock("a.secret.yaml", text)


def conflict(folder: Folder) -> None:
    text = folder.lock("a.secret.yaml")
    folder.put("a.secret.yaml", f"<<<<<<< ours\n{text}=======\n{text}>>>>>>> theirs\n")


CASES: dict[str, tuple[Callable[[Folder], object], Callable[[Folder], object]]] = {
    "SOPS001": (
        lambda folder: folder.put("a.secret.yaml", SECRET),
        lambda folder: folder.put("a.secret.yaml", "kind: Other\nstringData: {}\n"),
    ),
    "SOPS002": (
        replaced(r"encrypted_regex: .*", "encrypted_regex: ^nothing$"),
        lambda folder: folder.lock("a.secret.yaml"),
    ),
    "SOPS003": (
        replaced(r"value: ENC.*", "value: in-clear"),
        replaced(r"value: ENC.*", 'value: ""'),
    ),
    "SOPS004": (
        lambda folder: folder.lock("a.secret.yaml", recipients=(OTHER,)),
        lambda folder: folder.lock("others/a.yaml", selector=ALL, recipients=(OTHER,)),
    ),
    "SOPS005": (
        lambda folder: folder.lock("a.secret.yaml", recipients=(MINE, STALE)),
        lambda folder: folder.lock("a.secret.yaml", recipients=(MINE, OTHER)),
    ),
    "SOPS006": (
        lambda folder: folder.put("plain.yaml", SECRET),
        lambda folder: folder.put("plain.yaml", SECRET.replace("made-up", "'{{ .Values.x }}'")),
    ),
    "SOPS007": (
        clear_beside("password", "hunter22"),
        clear_beside("secretName", "hunter22"),
    ),
    "SOPS008": (
        copied,
        lambda folder: (folder.lock("a.secret.yaml"), folder.lock("b.secret.yaml")),
    ),
    "SOPS009": (
        lambda folder: folder.lock("whole/a.yaml", selector=ALL),
        lambda folder: folder.lock("whole/a.yaml", "apiVersion_unencrypted: v1\nkind: x\n", ALL),
    ),
    "SOPS010": (
        replaced(r"version: .*", "version: 2.0.9"),
        replaced(r"version: .*", "version: 3.0.0"),
    ),
    "SOPS011": (
        replaced(r"^    mac: .*\n", ""),
        replaced(r"^    mac: ", "    MAC: "),
    ),
    "SOPS012": (
        conflict,
        lambda folder: folder.put("x.md", "<<<<<<< ours\n=======\n>>>>>>> theirs\n"),
    ),
    "SOPS013": (resource("resources"), generator("a.secret.yaml", listed="a.secret.yaml")),
    "SOPS014": (
        generator("a.secret.yaml", listed="gone.secret.yaml"),
        generator("a.secret.yaml", listed="*.secret.yaml"),
    ),
    "SOPS015": (
        generator("a.secret.yaml", "b.secret.yaml", listed="a.secret.yaml"),
        generator("a.secret.yaml", "b.secret.yaml", listed="*.secret.yaml"),
    ),
    "SOPS016": (
        lambda folder: folder.lock("elsewhere.yaml"),
        lambda folder: folder.lock("elsewhere.secret.yaml"),
    ),
    "SOPS017": (
        replaced(r"^    name: a", "    name: [a"),
        lambda folder: folder.put("x.yaml", "name: [a\n"),
    ),
    "SOPS018": (
        lambda folder: folder.put(".sops.yaml", RULES + "    encrypted_regx: x\n"),
        lambda folder: folder.put(".sops.yaml", "creation_rules: []\n"),
    ),
    "SOPS019": (
        lambda folder: folder.lock("a.secret.yaml", selector=Selector("encrypted_regex", "^stri")),
        lambda folder: folder.lock("a.secret.yaml", selector=DATA),
    ),
    "SOPS020": (
        lambda folder: folder.put("notes.txt", f"key: {IDENTITY}\n"),
        lambda folder: folder.put("notes.txt", "key: AGE-SECRET-KEY-1EXAMPLE\n"),
    ),
    "SOPS021": (
        generator("a.secret.yaml", listed="a.secret.yaml\nfils: []"),
        generator("a.secret.yaml", listed="a.secret.yaml"),
    ),
}


def test_every_rule_has_its_cases() -> None:
    assert list(CASES) == list(LINT_RULES)


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_finds_what_it_is_for(folder: Folder, rule: str) -> None:
    CASES[rule][0](folder)
    assert rule in folder.rules()


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_leaves_alone_what_only_looks_like_it(folder: Folder, rule: str) -> None:
    CASES[rule][1](folder)
    assert rule not in folder.rules()


@pytest.mark.parametrize("rule", LINT_RULES)
def test_every_rule_is_documented(rule: str) -> None:
    page = (Path(__file__).parents[3] / "docs/reference/lint-rules.md").read_text("utf-8")
    assert f"## {rule}: {LINT_RULES[rule].name}\n" in page


def test_a_sound_folder_has_no_finding(folder: Folder) -> None:
    generator("a.secret.yaml", listed="a.secret.yaml")(folder)
    report = folder.lint()
    assert (report.findings, report.encrypted, report.looked_at) == ((), 1, 4)


def test_a_finding_says_line_and_key_path(folder: Folder) -> None:
    CASES["SOPS003"][0](folder)
    (found,) = folder.lint().findings
    assert (found.path, found.line, found.key) == ("a.secret.yaml", 6, "stringData.value")


def test_a_line_is_found_in_json_too(folder: Folder) -> None:
    text = folder.lock("a.json", '{"x": {"password": "y"}}', Selector("encrypted_regex", "^pass"))
    folder.put("a.json", re.sub(r'"ENC[^"]*"', '"clear"', text, count=1))
    (found,) = folder.lint().findings[:1]
    assert (found.rule, found.line, found.key) == ("SOPS003", 1, "x.password")


@pytest.mark.parametrize("field", ["bases", "patchesStrategicMerge", "transformers"])
def test_other_fields_that_take_files_as_they_are_count_too(folder: Folder, field: str) -> None:
    resource(field)(folder)
    assert folder.rules() == ["SOPS013"]


def test_missing_and_extra_recipients_are_named(folder: Folder) -> None:
    folder.lock("a.secret.yaml", recipients=(OTHER,))
    (found,) = folder.lint().findings
    place = ".sops.yaml: creation_rules[0]"
    assert found.message == f"against {place}: lacks {MINE}, has {OTHER} besides"


def test_values_outside_of_the_selector_are_looked_at_in_secrets_of_encrypted_files(
    folder: Folder,
) -> None:
    text = SECRET + "data:\n    other: bWFkZS11cA==\n"
    folder.lock("a.secret.yaml", text, Selector("encrypted_regex", "^stringData$"))
    assert sorted(folder.rules()) == ["SOPS006", "SOPS019"]


def test_a_secret_inside_a_list_is_found(folder: Folder) -> None:
    items = SECRET.replace("\n", "\n    ").rstrip()
    folder.put("list.yaml", f"apiVersion: v1\nkind: List\nitems:\n  - {items}\n")
    assert folder.rules() == ["SOPS006"]


def test_tokens_without_metadata_are_broken(folder: Folder) -> None:
    text = folder.lock("a.secret.yaml")
    folder.put("b.yaml", text.partition("sops:")[0])
    assert folder.rules("b.yaml") == ["SOPS017"]


def test_metadata_in_a_second_document_alone_are_broken(folder: Folder) -> None:
    folder.put("b.yaml", "a: 1\n---\n" + folder.lock("a.secret.yaml"))
    assert folder.rules("b.yaml") == ["SOPS017"]


def test_a_broken_sopsmith_yaml_is_named(folder: Folder) -> None:
    folder.put("sopsmith.yaml", "version: 2\n")
    (found,) = folder.lint().findings
    assert (found.rule, found.path, found.key) == ("SOPS018", "sopsmith.yaml", "version")


def test_recipients_of_sopsmith_yaml_are_not_stale(folder: Folder) -> None:
    folder.put(
        "sopsmith.yaml",
        f"version: 1\ncore: {{recipients: [{STALE}]}}\nenvironments: {{dev: {{}}}}\n",
    )
    folder.lock("a.secret.yaml", recipients=(MINE, STALE))
    assert folder.rules() == ["SOPS004"]


def test_a_broken_configuration_is_named_once(folder: Folder) -> None:
    folder.put(".sops.yaml", "creation_rules: 1\n")
    folder.lock("a.secret.yaml")
    folder.lock("b.secret.yaml")
    assert folder.rules() == ["SOPS018"]


def test_a_missing_version_is_not_named_twice(folder: Folder) -> None:
    replaced(r"^    version: .*\n", "")(folder)
    assert folder.rules() == ["SOPS010"]


@pytest.mark.parametrize(
    "comment",
    [
        "plain: x # sopsmith:ignore SOPS020 made for tests\nkey: {}\n",
        "# sopsmith:ignore SOPS001,SOPS020 made for tests\nkey: {}\n",
        "key: {}\nother: 1\n# sopsmith:ignore-file SOPS020 made for tests\n",
    ],
)
def test_a_comment_with_a_reason_takes_a_finding_back(folder: Folder, comment: str) -> None:
    folder.put("notes.yaml", comment.format(IDENTITY))
    report = folder.lint()
    assert (report.findings, report.ignored) == ((), 1)


@pytest.mark.parametrize(
    "comment",
    [
        "# sopsmith:ignore SOPS020\nkey: {}\n",
        "# sopsmith:ignore SOPS001 made for tests\nkey: {}\n",
        "# sopsmith:ignore SOPS020 made for tests\n\n\nkey: {}\n",
    ],
)
def test_a_comment_of_another_kind_takes_nothing_back(folder: Folder, comment: str) -> None:
    folder.put("notes.yaml", comment.format(IDENTITY))
    assert folder.rules() == ["SOPS020"]


def test_a_comment_takes_a_copy_back(folder: Folder) -> None:
    text = folder.lock("a.secret.yaml")
    folder.put("b.secret.yaml", text + "# sopsmith:ignore-file SOPS008 the same on purpose\n")
    assert folder.rules() == []


def test_sopsmith_yaml_takes_findings_back_by_path(folder: Folder) -> None:
    folder.put(
        "sopsmith.yaml",
        "version: 1\nenvironments: {dev: {}}\nlint:\n  ignore:\n"
        "    - {rules: [SOPS006], paths: ['tests/*'], reason: made up}\n",
    )
    folder.put("tests/deep/plain.yaml", SECRET)
    folder.put("app/plain.yaml", SECRET)
    report = folder.lint()
    assert [one.path for one in report.findings] == ["app/plain.yaml"]
    assert report.ignored == 1


def test_only_the_wanted_rules_are_looked_for(folder: Folder) -> None:
    folder.put("plain.yaml", SECRET)
    folder.put("a.secret.yaml", SECRET)
    assert [one.rule for one in folder.lint(only=("SOPS006",)).findings] == ["SOPS006"]


def test_findings_come_in_path_order_from_two_processes(folder: Folder) -> None:
    for number in range(150):
        folder.put(f"{number % 7}/{number:03}.yaml", SECRET)
    one, two = folder.lint(), folder.lint(jobs=2)
    assert one == two
    assert [found.path for found in two.findings] == sorted(found.path for found in two.findings)
    assert len(two.findings) == 150


COMMENTED = "#encrypt me\na: made-up\n#note\nb: other\n"
BY_COMMENT = Selector("encrypted_comment_regex", "^encrypt")


def test_a_selector_that_looks_at_comments_is_understood(folder: Folder) -> None:
    text = folder.lock("x.yaml", COMMENTED, BY_COMMENT)
    assert folder.rules() == ["SOPS016"]
    folder.put("x.yaml", re.sub(r"a: ENC.*", "a: clear", text))
    assert sorted(folder.rules()) == ["SOPS003", "SOPS016"]


def test_a_rule_that_looks_at_comments_names_what_should_be_encrypted(folder: Folder) -> None:
    rule = f"creation_rules: [{{path_regex: ^x, encrypted_comment_regex: ^encrypt, age: {MINE}}}]\n"
    folder.put(".sops.yaml", rule)
    folder.put("x.yaml", "b: other\n#encrypt me\n")
    assert folder.rules() == []
    folder.put("x.yaml", COMMENTED)
    assert folder.rules() == ["SOPS001"]


def test_a_binary_file_needs_no_selector(folder: Folder) -> None:
    rule = f"creation_rules: [{{path_regex: pem$, encrypted_regex: ^data$, age: {MINE}}}]\n"
    folder.put(".sops.yaml", rule)
    folder.put("key.pem", folder.lock("a.json", '{"data": "x"}', ALL))
    assert folder.rules("key.pem") == []
    folder.put("key.pem", "in clear")
    assert folder.rules("key.pem") == ["SOPS001"]


@pytest.mark.parametrize(
    ("name", "text"), [("a.json", '{"a": "x"}'), ("a.env", "A=x\n"), ("a.ini", "[s]\na = x\n")]
)
def test_files_of_every_format_are_looked_at(folder: Folder, name: str, text: str) -> None:
    folder.put(".sops.yaml", f"creation_rules: [{{path_regex: ^a, age: {MINE}}}]\n")
    locked = folder.lock(name, text, ALL)
    assert (folder.lint().encrypted, folder.rules(), folder.verify().opened) == (1, [], 1)
    folder.put(name, re.sub(r"ENC\[[^\]]*\]", "clear", locked, count=1))
    assert folder.rules() == ["SOPS003"]
    assert [one.kind for one in folder.verify().problems] == ["broken"]


def test_a_configuration_is_named_once_however_the_path_is_given(folder: Folder) -> None:
    folder.put(".sops.yaml", "creation_rules: 1\n")
    folder.lock("a.secret.yaml")
    assert folder.rules(str(folder.root)) == ["SOPS018"]
