"""Write the rules of a new repository: who opens what, and what Git must never hold."""

from __future__ import annotations

from sopsmith.formats.yaml import quote
from sopsmith.repo.attributes import DEFAULT_PATTERN, WANTED
from sopsmith.repo.settings import RepoSettings

ENCRYPTED_REGEX = "^(data|stringData)$"
"""Keys of a manifest whose values are encrypted; name, type and labels stay readable."""

_IGNORED = (".env*", "!.env.example", "keys.txt")


def build_sops_config(settings: RepoSettings) -> str:
    """Return the text of `.sops.yaml`: a rule for each environment and then core's.

    Source: sops `config/config.go` creationRule: the first rule whose `path_regex` is found
    in the path wins, so each is anchored at both ends.
    """
    lines = [
        "# Who can open which file: the first rule whose path fits decides. Each environment's",
        "# identity opens its own files and core's, and none of another environment.",
        "creation_rules:",
    ]
    for scope in (*settings.environments, settings.core):
        lines += rule_lines(settings, scope.name, settings.readers(scope.name))
    return "\n".join(lines) + "\n"


def rule_lines(settings: RepoSettings, scope_name: str, readers: tuple[str, ...]) -> list[str]:
    """Return the lines of a scope's rule, as an item of `creation_rules`."""
    return [
        f"  # {scope_name}",
        f"  - path_regex: {_path_regex(settings.overlay_folder(scope_name))}",
        f"    encrypted_regex: {ENCRYPTED_REGEX}",
        *_age_lines(readers),
    ]


def _path_regex(folder: str) -> str:
    # Settings let no other sign into a folder that means something in a regex.
    return "^" + folder.replace(".", r"\.") + r"/.*\.secret\.yaml$"


def _age_lines(recipients: tuple[str, ...]) -> list[str]:
    if len(recipients) == 1:
        return [f"    age: {quote(recipients[0])}"]
    return ["    age: >-", *(f"      {line}" for line in ",\n".join(recipients).split("\n"))]


def build_gitignore() -> str:
    """Return the text of a new `.gitignore`."""
    return (
        "# Plain secrets and identities never enter Git.\n" + "\n".join(_IGNORED) + "\n"
    )  # fmt: skip


def extend_gitignore(text: str) -> str:
    """Return a `.gitignore` with the patterns that it lacks behind what stands there."""
    lines = [line.strip() for line in text.splitlines()]
    missing = [pattern for pattern in _IGNORED if pattern not in lines]
    if ".env*" not in missing and "!.env.example" in missing:
        # Whoever ignores .env* and not the exception decided so.
        missing.remove("!.env.example")
    if not missing:
        return text
    newline = "\r\n" if "\r\n" in text else "\n"
    if text and not text.endswith("\n"):
        text += newline
    added = ["# Plain secrets and identities never enter Git.", *missing]
    return text + "".join(line + newline for line in added)


def build_gitattributes() -> str:
    """Return the text of `.gitattributes`."""
    return (
        "# Two edits of one encrypted file cannot be merged by lines: its MAC covers all values.\n"
        "# `sopsmith git install` sets up a clone to merge them by key path, and to say in diffs\n"
        "# which values changed. Without it git leaves a conflict.\n"
        f"{DEFAULT_PATTERN} text eol=lf {' '.join(WANTED)}\n"
    )


def build_precommit() -> str:
    """Return the text of `.pre-commit-config.yaml`: hooks that need nothing installed.

    The patterns stand so that this file does not match them itself.
    """
    return r"""# Refuse what must not be committed; `pre-commit install` switches it on.
repos:
  - repo: local
    hooks:
      - id: secret-has-metadata
        name: each *.secret.yaml has sops metadata
        language: pygrep
        entry: '^sops:'
        args: [--negate]
        files: \.secret\.yaml$
      - id: secret-is-encrypted
        name: each *.secret.yaml holds encrypted values
        language: pygrep
        entry: 'ENC\[AES256_GCM,'
        args: [--negate]
        files: \.secret\.yaml$
      - id: no-identity
        name: no age identity in any file
        language: pygrep
        # Negated, so that pre-commit names the file and does not print the line.
        entry: '\A(?!.*AGE-SECRET-KEY-(PQ-)?1[A-Z0-9]{40})'
        args: [--negate, --multiline]
        types: [text]
      - id: no-plain-files
        name: no .env and no keys.txt
        language: fail
        entry: plain secrets and identities never enter Git
        files: (^|/)(\.env[^/]*|keys\.txt)$
        exclude: (^|/)\.env\.example$
"""
