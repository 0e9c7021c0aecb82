"""Batches of hypothesis-made documents as one file, so that one run of sops takes many.

Each document stands under a key of its own (a section in INI, a prefix in dotenv), with or
without a comment above it. Every comment differs, and the last document always has something
for the selector to find.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from hypothesis import strategies as st
from tests.documents import JSON_MODELS, MODELS, Model, strings, to_yaml

from sopsmith.formats.ini_lines import spell_value

SIZE = 12
"""Documents of a batch."""
_COMMENTS = st.sampled_from(["", "", "plain", "sops:x"])
# Signs that neither format reads back as they are: control characters, and Unicode's line ends.
_WORDS = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"], exclude_characters="\ufeff"),
    max_size=30,
)
_NAMES = st.sampled_from(["a", "b_unencrypted", "data", "password", "y", "x1"])


@dataclass(frozen=True)
class Batch:
    """Some documents as one file.

    Attributes:
        whole: What a reader must find in the file.
        text: The file.
    """

    whole: Model
    text: str


def _batches(
    models: st.SearchStrategy[Model],
    write: Callable[[Model, list[str]], str],
    read: Callable[[Model], Model] = lambda whole: whole,
) -> st.SearchStrategy[Batch]:
    def make(pairs: list[tuple[Model, str]]) -> Batch:
        whole: Model = {f"m{number}": model for number, (model, _) in enumerate(pairs)}
        comments = [f"{text} {number}" if text else "" for number, (_, text) in enumerate(pairs)]
        whole["last"] = _ANCHOR
        return Batch(read(whole), write(whole, [*comments, "sops:x"]))

    commented = st.tuples(models, _COMMENTS)
    return st.lists(commented, min_size=SIZE - 1, max_size=SIZE - 1).map(make)


def _is_kept(model: Model) -> bool:
    # A text of several lines that begins with white space sops writes as a block that is not
    # YAML, or reads back as null.
    return all("\n" not in text or not text[0].isspace() for text in strings(model))


def _yaml(whole: Model, comments: list[str]) -> str:
    return "".join(
        (f"# {comment}\n" if comment else "") + to_yaml({key: model})
        for (key, model), comment in zip(whole.items(), comments, strict=True)
    )


def _yaml_documents(whole: Model, comments: list[str]) -> str:
    return "---\n".join(
        (f"# {comment}\n" if comment else "") + to_yaml(model)
        for model, comment in zip(whole.values(), comments, strict=True)
    )


def _json(whole: Model, comments: list[str]) -> str:
    return json.dumps(whole, indent=len(comments) % 3 or None, ensure_ascii=False)


def _flat(whole: Model) -> Model:
    pairs = ((name, model) for name, model in whole.items() if isinstance(model, dict))
    return {f"{prefix}_{name}": value for prefix, model in pairs for name, value in model.items()}


def _dotenv(whole: Model, comments: list[str]) -> str:
    lines: list[str] = []
    for (prefix, model), comment in zip(whole.items(), comments, strict=True):
        assert isinstance(model, dict)
        lines += [f"#{comment}"] if comment else []
        lines += [f"{prefix}_{name}={value}" for name, value in model.items()]
    return "".join(line + "\n" for line in lines)


def _ini(whole: Model, comments: list[str]) -> str:
    lines: list[str] = []
    for (section, model), comment in zip(whole.items(), comments, strict=True):
        assert isinstance(model, dict)
        lines += [f"; {comment}"] if comment else []
        lines += [f"[{section}]"]
        lines += [f"{name} = {spell_value(str(value))}" for name, value in model.items()]
    return "".join(line + "\n" for line in lines)


_ANCHOR: Model = {"data": "always", "b_unencrypted": "never"}
# Two signs that mean a line feed cannot be told from a line feed.
_LINES: st.SearchStrategy[object] = _WORDS.filter(lambda text: "\\n" not in text)
_SPELLED: st.SearchStrategy[object] = _WORDS.filter(lambda text: spell_value(text) is not None)
_FLAT = st.dictionaries(_NAMES, _LINES, min_size=1, max_size=4)
_SECTIONS = st.dictionaries(_NAMES, _SPELLED, min_size=1, max_size=4)
BATCHES: dict[str, st.SearchStrategy[Batch]] = {
    "yaml": _batches(MODELS.filter(_is_kept), _yaml),
    "documents": _batches(MODELS.filter(_is_kept), _yaml_documents),
    "json": _batches(JSON_MODELS, _json),
    "dotenv": _batches(_FLAT, _dotenv, _flat),
    "ini": _batches(_SECTIONS, _ini),
}
