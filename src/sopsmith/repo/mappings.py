"""Describe how variables become a Secret that is not named after one variable.

Source: Kubernetes `apimachinery/pkg/util/validation` (IsQualifiedName, IsValidLabelValue).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal, cast

from sopsmith.formats.env_reader import NAME_SIGNS
from sopsmith.kube.secret import check_data_key
from sopsmith.repo.expiry import ANNOTATION, parse_expiry, write_expiry
from sopsmith.repo.names import check_name, check_namespace
from sopsmith.repo.strict import Fields

Kind = Literal["data", "dockerconfigjson", "tls"]
MAPPING_FIELDS = (
    "name", "kind", "data", "scopes", "namespace", "type", "labels", "annotations", "expires",
    "used_by",
)  # fmt: skip
PARTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "dockerconfigjson": (("server", "username", "password"), ("email",)),
    "tls": (("certificate", "key"), ()),
}
"""Kinds with parts of fixed names: those that must be mapped, and those that may be."""
_NAME = r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?"
_DOMAIN = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*"
_META_KEY = re.compile(rf"((?=[^/]{{1,253}}/){_DOMAIN}/)?{_NAME}")
_LABEL_VALUE = re.compile(rf"({_NAME})?")


@dataclass(frozen=True)
class SecretMapping:
    """Say which variables make up one Secret.

    Attributes:
        kind: What the Secret is made as: plain data, a registry's login or a certificate.
        data: Variable, without its scope's prefix, by data key; for the kinds with fixed
            parts by the part's name (`server`, `username`, `password`, `email`;
            `certificate`, `key`).
        scopes: Where it holds; empty means in every scope. Elsewhere its variables are
            named after themselves, as if there were no mapping.
        namespace: None means the repository's.
        type: The Secret's type; None means what the kind makes.
        used_by: Who reads the Secret, for people.
    """

    name: str
    kind: Kind
    data: dict[str, str]
    scopes: tuple[str, ...] = ()
    namespace: str | None = None
    type: str | None = None
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)
    used_by: str = ""


def parse_mapping(fields: Fields, prefixes: dict[str, str]) -> SecretMapping:
    """Return one entry of `secrets`.

    Args:
        prefixes: Prefix of each scope, core's empty one too, by the scope's name.

    Raises:
        LayoutError: A field is missing, unknown or not what it should be; names its key path.
    """
    kind = _parse_kind(fields)
    scopes = fields.texts("scopes")
    for index, scope in enumerate(scopes):
        if scope not in prefixes:
            known = ", ".join(prefixes)
            raise fields.error(f"{scope!r} is no scope; known: {known}", f"scopes[{index}]")
    return SecretMapping(
        name=fields.checked(check_name, fields.text("name"), "name"),
        kind=kind,
        data=_parse_data(fields, kind, [prefixes[scope] for scope in scopes or prefixes]),
        scopes=scopes,
        namespace=_parse_namespace(fields),
        type=_parse_type(fields, kind),
        labels=_parse_metadata(fields, "labels", _LABEL_VALUE),
        annotations=_parse_annotations(fields),
        used_by=fields.text("used_by", ""),
    )


def _parse_kind(fields: Fields) -> Kind:
    kind = fields.text("kind", "data")
    if kind != "data" and kind not in PARTS:
        raise fields.error(f"{kind!r} is no kind; known: data, {', '.join(PARTS)}", "kind")
    return cast(Kind, kind)


def _parse_namespace(fields: Fields) -> str | None:
    if "namespace" not in fields:
        return None
    return fields.checked(check_namespace, fields.text("namespace"), "namespace")


def _parse_type(fields: Fields, kind: Kind) -> str | None:
    if "type" not in fields:
        return None
    if kind in PARTS:
        raise fields.error(f"the kind {kind} decides the type", "type", "leave it out")
    text = fields.text("type")
    if not text:
        raise fields.error("is empty", "type")
    return text


def _parse_data(fields: Fields, kind: Kind, prefixes: list[str]) -> dict[str, str]:
    data = fields.text_map("data")
    if not data:
        raise fields.error("names no variable", "data", "data: {value: DATABASE_URL}")
    required, optional = PARTS.get(kind, ((), ()))
    for part in required:
        if part not in data:
            raise fields.error(f"is missing; a {kind} Secret is made from it", f"data.{part}")
    for key, variable in data.items():
        place = f"data.{key}"
        if kind == "data":
            fields.checked(check_data_key, key, place)
        elif key not in required + optional:
            parts = ", ".join(required + optional)
            raise fields.error(f"is no part of a {kind} Secret; its parts: {parts}", place)
        _check_variable(fields, variable, place, prefixes)
    return data


def _check_variable(fields: Fields, variable: str, place: str, prefixes: list[str]) -> None:
    if not variable or not NAME_SIGNS.issuperset(variable):
        # It is not quoted: somebody may have written the value itself here.
        raise fields.error("is no variable's name: letters, digits and _", place)
    for prefix in prefixes:
        # A name with its prefix would be looked for as DEV_DEV_…, and never found.
        if prefix and variable.startswith(prefix):
            hint = f"write {variable.removeprefix(prefix)}; the scope adds {prefix}"
            raise fields.error("the variable stands with its scope's prefix", place, hint)


def _parse_annotations(fields: Fields) -> dict[str, str]:
    """Return the annotations; `expires` is a short way to write one of them."""
    annotations = _parse_metadata(fields, "annotations", None)
    if ANNOTATION in annotations:
        fields.checked(parse_expiry, annotations[ANNOTATION], f"annotations.{ANNOTATION}")
    if "expires" not in fields:
        return annotations
    if ANNOTATION in annotations:
        raise fields.error(f"stands as the annotation {ANNOTATION} too", "expires")
    return {
        **annotations,
        ANNOTATION: fields.checked(write_expiry, fields.day("expires"), "expires"),
    }


def _parse_metadata(
    fields: Fields, name: str, value_form: re.Pattern[str] | None
) -> dict[str, str]:
    entries = fields.text_map(name)
    for key, value in entries.items():
        if not _META_KEY.fullmatch(key):
            raise fields.error(f"Kubernetes takes no such key in {name}", f"{name}.{key}")
        if value_form is not None and not value_form.fullmatch(value):
            raise fields.error("Kubernetes takes no such value of a label", f"{name}.{key}")
    return entries


def refuse_twins(mappings: list[tuple[Fields, SecretMapping]]) -> None:
    """Refuse two mappings that would make one Secret in one scope.

    Raises:
        LayoutError: Names the later of the two.
    """
    for index, (fields, mapping) in enumerate(mappings):
        for _, other in mappings[:index]:
            same = mapping.name == other.name
            apart = mapping.scopes and other.scopes and not {*mapping.scopes} & {*other.scopes}
            if same and not apart:
                raise fields.error("another entry above makes the same Secret", "name")
