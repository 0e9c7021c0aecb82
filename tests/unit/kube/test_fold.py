"""Folding stringData into data."""

from __future__ import annotations

import pytest

from sopsmith.errors import ManifestError
from sopsmith.formats.tree import Timestamp
from sopsmith.kube.fold import fold


def test_string_data_becomes_base64_and_wins_over_data() -> None:
    secret: dict[str, object] = {
        "kind": "Secret",
        "data": {"a": "AA==", "b": "AA=="},
        "stringData": {"b": "x", "c": ""},
    }
    assert fold(secret) == {"kind": "Secret", "data": {"a": "AA==", "b": "eA==", "c": ""}}


def test_empty_parts_are_left_out() -> None:
    assert fold({"kind": "Secret", "stringData": {}, "data": None}) == {"kind": "Secret"}


def test_other_kinds_stay_as_they_are() -> None:
    config: dict[str, object] = {"kind": "ConfigMap", "stringData": {"a": 1}}
    assert fold(config) is config


def test_members_of_a_list_are_folded() -> None:
    inner: dict[str, object] = {"kind": "Secret", "stringData": {"a": "x"}}
    members: dict[str, object] = {"kind": "List", "items": [inner]}
    assert fold(members) == {
        "kind": "List",
        "items": [{"kind": "Secret", "data": {"a": "eA=="}}],
    }


def test_bytes_that_are_no_text_can_be_folded() -> None:
    assert fold({"kind": "Secret", "stringData": {"a": b"\xff"}})["data"] == {"a": "/w=="}


@pytest.mark.parametrize("value", [1, True, 1.5, None, {}, [], Timestamp("2026-01-02T00:00:00Z")])
@pytest.mark.parametrize("part", ["data", "stringData"])
def test_refuses_what_kubernetes_refuses_and_names_the_key(part: str, value: object) -> None:
    with pytest.raises(ManifestError) as caught:
        fold({"kind": "Secret", part: {"k": value}})
    assert caught.value.key == f"{part}.k"
