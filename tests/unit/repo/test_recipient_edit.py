"""Who opens a scope changes in both files together, and nothing else of them changes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sopsmith import age
from sopsmith.errors import Error, LayoutError, MasterKeyError, RuleError
from sopsmith.repo.layout_policy import build_sops_config
from sopsmith.repo.layout_settings import build_settings, default_settings
from sopsmith.repo.recipient_edit import (
    Texts,
    add_recipients,
    remove_recipients,
    replace_recipient,
    touched_scopes,
)
from sopsmith.repo.recipients import NamedRecipient
from sopsmith.repo.settings import FILE, parse_settings
from sopsmith.sops.config import FILE_NAME, Config

DEV, PROD, NEW, MORE = (age.generate()[1] for _ in range(4))
SSH = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIHQH2Hw/1SpfG5fBwIAdY6cMSV4GtwDRhW7JXYl0LdX"
ANNA = NamedRecipient(NEW, "Anna", "on call")


def new_repository() -> Texts:
    found = default_settings({"dev": (DEV,), "prod": (PROD,)})
    return Texts(build_settings(found).encode(), build_sops_config(found).encode())


START = new_repository()
RULES = """\
# Who opens what.
creation_rules:
  - path_regex: /dev/.*\\.secret\\.yaml$
    encrypted_regex: '^(data)$'   # manifests
    {dev}
  - path_regex: /prod/.*\\.secret\\.yaml$
    age: {prod}
    # Keep me.
  - path_regex: /core/.*\\.secret\\.yaml$
    {core}
    mac_only_encrypted: true
