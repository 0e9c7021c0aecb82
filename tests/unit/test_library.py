"""The library's page says what the library does, and failures leave a document as it was."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sopsmith import Document, age
from sopsmith.errors import MasterKeyError, NoIdentity, RuleError

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "library.md"
TEXT = b"kind: Secret\nstringData:\n    a: one\n"


def person() -> tuple[str, str]:
    identity, recipient = age.generate()
    return identity.reveal().decode(), recipient


def test_the_examples_of_the_page_run_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    identities, recipient = person()
    names: dict[str, object] = {
        "identities": identities,
        "recipient": recipient,
        "other": person()[1],
    }
    examples = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert len(examples) >= 5
    for example in examples:
        exec(compile(example, str(PAGE), "exec"), names)  # noqa: S102


def made(path: str = "x.yaml") -> tuple[Document, str]:
    identities, recipient = person()
    return Document.encrypt(TEXT, path, identities=identities, recipients=[recipient]), identities


def test_a_change_that_locks_its_maker_out_is_refused_and_changes_nothing() -> None:
    document, _ = made()
    before = document.to_bytes()
    with pytest.raises(NoIdentity):
        document.set_recipients([person()[1]])
    assert document.to_bytes() == before


@pytest.mark.parametrize(("names", "error"), [([], RuleError), (["age1no"], MasterKeyError)])
def test_recipients_that_cannot_be_used_are_refused(
    names: list[str], error: type[Exception]
) -> None:
    document, _ = made()
    with pytest.raises(error):
        document.set_recipients(names)


def test_a_removed_recipient_does_not_open_the_file_any_more(tmp_path: Path) -> None:
    identities, recipient = person()
    theirs, other = person()
    path = str(tmp_path / "x.yaml")
    document = Document.encrypt(TEXT, path, identities=identities, recipients=[recipient, other])
    document.save()
    assert Document.open(path, identities=theirs)["stringData", "a"] == "one"
    document.set_recipients([recipient])
    document.save()
    with pytest.raises(NoIdentity):
        Document.open(path, identities=theirs)


@pytest.mark.parametrize(
    "address", ["missing", ("stringData", "b"), ("stringData", 0), ("kind", "a")]
)
def test_an_address_of_nothing_is_a_key_error(address: str | tuple[str | int, ...]) -> None:
    document, _ = made()
    with pytest.raises(KeyError):
        document[address]


def test_the_repr_shows_no_value() -> None:
    document, _ = made()
    assert "one" not in repr(document)


def test_the_package_has_no_other_lazy_name() -> None:
    import sopsmith

    with pytest.raises(AttributeError):
        sopsmith.Nonsense  # noqa: B018
