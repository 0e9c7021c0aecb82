"""The lists of generators and kustomizations change by entries; every other byte stays."""

from __future__ import annotations

import pytest

from sopsmith.errors import ManifestError
from sopsmith.repo.layout_argocd import ksops_generator, secrets_kustomization
from sopsmith.repo.listing import (
    drop_generator,
    is_idle,
    listed_files,
    update_generator,
    update_kustomization,
)


def add(text: str, *files: str) -> str:
    return update_generator(text.encode(), list(files), remove=[]).decode()


def remove(text: str, *files: str) -> str:
    return update_generator(text.encode(), [], remove=list(files)).decode()


def test_new_entries_open_the_empty_list_sorted() -> None:
    assert add("files: []\n", "b.secret.yaml", "./a.secret.yaml") == (
        "files:\n  - ./a.secret.yaml\n  - ./b.secret.yaml\n"
    )


def test_an_empty_list_keeps_the_comment_behind_it() -> None:
    assert add("files: [] # none\nx: 1\n", "a") == "files: # none\n  - ./a\nx: 1\n"


@pytest.mark.parametrize("empty", ["files:\n", "files: null\n", "files: ~\n"])
def test_a_list_without_a_value_is_opened(empty: str) -> None:
    assert add(empty, "a") == "files:\n  - ./a\n"


def test_a_missing_list_goes_behind_everything_else() -> None:
    assert add("kind: ksops\n# end\n", "a") == "kind: ksops\n# end\nfiles:\n  - ./a\n"


def test_a_missing_list_stays_inside_the_document() -> None:
    assert add("kind: ksops\n...\n", "a") == "kind: ksops\nfiles:\n  - ./a\n...\n"


def test_a_block_text_at_the_end_may_gain_the_line_end_that_it_lacked() -> None:
    assert add("a:\n  b: |\n    c", "x") == "a:\n  b: |\n    c\nfiles:\n  - ./x"


def test_an_entry_goes_behind_the_last_one_that_sorts_before_it() -> None:
    text = "files:\n- ./b.secret.yaml # b\n# about d\n- ./d.secret.yaml\n"
    assert add(text, "c.secret.yaml") == (
        "files:\n- ./b.secret.yaml # b\n- ./c.secret.yaml\n# about d\n- ./d.secret.yaml\n"
    )


def test_a_first_entry_leaves_the_comment_above_the_entry_that_it_is_about() -> None:
    text = "files:\n  # about d\n  - ./d.secret.yaml\n"
    assert add(text, "c.secret.yaml") == (
        "files:\n  - ./c.secret.yaml\n  # about d\n  - ./d.secret.yaml\n"
    )


def test_entries_written_by_hand_keep_their_order_and_quoting() -> None:
    text = "files:\n    - \"../z.yaml\"\n    - './m.secret.yaml'\n    - ../a.yaml\n"
    assert add(text, "n.secret.yaml") == (
        "files:\n    - \"../z.yaml\"\n    - './m.secret.yaml'\n"
        "    - ./n.secret.yaml\n    - ../a.yaml\n"
    )


def test_line_ends_stay_as_the_file_has_them() -> None:
    assert add("files:\r\n  - ./a.secret.yaml\r\n", "b.secret.yaml") == (
        "files:\r\n  - ./a.secret.yaml\r\n  - ./b.secret.yaml\r\n"
    )


def test_a_file_without_a_last_line_end_stays_without() -> None:
    assert add("files:\n  - ./a.secret.yaml", "b.secret.yaml") == (
        "files:\n  - ./a.secret.yaml\n  - ./b.secret.yaml"
    )


def test_a_byte_order_mark_stays() -> None:
    assert add("\ufefffiles: []\n", "a") == "\ufefffiles:\n  - ./a\n"


def test_a_flow_list_stays_one() -> None:
    assert add("files: [ ./a.secret.yaml, './c.secret.yaml' ] # x\n", "b.secret.yaml") == (
        "files: [ ./a.secret.yaml, ./b.secret.yaml, './c.secret.yaml' ] # x\n"
    )


def test_a_flow_list_over_lines_keeps_one_entry_a_line() -> None:
    text = "files: [\n  ./a.secret.yaml,\n  ./b.secret.yaml,\n]\n"
    assert add(text, "c.secret.yaml") == (
        "files: [\n  ./a.secret.yaml,\n  ./b.secret.yaml,\n  ./c.secret.yaml,\n]\n"
    )


def test_a_name_that_is_listed_in_another_form_is_not_added_again() -> None:
    text = "files:\n  - a.secret.yaml\n"
    assert add(text, "./a.secret.yaml") == text


def test_a_file_that_a_glob_names_is_not_added() -> None:
    text = "files:\n  - ./*.secret.yaml\n"
    assert add(text, "a.secret.yaml") == text


