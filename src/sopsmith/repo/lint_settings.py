"""Read the `lint` block of `sopsmith.yaml`: findings that are known and wanted so."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from sopsmith.repo.lint_rules import RULES, Finding
from sopsmith.repo.strict import Fields


@dataclass(frozen=True)
class Ignored:
    """Findings that are left out.

    Attributes:
        rules: Ids of the rules.
        paths: Patterns of paths from the root of the repository; `*` takes `/` too.
        reason: Why, for people.
    """

    rules: tuple[str, ...]
    paths: tuple[str, ...]
    reason: str

    def covers(self, finding: Finding, path: str) -> bool:
        """Tell whether a finding is left out.

        Args:
            path: The finding's file, from the root of the repository.
        """
        return finding.rule in self.rules and any(fnmatchcase(path, one) for one in self.paths)


def parse_lint(fields: Fields) -> tuple[Ignored, ...]:
    """Return what the block leaves out.

    Raises:
        LayoutError: A field is missing, unknown or no rule; names its key path.
    """
    return tuple(
        _parse(item) for item in fields.list_of_fields("ignore", ("rules", "paths", "reason"))
    )


def _parse(fields: Fields) -> Ignored:
    rules, paths = fields.texts("rules"), fields.texts("paths")
    for index, rule in enumerate(rules):
        if rule not in RULES:
            raise fields.error("is no rule; rules are SOPS001 and so on", f"rules[{index}]")
    for name, values in (("rules", rules), ("paths", paths)):
        if not values:
            raise fields.error("is missing", name)
    reason = fields.text("reason")
    if not reason.strip():
        raise fields.error("is empty; say why this is as it should be", "reason")
    return Ignored(rules, paths, reason)
