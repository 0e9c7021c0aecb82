"""Print what `explain` found, as text or as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sopsmith.cli.plain_lines import put_lines
from sopsmith.cli.talk import put_json

if TYPE_CHECKING:
    from sopsmith.flows.explain import Explanation
    from sopsmith.repo.explain import Reader


def show(found: Explanation, *, as_json: bool) -> None:
    """Write an explanation to stdout."""
    if as_json:
        made = found._asdict()
        for name in ("tried", "readers", "rule_readers", "values"):
            made[name] = [one._asdict() for one in made[name]]
        put_json(made)
        return
    lines = [f"{found.path}: {'encrypted' if found.encrypted else 'not encrypted'}"]
    lines += [*_rules(found), *_readers(found), *_values(found)]
    put_lines(lines)


def _rules(found: Explanation) -> list[str]:
    if not found.config:
        return ["rules: no .sops.yaml stands above it"]
    lines = [f"rules: {found.config} sees it as {found.seen_as}"]
    for one in found.tried:
        lines.append(f"  {'->' if one.matched else '  '} {one.place}: {one.why}")
    if not any(one.matched for one in found.tried):
        lines.append("     no rule matches")
    return lines


def _readers(found: Explanation) -> list[str]:
    if not found.readers:
        return ["opens for: nobody is named"]
    heading = "opens for:" if found.encrypted else "would open for:"
    if found.threshold:
        heading = f"{heading[:-1]} ({found.threshold} groups are needed):"
    lines = [heading, *map(_reader, found.readers)]
    if found.rule_readers:
        lines += ["its rule says instead:", *map(_reader, found.rule_readers)]
    return lines


def _reader(one: Reader) -> str:
    group = f"group {one.group}: " if one.group else ""
    hand = f"  (identity at hand, from {one.at_hand})" if one.at_hand else ""
    return f"  {group}{one.kind} {one.name}{hand}"


def _values(found: Explanation) -> list[str]:
    if not found.selector:
        return ["values: nothing says which are encrypted"]
    width = max((len(one.state) for one in found.values), default=0) + 2
    heading = f"values, by {found.selector}:"
    return [heading, *(f"  {one.state:<{width}}{one.key}" for one in found.values)]
