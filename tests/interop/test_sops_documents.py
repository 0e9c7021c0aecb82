"""Documents go both ways between sopsmith and the real sops."""

from __future__ import annotations

import json
import os

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.documents import JSON_MODELS, MODELS, Model, as_json, integers, same, strings, to_yaml
from tests.interop.conftest import NOW, RealSops

from sopsmith.formats import json as json_format
from sopsmith.formats import yaml
from sopsmith.formats.tree import to_object
from sopsmith.sops.config import CreationRule
from sopsmith.sops.document import Document, encrypt
from sopsmith.sops.selectors import Selector

EXAMPLES = int(os.environ.get("SOPSMITH_EXAMPLES", "20"))
common = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
SELECTORS = st.sampled_from(
    [
        Selector("unencrypted_suffix", "_unencrypted"),
        Selector("encrypted_suffix", "data"),
        Selector("encrypted_regex", "^(data|a)$"),
        Selector("unencrypted_regex", "^[by]"),
    ]
)


def lock(
    model_text: str, kind: str, sops: RealSops, selector: Selector, *, mac_only: bool = False
) -> bytes:
    """Encrypt with sopsmith; a text of which nothing is selected gets the default selector."""
    data = model_text.encode()
    rule = CreationRule((sops.recipient,), selector, mac_only=mac_only)
    form = yaml if kind == "yaml" else json_format
    paths = [path for tree in form.parse(model_text) for path, _, _ in _walk(tree.root)]
    if not any(selector.selects(path) for path in paths):
        rule = CreationRule((sops.recipient,), Selector("encrypted_regex", ".*"), mac_only=mac_only)
    return encrypt(data, kind, rule, now=NOW, path="test")


def _walk(root: object) -> list[tuple[tuple[str, ...], object, object]]:
    from sopsmith.formats.tree import Node, walk

    node: Node = root  # type: ignore[assignment]
    return [
        (path, address, scalar) for path, address, scalar in walk(node) if scalar.value is not None
    ]


@common
@given(model=MODELS, selector=SELECTORS, mac_only=st.booleans())
def test_sops_opens_the_yaml_that_sopsmith_writes(
    sops: RealSops, model: Model, selector: Selector, mac_only: bool
) -> None:
    sealed = lock(to_yaml(model), "yaml", sops, selector, mac_only=mac_only)
    opened = json.loads(sops.decrypt(sealed, "yaml", "json"))
    assert as_json(opened) == as_json(model)


@common
@given(model=MODELS, selector=SELECTORS)
def test_sopsmith_opens_the_yaml_that_sops_writes(
    sops: RealSops, model: Model, selector: Selector
) -> None:
    option = f"--{selector.kind.replace('_', '-')}"
    sealed = sops.encrypt(to_yaml(model).encode(), "yaml", option, selector.pattern)
    assume(sops.opens_its_own(sealed, "yaml"))
    opened = Document.parse(sealed, "yaml", path="test").unlock(sops.keyring)
    [found] = opened.objects()
    assert as_json(found) == as_json(model)


@common
@given(model=MODELS)
def test_types_survive_the_way_through_sops(sops: RealSops, model: Model) -> None:
    sealed = sops.encrypt(to_yaml(model).encode(), "yaml", "--encrypted-regex", ".")
    [found] = Document.parse(sealed, "yaml", path="test").unlock(sops.keyring).objects()
    assert same(found, model)


@common
@given(models=st.lists(MODELS, min_size=2, max_size=3))
def test_sops_opens_many_documents_of_one_file(sops: RealSops, models: list[Model]) -> None:
    # A text of several lines that begins with white space sops writes as a block that is not
    # YAML, or reads back as null.
    assume(all("\n" not in text or not text[0].isspace() for text in strings(models)))
    text = "---\n".join(to_yaml(model) for model in models)
    sealed = lock(text, "yaml", sops, Selector("unencrypted_suffix", "_unencrypted"))
    opened = [to_object(tree.root) for tree in yaml.parse(sops.decrypt(sealed, "yaml").decode())]
    assert [as_json(one) for one in opened] == [as_json(model) for model in models]


@common
@given(model=JSON_MODELS, selector=SELECTORS)
def test_sops_opens_the_json_that_sopsmith_writes(
    sops: RealSops, model: Model, selector: Selector
) -> None:
    # Up to 3.13.1 sops read every JSON number as a double, so a large clear one broke its MAC.
    assume(sops.newest or all(abs(number) <= 2**53 for number in integers(model)))
    text = json.dumps(model, indent=2, ensure_ascii=False)
    opened = json.loads(sops.decrypt(lock(text, "json", sops, selector), "json"))
    assert as_json(opened) == as_json(model)


@common
@given(model=JSON_MODELS)
def test_sopsmith_opens_the_json_that_sops_writes(sops: RealSops, model: Model) -> None:
    sealed = sops.encrypt(json.dumps(model).encode(), "json")
    [found] = Document.parse(sealed, "json", path="test").unlock(sops.keyring).objects()
    assert as_json(found) == as_json(model)


@common
@given(before=MODELS, after=MODELS)
def test_sops_opens_what_sopsmith_encrypted_again(
    sops: RealSops, before: Model, after: Model
) -> None:
    selector = Selector("unencrypted_suffix", "_never")
    sealed = lock(to_yaml(before), "yaml", sops, selector)
    opened = Document.parse(sealed, "yaml", path="test").unlock(sops.keyring)
    again = opened.reencrypt(to_yaml(after).encode(), now=NOW)
    assert as_json(json.loads(sops.decrypt(again, "yaml", "json"))) == as_json(after)
