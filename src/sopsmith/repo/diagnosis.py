"""Say what a check found: the words that `doctor`, `status` and `bootstrap` share."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sopsmith.errors import Denied, Error, Unreachable

if TYPE_CHECKING:
    from collections.abc import Iterable

OK, INFO, WARNING, ERROR, SKIPPED, UNKNOWN = (
    "ok", "info", "warning", "error", "skipped", "could not look",
)  # fmt: skip
LEVELS = (OK, INFO, WARNING, ERROR, SKIPPED, UNKNOWN)
"""What a finding may be; `could not look` is neither good nor bad news, and never counts as ok."""
_PROBLEMS = frozenset({WARNING, ERROR, UNKNOWN})


class Finding(NamedTuple):
    """One line of a diagnosis; never holds a value of a secret.

    Attributes:
        code: What kind of finding it is: `key-secret-missing`. docs/how-to/troubleshooting.md
            has a section of that name.
        level: One of `LEVELS`.
        subject: What it is about: a file, `Secret argocd/sops-age`, an Application.
        message: What was seen: lower case, no full stop.
        hint: A next step, best a command that can be pasted; "" where nothing is to be done.
        fix: Name of the repair that `doctor --fix` may do by itself; "" where there is none.
    """

    code: str
    level: str
    subject: str
    message: str
    hint: str = ""
    fix: str = ""

    @property
    def is_problem(self) -> bool:
        """Whether an exit code of 3 is due."""
        return self.level in _PROBLEMS

    def as_object(self) -> dict[str, str]:
        """Return it as JSON has it."""
        return {name: value for name, value in self._asdict().items() if value}


def from_error(code: str, subject: str, error: Error) -> Finding:
    """Return the finding that an error is: what could not be asked was not looked at."""
    level = UNKNOWN if isinstance(error, Denied | Unreachable) else ERROR
    return Finding(code, level, subject, str(error), error.hint or "")


def has_problems(findings: Iterable[Finding]) -> bool:
    """Tell whether a diagnosis ends with exit code 3."""
    return any(finding.is_problem for finding in findings)