def test_a_glob_of_another_folder_names_no_file_of_this_one() -> None:
    assert add("files:\n  - ./x/*.secret.yaml\n", "a.secret.yaml") == (
        "files:\n  - ./x/*.secret.yaml\n  - ./a.secret.yaml\n"
    )


def test_whole_lines_are_removed_and_comments_above_stay() -> None:
    text = "files:\n  # a\n  - ./a.yaml\n  # b\n  - b.yaml # why\n  - ./c.yaml\n"
    assert remove(text, "b.yaml") == "files:\n  # a\n  - ./a.yaml\n  # b\n  - ./c.yaml\n"


def test_the_last_entry_leaves_an_empty_list() -> None:
    assert remove("files:\n  - ./a\nx: 1\n", "./a") == "files: []\nx: 1\n"


def test_the_last_line_of_a_file_without_line_end_is_removed() -> None:
    assert remove("files:\n  - ./a\n  - ./b", "b") == "files:\n  - ./a"


def test_flow_entries_are_removed_with_one_comma() -> None:
    assert remove("files: [a, b, c]\n", "a", "c") == "files: [b]\n"


def test_a_flow_list_can_become_empty() -> None:
    assert remove("files: [a, b,]\n", "a", "b") == "files: []\n"


def test_entries_change_places_in_one_step() -> None:
    text = b"files:\n  - ./a.secret.yaml\n"
    assert update_generator(text, ["b.secret.yaml"], remove=["a.secret.yaml"]) == (
        b"files:\n  - ./b.secret.yaml\n"
    )


def test_nothing_to_do_gives_the_same_bytes() -> None:
    text = b"files:   [ a ]   \r\n# odd\n"
    assert update_generator(text, ["a"], remove=["z"]) is text or text == update_generator(
        text, ["a"], remove=["z"]
    )


@pytest.mark.parametrize(
    "text",
    [
        "{files: []}\n",
        "a: &x [b]\nfiles: *x\n",
        "files: text\n",
        "- a\n",
        "a: 1\n---\nfiles: []\n",
        "",
        "# nothing\n",
    ],
)
def test_what_cannot_be_edited_safely_is_refused(text: str) -> None:
    with pytest.raises(ManifestError):
        add(text, "a")


def test_what_is_not_utf_8_is_refused() -> None:
    with pytest.raises(ManifestError, match="UTF-8"):
        update_generator(b"\xff", ["a"], remove=[])


def test_listed_files_come_without_the_dot_before_them() -> None:
    assert listed_files(b"files:\n- ./a.yaml\n- b.yaml\n- ../c.yaml\n- 5\n") == [
        "a.yaml",
        "b.yaml",
        "../c.yaml",
    ]


def test_no_generator_lists_nothing() -> None:
    assert listed_files(b"") == []


@pytest.mark.parametrize("text", [b"", b"files: []\n", b"files:\n", b"secretFrom: []\n"])
def test_a_generator_without_files_is_idle(text: bytes) -> None:
    assert is_idle(text)


@pytest.mark.parametrize("text", [b"files: [a]\n", b"secretFrom:\n- files: [a]\n"])
def test_a_generator_with_something_to_make_is_not_idle(text: bytes) -> None:
    assert not is_idle(text)


def test_the_generator_is_added_to_the_kustomization_of_a_new_repository() -> None:
    data = secrets_kustomization("dev").encode()
    assert update_kustomization(data) == data + b"generators:\n  - ./ksops-generator.yaml\n"


def test_a_kustomization_that_lists_the_generator_keeps_its_bytes() -> None:
    data = b"generators: [ksops-generator.yaml]\n"
    assert update_kustomization(data) == data


def test_new_lists_are_indented_as_the_file_s_others() -> None:
    assert update_kustomization(b"resources:\n- a.yaml\n") == (
        b"resources:\n- a.yaml\ngenerators:\n- ./ksops-generator.yaml\n"
    )


def test_another_generator_stays_before_the_new_one() -> None:
    data = b"generators:\n  - |-\n    kind: x\n  # c\n  - other.yaml\n"
    assert update_kustomization(data) == data + b"  - ./ksops-generator.yaml\n"


def test_a_dropped_generator_takes_its_empty_list_along() -> None:
    data = secrets_kustomization("dev").encode()
    assert drop_generator(update_kustomization(data)) == data


def test_a_dropped_generator_leaves_others() -> None:
    data = b"generators:\n- a.yaml\n- ksops-generator.yaml\n"
    assert drop_generator(data) == b"generators:\n- a.yaml\n"


def test_a_new_generator_takes_entries_and_gives_them_back() -> None:
    data = ksops_generator("dev").encode()
    filled = update_generator(data, ["a.secret.yaml"], remove=[])
    assert update_generator(filled, [], remove=["a.secret.yaml"]) == data
