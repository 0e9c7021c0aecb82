"""What the documentation shows as a file is read by the parser that reads such files."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from tests.pages import PAGES, Block, read_blocks

from sopsmith.kube.ksops import parse_generator
from sopsmith.repo.settings import RepoSettings, parse_settings
from sopsmith.repo.tenant import read_tenant
from sopsmith.repo.tools import parse_tools
from sopsmith.sops.config import parse_rule

RECIPIENT = "age1g35en65j8ddlzt62pk6892mcnt6sds2sskwsu3umstz0lx952dtsgf3s95"
BASE: dict[str, Any] = {
    "version": 1,
    "core": {"recipients": []},
    "environments": {
        name: {"prefix": f"{name.upper()}_", "recipients": [RECIPIENT]} for name in ("dev", "prod")
    },
}
TENANT = {"services", "one_secret_a"}
OTHERS = {"spec", "on", "repos", "generators", "password", "kind"}
"""Keys by which the files of other programs are known; `kind` where it is not KSOPS'."""
BLOCKS = [one for page in PAGES for one in read_blocks(page) if one.language == "yaml"]


def completed(text: str) -> str:
    """Return an example with a digest in place of the dots that stand for one."""
    return text.replace("sha256:…", "sha256:" + "0" * 64).replace('"…"', f'"{"0" * 64}"')


def read(text: str) -> object:
    """Read an example as the program would, and return what came of it."""
    shown = yaml.safe_load(text)
    if shown.get("kind") == "ksops":
        return parse_generator(shown)
    if "creation_rules" in shown:
        return [parse_rule(rule, ".sops.yaml", "rules") for rule in shown["creation_rules"]]
    if "tools" in shown:
        return parse_tools(text.encode(), "tools.yaml")
    if shown.keys() & TENANT:
        return read_tenant("shop", platform(), tenant_files(text).get)
    if True in shown or shown.keys() & OTHERS:  # YAML 1.1 takes `on` for true.
        return shown
    return parse_settings(yaml.safe_dump(BASE | shown, sort_keys=False).encode(), "sopsmith.yaml")


def platform() -> RepoSettings:
    """Return the settings of a platform with the examples' environments."""
    return parse_settings(yaml.safe_dump(BASE).encode(), "sopsmith.yaml")


def tenant_files(text: str) -> dict[str, bytes]:
    """Return the files of a tenant whose settings the example is."""
    namespace = b"apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n"
    folder = "tenants/shop"
    return {
        f"{folder}/tenant.yaml": text.encode(),
        **{f"{folder}/overlays/{one}/00-namespace.yaml": namespace for one in ("dev", "prod")},
        f"{folder}/base/00-namespace.yaml": namespace,
    }


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_an_example_is_read_by_its_own_parser(block: Block) -> None:
    assert read(completed(block.text))
