"""Print what `doctor` found, as a table with hints beneath or as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice

from sopsmith.cli.talk import note, plain, put, put_json, say
from sopsmith.flows.doctor import Result
from sopsmith.repo.diagnosis import LEVELS, OK, SKIPPED, Finding

_MORE = ", …"
_MOST = 10
"""Rows of one code; a table that scrolls away shows nothing."""
_PAGE = "docs/how-to/troubleshooting.md"


def show(results: Sequence[Result], *, as_json: bool) -> None:
    """Write it to stdout; hints go to stderr, each once."""
    found = [one for result in results for one in result.findings]
    if as_json:
        objects = [_object(one, result) for result in results for one in result.findings]
        put_json({"findings": objects, "counts": _counts(found)})
        return
    wide = max((len(one.code) for one in found), default=0) + len(_MORE)
    lines: list[str] = []
    for family, group in _blocks(results):
        lines.append(f"{family}\n")
        why = _why_skipped(group)
        lines += (
            [_row(SKIPPED, f"{len(group)} checks", why, wide)]
            if why and len(group) > 1
            else [line for result in group for line in _lines(result, wide)]
        )
    counts = ", ".join(f"{count} {level}" for level, count in _counts(found).items() if count)
    put("".join([*lines, f"doctor: {counts or 'nothing to look at'}\n"]).encode("utf-8", "replace"))
    _say_hints(found)


def _blocks(results: Sequence[Result]) -> Iterator[tuple[str, list[Result]]]:
    """Yield families with their results; neighbours skipped for one reason are one block."""
    families = [
        (family, list(group))
        for family, group in groupby(results, key=lambda result: result.check.family)
    ]
    for why, blocks in groupby(families, key=lambda block: _why_skipped(block[1])):
        found = list(blocks)
        if why:
            found = [(", ".join(name for name, _ in found), [one for _, g in found for one in g])]
        yield from found


def _why_skipped(results: Sequence[Result]) -> str:
    """Return the one reason for which nothing was looked at, or "" where something was."""
    whys = {
        one.message if one.level == SKIPPED else "" for result in results for one in result.findings
    }
    return whys.pop() if len(whys) == 1 else ""


def say_repaired(done: Iterable[Finding]) -> int:
    """Say what was mended and what could not be; return how many repairs were tried."""
    number = 0
    for number, one in enumerate(done, start=1):  # noqa: B007 - the number is the answer.
        say(f"{'repaired' if one.level == OK else 'not repaired'}: {one.subject}: {one.message}")
    if not number:
        note("nothing that was found can be mended without you")
    return number


def _lines(result: Result, wide: int) -> Iterator[str]:
    """Yield the rows of a check; of one kind of fault only so many that people read them."""
    shown: Counter[str] = Counter()
    for one in result.findings:
        shown[one.code] += 1
        if shown[one.code] <= _MOST:
            yield _line(one, result, wide)
    for code, number in shown.items():
        if number > _MOST:
            yield f"  {'':<14}  {code:<{wide}}  and {number - _MOST:,} more; -o json has all\n"


def _line(one: Finding, result: Result, wide: int) -> str:
    # Where all is well, or nothing was looked at, it is so for each code of the check.
    whole = one.level in (OK, SKIPPED) and one.subject == result.check.title
    code = one.code + (_MORE if whole and len(result.check.codes) > 1 else "")
    said = f"{one.subject}: {one.message}" if one.message else one.subject
    return _row(one.level, code, said, wide)


def _row(level: str, code: str, said: str, wide: int) -> str:
    # What a cluster or a file's name says must not move the cursor.
    return f"  {level:<14}  {code:<{wide}}  {plain(said)}\n"


def _say_hints(found: Sequence[Finding]) -> None:
    hints = [
        one.hint
        for _, group in groupby(found, key=lambda one: one.code)
        for one in islice(group, _MOST)
        if one.hint and one.level != OK
    ]
    for hint in dict.fromkeys(hints):
        say(f"hint: {hint}")
    if any(one.fix for one in found):
        say("hint: sopsmith doctor --fix")
    if any(one.is_problem for one in found):
        note(f"{_PAGE} has a section for each code")


def _object(one: Finding, result: Result) -> dict[str, str]:
    return {"family": result.check.family, **one.as_object()}


def _counts(found: Iterable[Finding]) -> dict[str, int]:
    counted = Counter(one.level for one in found)
    return {level: counted[level] for level in LEVELS}