stores: {{}}
"""
LAYOUTS = {
    "plain": "age: {0},{1}",
    "spaced": "age: '{0} , {1}'  # who",
    "quoted": 'age: "{0},{1}"',
    "folded": "age: >-\n      {0},\n      {1}",
    "literal": "age: |\n      {0},\n      {1}\n",
    "folded with a comma at its end": "age: >-\n      {0},\n      {1},",
    "over lines": "age: {0},\n      {1}",
    "list": "age:\n      - {0}   # first\n      # second\n      - {1}",
    "list at the key's column": "age:\n    - {0}\n    - {1}",
    "list of quotes": "age:\n      - '{0}'\n      - \"{1}\"",
    "list of texts": "age:\n      - {0},{1}",
    "brackets": "age: [{0}, {1}]",
    "brackets over lines": "age: [\n      {0},\n      {1}\n    ]",
    "group": "key_groups:\n      - age:\n          - {0}\n          - {1}",
    "group with others": (
        "key_groups:\n      - pgp: [85D77543B3D624B63CEA9E6DBC17301B491B3F21]\n"
        "        age: [{0}, {1}]\n        hc_vault: [https://v.example.org/v1/e/keys/k]"
    ),
    "mapping in brackets": "key_groups: [{{age: [{0}, {1}]}}]",
    "anchors": "age:\n      - &one {0}\n      - &two {1}",
}


def texts(layout: str, *, crlf: bool = False) -> Texts:
    """Return two files whose rules for dev and core are written in one layout."""
    base = build_settings(default_settings({"dev": (DEV, MORE), "prod": (PROD,)}))
    core = layout.replace("&one", "").replace("&two", "")
    if "&one" in layout:
        core = "age:\n      - *one\n      - *two"
    more = f"\n      - {PROD}"
    dev = layout.format(DEV, MORE)
    core = core.format(DEV, f"{MORE},{PROD}") if "*" not in core else core + more
    rules = RULES.format(dev=dev, prod=PROD, core=core)
    made = Texts(base.encode(), rules.encode())
    return Texts(*(one.replace(b"\n", b"\r\n") for one in made)) if crlf else made


def rule(found: Texts, scope: str) -> set[str]:
    config = Config.parse(found.rules, FILE_NAME)
    return {*config.rule_for(f"bootstrap/argocd/overlays/main/{scope}/secrets/a.secret.yaml")
            .recipients}  # fmt: skip


def named(found: Texts, scope: str) -> list[NamedRecipient]:
    scopes = parse_settings(found.settings, FILE).scopes
    return [one for each in scopes if each.name == scope for one in each.named]


def lines_of(found: Texts) -> list[str]:
    return (found.settings + found.rules).decode().split("\n")


def test_who_is_added_opens_the_environment_and_core() -> None:
    after = add_recipients(START, "dev", [ANNA])
    assert (rule(after, "dev"), rule(after, "prod")) == ({DEV, NEW}, {PROD})
    assert rule(after, "core") == {DEV, PROD, NEW}
    assert named(after, "dev") == [NamedRecipient(DEV), ANNA]


def test_who_is_added_to_core_opens_core_alone() -> None:
    after = add_recipients(START, "core", [ANNA])
    assert rule(after, "core") == {DEV, PROD, NEW}
    assert touched_scopes(START, after) == ("core",)


def test_an_addition_changes_no_other_line() -> None:
    after = add_recipients(START, "dev", [ANNA])
    lost = [line for line in lines_of(START) if line not in lines_of(after)]
    # One line gains the recipient, and the last line of core's rule a comma.
    assert lost == [f"    age: {DEV}", f"      {PROD}"]


def test_an_environment_s_change_touches_core_too() -> None:
    assert touched_scopes(START, add_recipients(START, "dev", [ANNA])) == ("core", "dev")


def test_who_is_removed_opens_nothing_any_more() -> None:
    before = add_recipients(START, "dev", [ANNA])
    assert remove_recipients(before, "dev", [NEW]) == START


def test_who_is_another_environment_s_recipient_goes_on_reading_core() -> None:
    before = add_recipients(START, "dev", [NamedRecipient(PROD)])
    after = remove_recipients(before, "dev", [PROD])
    assert (rule(after, "dev"), rule(after, "core")) == ({DEV}, {DEV, PROD})


def test_who_takes_another_s_place_stands_where_that_one_stood() -> None:
    before = add_recipients(START, "dev", [NamedRecipient(MORE)])
    after = replace_recipient(before, "dev", DEV, ANNA)
    assert named(after, "dev") == [ANNA, NamedRecipient(MORE)]
    assert after.rules == before.rules.replace(DEV.encode(), NEW.encode())


def test_a_change_that_is_made_already_changes_nothing() -> None:
    once = add_recipients(START, "dev", [ANNA])
    assert add_recipients(once, "dev", [ANNA]) == once
    assert remove_recipients(once, "dev", [MORE]) == once
    moved = replace_recipient(once, "prod", PROD, NamedRecipient(MORE))
    assert replace_recipient(moved, "prod", PROD, NamedRecipient(MORE)) == moved


def test_a_change_that_stopped_between_the_files_is_finished_by_the_next() -> None:
    whole = add_recipients(START, "dev", [ANNA])
    for half in (Texts(whole.settings, START.rules), Texts(START.settings, whole.rules)):
        assert add_recipients(half, "dev", [ANNA]) == whole
        assert remove_recipients(half, "dev", [NEW]) == START


def test_a_rotation_that_stopped_between_the_files_is_finished_by_the_next() -> None:
    both = add_recipients(START, "dev", [ANNA])
    done = replace_recipient(both, "dev", DEV, ANNA)
    assert rule(done, "dev") == {NEW}
    for half in (Texts(done.settings, both.rules), Texts(both.settings, done.rules)):
        assert replace_recipient(half, "dev", DEV, ANNA) == done


def test_a_name_that_is_given_later_is_written_where_the_recipient_stands() -> None:
    after = add_recipients(START, "dev", [NamedRecipient(DEV, "cluster")])
    assert named(after, "dev") == [NamedRecipient(DEV, "cluster")]
    assert after.rules == START.rules
    again = add_recipients(after, "dev", [NamedRecipient(DEV, "", "Argo CD")])
    assert named(again, "dev") == [NamedRecipient(DEV, "cluster", "Argo CD")]


def test_a_name_that_the_new_one_has_not_goes() -> None:
    before = add_recipients(START, "dev", [ANNA])
    after = replace_recipient(before, "dev", NEW, NamedRecipient(MORE))
    assert named(after, "dev")[1] == NamedRecipient(MORE)
    assert b'""' not in after.settings


@pytest.mark.parametrize("crlf", [False, True])
@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=list(LAYOUTS))
def test_every_layout_of_a_rule_takes_and_loses_recipients(layout: str, crlf: bool) -> None:
    before = texts(layout, crlf=crlf)
    added = add_recipients(before, "dev", [ANNA, NamedRecipient(SSH)])
    assert rule(added, "dev") == {DEV, MORE, NEW, SSH}
    assert rule(added, "core") == {DEV, MORE, PROD, NEW, SSH}
    assert remove_recipients(added, "dev", [NEW, SSH]) == before
    first = remove_recipients(before, "dev", [DEV])
    assert (rule(first, "dev"), rule(first, "core")) == ({MORE}, {MORE, PROD})
    if "&one" not in layout:
        last = replace_recipient(before, "dev", MORE, ANNA)
        assert last.rules == before.rules.replace(MORE.encode(), NEW.encode())


@pytest.mark.parametrize("crlf", [False, True])
def test_a_folded_recipient_gets_the_next_on_a_line_of_its_own(crlf: bool) -> None:
    rules = START.rules.replace(f"age: {DEV}".encode(), f"age: >-\n      {DEV}".encode())
    before = Texts(START.settings, rules.replace(b"\n", b"\r\n") if crlf else rules)
    after = add_recipients(before, "dev", [ANNA])
    newline = b"\r\n" if crlf else b"\n"
    assert f"      {DEV},".encode() + newline + f"      {NEW}".encode() + newline in after.rules
    assert remove_recipients(after, "dev", [NEW]) == before


def test_a_list_that_two_environments_share_is_not_changed_for_both() -> None:
    settings = f"version: 1\nenvironments:\n  dev: {{recipients: &them [{DEV}]}}\n"
    settings += "  prod: {recipients: *them}\n"
    found = Texts(settings.encode(), START.rules.replace(PROD.encode(), DEV.encode()))
    error = refusal(found)
    assert (error.path, error.key) == ("sopsmith.yaml", "environments.dev.recipients")


def test_what_is_not_text_is_refused() -> None:
    assert isinstance(refusal(Texts(START.settings, b"\xff")), Error)
    assert isinstance(refusal(Texts(b"\xff", START.rules)), LayoutError)


@pytest.mark.parametrize("layout", ["age: {0},{1},{0}", "age: [{0}, {1}, {0}]"])
def test_who_stands_there_twice_goes_whole(layout: str) -> None:
    after = remove_recipients(texts(layout), "dev", [DEV])
    assert rule(after, "dev") == {MORE}


def test_comments_of_others_stay() -> None:
    before = texts(LAYOUTS["list"])
    after = remove_recipients(before, "dev", [MORE]).rules.decode()
    assert "# first" in after
    assert "# Keep me." in after
    assert "# manifests" in after


def test_a_byte_order_mark_stays() -> None:
    marked = Texts(b"\xef\xbb\xbf" + START.settings, START.rules)
    after = add_recipients(marked, "dev", [ANNA])
    assert after.settings.startswith(b"\xef\xbb\xbf#")


@pytest.mark.parametrize("core", ["", "core: {}\n", "core: {recipients: []}\n"])
def test_core_may_be_written_in_any_way_before_its_first_recipient(core: str) -> None:
    short = f"version: 1\n{core}environments: {{dev: {{recipients: [{DEV}]}}}}\n"
    rules = f"creation_rules:\n- path_regex: /dev/\n  age: {DEV}\n- age: {DEV}\n"
    after = add_recipients(Texts(short.encode(), rules.encode()), "core", [ANNA])
    assert (named(after, "core"), rule(after, "core")) == ([ANNA], {DEV, NEW})


def test_a_rule_without_recipients_gets_its_first() -> None:
    short = "version: 1\nenvironments: {dev: {}}\n"
    rules = "creation_rules:\n- path_regex: /dev/\n- path_regex: /core/\n  age: ''\n"
    after = add_recipients(Texts(short.encode(), rules.encode()), "dev", [ANNA])
    assert (rule(after, "dev"), rule(after, "core")) == ({NEW}, {NEW})


def refusal(found: Texts, scope: str = "dev", new: NamedRecipient = ANNA) -> Error:
    with pytest.raises((LayoutError, RuleError, MasterKeyError)) as caught:
        add_recipients(found, scope, [new])
    return caught.value


def test_the_last_recipient_cannot_go() -> None:
    with pytest.raises(LayoutError, match="no recipient left") as caught:
        remove_recipients(START, "dev", [DEV])
    assert "recipients add dev" in str(caught.value.hint)


def test_a_scope_that_is_not_there_is_refused_with_those_that_are() -> None:
    assert "the scope is no environment here; there are core, dev, prod" in str(
        refusal(START, "stage")
    )


@pytest.mark.parametrize("one", [
    NamedRecipient("age1x"), NamedRecipient("AGE-SECRET-KEY-1CANARY"),
    NamedRecipient(f"{SSH} a,b"), NamedRecipient(f"{SSH} a # b"), NamedRecipient(NEW, "two\nlines"),
    NamedRecipient(NEW, "age1x"),
])  # fmt: skip
def test_what_is_no_recipient_or_no_name_is_refused(one: NamedRecipient) -> None:
    assert "CANARY" not in str(refusal(START, "dev", one))


@pytest.mark.parametrize("comment", ["a,b", "a # b", "a: b", "{a}"])
def test_a_comment_of_an_ssh_key_with_unusual_signs_is_refused(comment: str) -> None:
    assert "unusual signs" in str(refusal(START, "dev", NamedRecipient(f"{SSH} {comment}")))


def test_a_name_that_another_recipient_of_the_scope_has_is_refused() -> None:
    before = add_recipients(START, "dev", [ANNA])
    error = refusal(before, "dev", NamedRecipient(MORE, "Anna"))
    assert "'Anna' is the name of another recipient of dev" in str(error)


def test_who_takes_the_place_of_nobody_is_refused() -> None:
    with pytest.raises(LayoutError, match="is no recipient of dev"):
        replace_recipient(START, "dev", PROD, ANNA)


def test_a_rule_that_names_somebody_unknown_is_refused() -> None:
    rules = START.rules.replace(DEV.encode(), f"{DEV},{MORE}".encode(), 1)
    error = refusal(Texts(START.settings, rules))
    assert f"has {MORE}, whom sopsmith.yaml does not name" in str(error)
    assert error.hint == "sopsmith recipients check"


def test_a_rule_that_lacks_somebody_is_refused() -> None:
    settings = START.settings.replace(f"- {DEV}".encode(), f"- {DEV}\n      - {MORE}".encode())
    assert f"lacks {MORE}" in str(refusal(Texts(settings, START.rules)))


def test_a_rule_of_two_scopes_that_would_differ_is_refused() -> None:
    rules = f"creation_rules:\n- path_regex: secrets/\n  age: {DEV},{PROD}\n"
    assert "holds for dev and for core" in str(refusal(Texts(START.settings, rules.encode())))


def test_a_scope_without_a_rule_is_refused_with_what_it_should_match() -> None:
    rules = START.rules.replace(b"main/dev", b"main/devel")
    assert "bootstrap/argocd/overlays/main/dev" in str(refusal(Texts(START.settings, rules)).hint)


def test_several_key_groups_take_nobody_in() -> None:
    groups = "key_groups: [{{age: [{0}]}}, {{age: [{1}]}}]"
    assert "several key groups" in str(refusal(texts(groups)))


def test_several_key_groups_let_somebody_go() -> None:
    groups = "key_groups: [{{age: [{0}, {1}]}}, {{age: [{0}]}}]"
    before = texts(groups)
    rules = before.rules.replace(f"{DEV}]}}]".encode(), f"{PROD}]}}]".encode())
    rules = rules.replace(f"{DEV}, {MORE}".encode(), f"{DEV}, {MORE}, {PROD}".encode(), 1)
    settings = before.settings.replace(f"- {MORE}".encode(), f"- {MORE}\n      - {PROD}".encode())
    after = remove_recipients(Texts(settings, rules), "dev", [MORE])
    assert rule(after, "dev") == {DEV, PROD}


def test_what_cannot_be_found_in_the_source_is_refused_with_what_can() -> None:
    error = refusal(texts('age: "{0}\\x2c{1}"'))
    assert (error.path, error.key) == (".sops.yaml", "creation_rules[0].age")
    assert error.hint == "write age as a list, one `- age1…` a line"


def test_a_recipient_behind_an_alias_leaves_the_anchor_as_it_is() -> None:
    before = texts(LAYOUTS["anchors"])
    after = remove_recipients(before, "dev", [DEV])
    assert (rule(after, "dev"), rule(after, "core")) == ({MORE}, {MORE, PROD})


def test_an_anchor_that_another_rule_shares_is_not_changed_for_both() -> None:
    rules = RULES.format(
        dev=f"age: &them {DEV},{MORE}", prod=PROD, core=f"age: {DEV},{MORE},{PROD}"
    )
    rules += "destination_rules:\n  - s3_bucket: b\n    recreation_rule: {age: *them}\n"
    found = Texts(texts(LAYOUTS["plain"]).settings, rules.encode())
    assert isinstance(refusal(found), RuleError)


@settings(max_examples=20, deadline=None)
@given(
    st.sampled_from(sorted(LAYOUTS.values())),
    st.sampled_from(["dev", "prod", "core"]),
    st.lists(st.sampled_from([NEW, SSH]), min_size=1, unique=True),
    st.sampled_from(["", "Anna", "no: 1 # 'x'", "ключ", "- {a}"]),
)
def test_an_addition_and_its_removal_leave_every_byte(
    layout: str, scope: str, coming: list[str], name: str
) -> None:
    before = texts(layout)
    given_names = [NamedRecipient(one, f"{name}{n}" if name else "") for n, one in
                   enumerate(coming)]  # fmt: skip
    added = add_recipients(before, scope, given_names)
    assert rule(added, scope) == rule(before, scope) | {*coming}
    assert named(added, scope)[-len(coming) :] == given_names
    assert remove_recipients(added, scope, coming) == before
