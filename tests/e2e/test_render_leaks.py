"""kustomize quotes values in some of its messages; what render passes on holds none."""

from __future__ import annotations

import base64
from pathlib import Path

import demo_data
import pytest
from tests.world import World

pytestmark = pytest.mark.e2e

OVERLAY = "bootstrap/argocd/overlays/main/dev"
VALUE = demo_data.secrets_of("dev")["database-url"]
FAULTS = {
    "a label inside a value": """\
labels:
- pairs: {a: b}
  fields: [{path: data/value, create: true}]
""",
    "a part of a value that is not there": """\
replacements:
- source:
    kind: Secret
    name: database-url
    fieldPath: data.value
    options: {delimiter: '-', index: 9}
  targets: [{select: {kind: Secret, name: database-url}, fieldPaths: [data.value]}]
""",
    "a prefix before a map": """\
transformers:
- |-
  apiVersion: builtin
  kind: PrefixTransformer
  metadata: {name: x}
  prefix: a
  fieldSpecs: [{path: data}]
""",
    "a patch that tests a value": """\
patches:
- target: {kind: Secret, name: database-url}
  patch: |-
    - {op: test, path: /data/value, value: other}
""",
}


def forms(value: str) -> list[bytes]:
    """Return a value and its base64, each cut to what a message could still show of it."""
    return [value.encode()[:12], base64.b64encode(value.encode())[:16]]


@pytest.mark.parametrize("fault", FAULTS)
def test_render_hides_what_kustomize_quotes(platform: World, fault: str) -> None:
    folder = platform.work / OVERLAY / "faulty"
    folder.mkdir(exist_ok=True)
    (folder / "kustomization.yaml").write_text(f"resources: [../secrets]\n{FAULTS[fault]}")
    done = platform.attempt("sopsmith", "render", str(folder))
    assert done.returncode == 1
    shown = [form for form in forms(VALUE) if form in done.stdout + done.stderr]
    assert not shown, "render shows a part of a value"


def test_kustomize_itself_quotes_a_value_there(platform: World, tmp_path: Path) -> None:
    """If this fails, kustomize has mended its messages and the room above has lost its reason."""
    folder = platform.work / OVERLAY / "faulty"
    folder.mkdir(exist_ok=True)
    fault = FAULTS["a label inside a value"]
    (folder / "kustomization.yaml").write_text(f"resources: [../secrets]\n{fault}")
    build = ("kustomize", "build", "--enable-alpha-plugins", "--enable-exec", str(folder))
    done = platform.attempt(*build)
    assert any(
        base64.b64encode(value.encode())[:16] in done.stderr
        for value in demo_data.secrets_of("dev").values()
    )
