"""Put one recipient of a tenant in the place of another, in `tenant.yaml` and the rules. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sopsmith.errors import Error, LayoutError
from sopsmith.formats import load_format, place
from sopsmith.formats.splice import splice
from sopsmith.formats.tree import Address, show, to_object
from sopsmith.formats.yaml import parse
from sopsmith.repo.recipient_edit import Texts
from sopsmith.repo.recipient_rules import edit_rules
from sopsmith.repo.settings import Scope
from sopsmith.repo.tenant import FILE, Tenant
from sopsmith.sops.config import FILE_NAME

_LIST = "recipients"
_NAME = "recipient"


def replace_own(texts: Texts, tenant: Tenant, environment: str, old: str, new: str) -> Texts:
    """Return the texts with one own recipient of a tenant's environment in another's place.

    Args:
        texts: The bytes of the tenant's `tenant.yaml` and of `.sops.yaml`.
        tenant: As the first of them says now.

    Raises:
        LayoutError, RuleError: A text cannot be edited surely; or neither of the two is there.
    """
    path = f"{tenant.folder}/{FILE}"
    (scope,) = (one for one in tenant.settings.environments if one.name == environment)
    if not {old, new} & {*scope.recipients}:
        raise LayoutError(f"{old} is no recipient of {environment}", path=path)
    both = new in scope.recipients
    named = tuple(
        one._replace(recipient=new) if one.recipient == old else one
        for one in scope.named
        if one.recipient != old or not both
    )
    after = replace(tenant.settings, environments=(Scope(environment, scope.prefix, named),))
    ours = {new: "", old: new}
    return Texts(
        _recode(texts.settings, path, lambda text: _edit(text, environment, old, new)),
        _recode(texts.rules, FILE_NAME, lambda text: edit_rules(text, after, (environment,), ours)),
    )


def _edit(text: str, environment: str, old: str, new: str) -> str:
    """Return a `tenant.yaml` with the new recipient, under the name that the old one has."""
    base: Address = ("environments", environment, _LIST)
    wanted = _object(text)
    listed = wanted["environments"][environment][_LIST]
    both = new in map(_recipient, listed)
    edited = text
    for index, item in reversed([*enumerate(listed)]):
        if _recipient(item) != old:
            continue
        if both:
            # A former run was stopped between the two.
            edited = _change(edited, place.drop, (*base, index))
            del listed[index]
        elif isinstance(item, dict):
            edited = _change(edited, place.put, (*base, index, _NAME), new)
            item[_NAME] = new
        else:
            edited = _change(edited, place.put, (*base, index), new)
            listed[index] = new
    if _object(edited) != wanted:
        raise LayoutError(
            "is written in a way that cannot be edited surely",
            key=show(base),
            hint="write it as a list, one `- age1…` a line",
        )
    return edited


def _change(text: str, edit: Callable[..., Any], *words: object) -> str:
    return splice(text, edit(load_format("yaml"), text, parse(text)[0], *words))


def _recipient(item: Any) -> Any:
    return item.get(_NAME) if isinstance(item, dict) else item


def _object(text: str) -> Any:
    return to_object(parse(text)[0].root)


def _recode(data: bytes, path: str, edit: Callable[[str], str]) -> bytes:
    try:
        return edit(data.decode()).encode()
    except UnicodeDecodeError:
        raise LayoutError("is not UTF-8 text", path=path) from None
    except Error as error:
        raise error.at(path) from None
