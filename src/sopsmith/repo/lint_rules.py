"""Name what `lint` looks for. `docs/reference/lint-rules.md` has a section for each rule."""

from __future__ import annotations

from typing import NamedTuple

ERROR, WARNING = "error", "warning"


class LintRule(NamedTuple):
    """A thing to look for.

    Attributes:
        id: Stable; never given to another rule.
        name: Short, for people and for code scanning.
        severity: `ERROR` or `WARNING`.
        summary: What is wrong where it is found, as a sentence.
        hint: What to do about it.
    """

    id: str
    name: str
    severity: str
    summary: str
    hint: str


class Finding(NamedTuple):
    """A place where something was found.

    Attributes:
        rule: The rule's id.
        path: The file.
        message: What is wrong there; no value is ever in it.
        key: The key path, such as `stringData.password`, or "".
        line: From 1 on; 0 where the whole file is meant.
    """

    rule: str
    path: str
    message: str
    key: str = ""
    line: int = 0


_RULES = (
    LintRule(
        "SOPS001", "plain-file", ERROR,
        "A file that a creation rule names stands in clear.",
        "sopsmith encrypt --in-place FILE; rotate the values if it was ever pushed",
    ),
    LintRule(
        "SOPS002", "nothing-selected", ERROR,
        "The selector selects no value, so the whole file is in clear despite its metadata.",
        "correct encrypted_regex in .sops.yaml, then decrypt and encrypt the file again",
    ),
    LintRule(
        "SOPS003", "clear-value", ERROR,
        "A value stands in clear where the selector says that it is encrypted.",
        "enter it with `sopsmith set`, and rotate it: it has been in Git in clear",
    ),
    LintRule(
        "SOPS004", "recipients-differ", ERROR,
        "The file's recipients are not those of its creation rule.",
        "sopsmith updatekeys FILE",
    ),
    LintRule(
        "SOPS005", "stale-recipient", ERROR,
        "The file opens for a recipient that no rule names any more.",
        "sopsmith rotate FILE, and change the values: that recipient could read them",
    ),
    LintRule(
        "SOPS006", "plain-secret", ERROR,
        "A Secret manifest stands in clear.",
        "sopsmith encrypt --in-place FILE; rotate the values if it was ever pushed",
    ),
    LintRule(
        "SOPS007", "secret-in-clear", WARNING,
        "A value of an encrypted file looks like a secret and stands where nothing is encrypted.",
        "move it under a key that the selector selects, or widen the selector",
    ),
    LintRule(
        "SOPS008", "copied-metadata", ERROR,
        "Two files have the same data key or MAC: one was copied from the other.",
        "decrypt one of the two and encrypt it again, or delete it",
    ),
    LintRule(
        "SOPS009", "encrypted-whole", ERROR,
        "A Kubernetes manifest is encrypted whole, apiVersion and kind too.",
        "add `encrypted_regex: ^(data|stringData)$` to its creation rule, then encrypt it again",
    ),
    LintRule(
        "SOPS010", "bad-version", ERROR,
        "The metadata's version is missing, cannot be read, or is older than SOPS 3.",
        "sopsmith rotate FILE, or restore the version from Git",
    ),
    LintRule(
        "SOPS011", "no-mac", ERROR,
        "The file has no MAC, so nothing vouches for its values.",
        "restore the file from Git; if it never had one, look at each value and encrypt it again",
    ),
    LintRule(
        "SOPS012", "conflict-markers", ERROR,
        "Markers of a merge conflict stand in an encrypted file.",
        "take one side with git checkout --ours or --theirs, then enter the other side's values",
    ),
    LintRule(
        "SOPS013", "encrypted-resource", ERROR,
        "kustomize takes an encrypted file as it is, so ENC[…] becomes the value in the cluster.",
        "list the file in a ksops generator instead",
    ),
    LintRule(
        "SOPS014", "missing-listed", ERROR,
        "A generator names a file that is not there.",
        "sopsmith generate, or take the entry out of the list",
    ),
    LintRule(
        "SOPS015", "unlisted-file", WARNING,
        "An encrypted manifest stands beside a generator that does not name it.",
        "add it to the generator's files, or delete it",
    ),
    LintRule(
        "SOPS016", "no-rule", WARNING,
        "No creation rule matches an encrypted file, so nothing says who should open it.",
        "add a rule with a path_regex for it to .sops.yaml",
    ),
    LintRule(
        "SOPS017", "broken-file", ERROR,
        "A SOPS file cannot be read as one.",
        "restore it from Git",
    ),
    LintRule(
        "SOPS018", "broken-config", ERROR,
        "A .sops.yaml or sopsmith.yaml is broken, so nothing can be held against it.",
        "correct it; `sopsmith explain FILE` shows what it says about a file",
    ),
    LintRule(
        "SOPS019", "selector-differs", WARNING,
        "The file was encrypted with another selector than its creation rule has.",
        "sopsmith updatekeys FILE",
    ),
    LintRule(
        "SOPS020", "identity", ERROR,
        "An age identity stands in a file.",
        "take it out, make a new identity, rotate every file that the old one opens",
    ),
    LintRule(
        "SOPS021", "broken-list", ERROR,
        "A kustomization or a ksops generator cannot be read.",
        "correct it; `sopsmith render FOLDER` shows what it makes",
    ),
)  # fmt: skip
RULES = {rule.id: rule for rule in _RULES}


def severity_of(finding: Finding) -> str:
    """Return how much a finding weighs."""
    return RULES[finding.rule].severity
