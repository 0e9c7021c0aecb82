"""An exception that nobody foresaw shows neither its message nor any local value."""

from __future__ import annotations

import pytest
from tests.leaks.watch import CANARY, Watch

BOOM = f"""
def boom(*args, **options):
    value = {CANARY!r}
    raise {{}}(value, {{{{'value': value}}}})
import {{}} as broken
broken.{{}} = boom
"""
PLACES = {
    "decrypting": ("sopsmith.flows.crypt", "decrypt_bytes"),
    "reading files": ("sopsmith.adapters.files", "LocalFiles.read"),
    "reading YAML": ("sopsmith.formats.yaml", "parse"),
    "reading identities": ("sopsmith.age", "parse_identities"),
}


@pytest.mark.parametrize(
    "error", ["ValueError", "RuntimeError", "KeyError", "MemoryError", "OSError"]
)
@pytest.mark.parametrize("place", PLACES)
def test_an_unexpected_exception_under_a_command(watch: Watch, place: str, error: str) -> None:
    watch.write("some.yaml", f"a: {CANARY}\n")
    module, name = PLACES[place]
    outcome = watch.process_tells_nothing(
        "sopsmith.cli.main", "decrypt", "some.yaml", before=BOOM.format(error, module, name)
    )
    assert outcome.code not in {0, 3}
    assert outcome.stderr


def test_a_deep_document_does_not_end_in_a_traceback(watch: Watch) -> None:
    deep = "a:\n" + "".join("  " * depth + "b:\n" for depth in range(1, 3000))
    watch.write("deep.yaml", f"{deep}{'  ' * 3000}c: {CANARY}\n")
    watch.fails("decrypt", "deep.yaml")


def test_a_reader_that_goes_away(watch: Watch) -> None:
    watch.write("plain.yaml", f"stringData:\n  value: {CANARY}\n" + f"  a: {'x' * 500_000}\n")
    assert watch.call("encrypt", "-i", "--age", watch.recipient, "plain.yaml").code == 0
    script = "sopsmith decrypt plain.yaml | head -c 1 >/dev/null"
    done = watch.world.attempt("bash", "-c", script)
    assert b"Traceback" not in done.stderr
    assert CANARY.encode() not in done.stderr
