"""Change whom the rules of a `.sops.yaml` encrypt a scope for, and touch nothing else. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sopsmith.errors import Error, RuleError
from sopsmith.formats.tree import Address, to_object
from sopsmith.formats.yaml import parse
from sopsmith.repo.recipient_words import add_name, names_at, remove_name, replace_name
from sopsmith.repo.settings import RepoSettings
from sopsmith.sops.config import FILE_NAME, Config, CreationRule

_RULES = "creation_rules"


def rule_number(config: Config, settings: RepoSettings, scope: str) -> int:
    """Return which rule holds for the Secrets of a scope.

    Raises:
        RuleError: None does.
    """
    path = f"{settings.secrets_folder(scope)}/any.secret.yaml"
    for number, rule in enumerate(config.rules):
        if rule.matches(path):
            return number
    raise RuleError(
        f"no creation rule matches the files of {scope}",
        path=FILE_NAME,
        hint=f"add one whose path_regex matches {path}",
    )


def edit_rules(
    text: str,
    settings: RepoSettings,
    touched: tuple[str, ...],
    ours: Mapping[str, str],
) -> str:
    """Return the text whose rules let a scope's readers open its files.

    Args:
        settings: As they shall be.
        touched: The scopes whose rules may change.
        ours: The recipients that may come or go; for one that another takes the place of, that
            one, and "" for the others.

    Raises:
        RuleError: It is broken, cannot be edited surely, or a rule of these scopes is about
            other people than sopsmith.yaml besides.
    """
    config = Config.parse(text.encode(), FILE_NAME)
    numbers = {scope: rule_number(config, settings, scope) for scope in touched}
    edited = text
    for scope, number in numbers.items():
        _refuse_sharing(config, settings, scope, number)
        wanted = settings.readers(scope)
        _refuse_others(config.rules[number], scope, wanted, ours)
        edited = _edit_rule(edited, _places(text, config.rules[number], number), wanted, ours)
    _verify(text, edited, settings, numbers)
    return edited


def _refuse_sharing(config: Config, settings: RepoSettings, scope: str, number: int) -> None:
    """Refuse a rule that holds for another scope too, which other people shall read."""
    wanted = {*settings.readers(scope)}
    for other in settings.scopes:
        shared = _number_or_none(config, settings, other.name) == number
        if shared and {*settings.readers(other.name)} != wanted:
            raise RuleError(
                f"holds for {scope} and for {other.name}, which shall have different recipients",
                path=FILE_NAME,
                key=f"{_RULES}[{number}]",
                hint=f"write a rule for {settings.secrets_folder(scope)}/ alone above it",
            )


def _number_or_none(config: Config, settings: RepoSettings, scope: str) -> int | None:
    try:
        return rule_number(config, settings, scope)
    except RuleError:
        return None


def _refuse_others(
    rule: CreationRule, scope: str, wanted: tuple[str, ...], ours: Mapping[str, str]
) -> None:
    """Refuse a rule that differs from sopsmith.yaml by more than what is being changed.

    Files follow the rule, so a recipient whom nobody named in sopsmith.yaml would get access
    on the way of an honest change.
    """
    for name in rule.recipients:
        if name not in wanted and name not in ours:
            raise RuleError(
                f"the rule for {scope} has {name}, whom sopsmith.yaml does not name for it",
                path=FILE_NAME,
                hint="sopsmith recipients check",
            )
    for name in wanted:
        if name not in rule.recipients and name not in ours:
            raise RuleError(
                f"the rule for {scope} lacks {name}, whom sopsmith.yaml names for it",
                path=FILE_NAME,
                hint="sopsmith recipients check",
            )


def _places(text: str, rule: CreationRule, number: int) -> list[Address]:
    """Return where the age recipients of a rule stand: once, or once in each key group."""
    base: Address = (_RULES, number)
    if not _object(text)[_RULES][number].get("key_groups"):
        return [(*base, "age")]
    return [(*base, "key_groups", group, "age") for group in range(len(rule.groups))]


def _edit_rule(
    text: str, places: list[Address], wanted: tuple[str, ...], ours: Mapping[str, str]
) -> str:
    stand = [name for one in places for name in names_at(text, one)]
    for name in dict.fromkeys(stand):
        if name in wanted:
            continue
        new = ours.get(name, "")
        new = new if new in wanted and new not in stand else ""
        text = _leave(text, places, name, new)
        stand.append(new)
    for name in wanted:
        if name not in stand:
            text = _enter(text, places, name)
    return text


def _enter(text: str, places: list[Address], name: str) -> str:
    if len(places) > 1:
        raise RuleError(
            "has several key groups, and which one the recipient belongs in is for you to say",
            path=FILE_NAME,
            key=f"{_RULES}[{places[0][1]}]",
            hint="write it into a group by hand, then: sopsmith updatekeys .",
        )
    return add_name(text, places[0], name)


def _leave(text: str, places: list[Address], name: str, new: str) -> str:
    for one in places:
        # Somebody may stand in a list twice.
        while name in names_at(text, one):
            text = replace_name(text, one, name, new) if new else remove_name(text, one, name)
    return text


def _verify(text: str, edited: str, settings: RepoSettings, numbers: dict[str, int]) -> None:
    """Hold what came out against what was asked for.

    Raises:
        RuleError: It is something else.
    """
    try:
        config = Config.parse(edited.encode(), FILE_NAME)
    except Error:
        raise _unsafe() from None
    same = _frame(text, numbers) == _frame(edited, numbers)
    for scope, number in numbers.items():
        same &= {*config.rules[number].recipients} == {*settings.readers(scope)}
    if not same:
        raise _unsafe()


def _frame(text: str, numbers: dict[str, int]) -> object:
    """Return all that a text says, without the age recipients of some rules."""
    top = _object(text)
    for number in numbers.values():
        rule = top[_RULES][number]
        for holder in (rule, *(rule.get("key_groups") or [])):
            holder.pop("age", None)
    return top


def _object(text: str) -> Any:
    return to_object(parse(text)[0].root)


def _unsafe() -> RuleError:
    return RuleError(
        "is written in a way that cannot be edited surely",
        path=FILE_NAME,
        hint="edit it by hand, then: sopsmith updatekeys .",
    )
