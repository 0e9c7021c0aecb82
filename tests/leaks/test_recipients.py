"""Whatever is wrong with recipients, no identity and no Secret's value is shown."""

from __future__ import annotations

import pytest
from tests.leaks.watch import CANARY, IDENTITY, Watch

from sopsmith import age

SECRETS = "bootstrap/argocd/overlays/main/dev/secrets"
PLAIN = f"kind: Secret\nmetadata:\n    name: a\nstringData:\n    value: {CANARY}\n"
OTHER = age.generate()[1]


@pytest.fixture
def place(watch: Watch) -> Watch:
    """Return a repository with a Secret of dev, which the watch's identity opens."""
    watch.call("init", "-e", "dev", "--recipient", f"dev={watch.recipient}")
    done = watch.call(
        "encrypt", "--filename-override", f"{SECRETS}/a.secret.yaml", stdin=PLAIN.encode()
    )
    assert done.code == 0
    watch.write(f"{SECRETS}/a.secret.yaml", done.stdout)
    return watch


def test_an_identity_in_any_place_of_a_command(place: Watch) -> None:
    for words in (
        ("dev", IDENTITY),
        ("dev", f"  {IDENTITY.lower()}"),
        (IDENTITY, OTHER),
        ("dev", OTHER, "--name", IDENTITY),
        ("dev", OTHER, "--purpose", IDENTITY),
        ("dev", f"{OTHER} {IDENTITY}"),
    ):
        place.fails("recipients", "add", *words)
    for words in (("dev", IDENTITY), (IDENTITY, "Anna")):
        place.fails("recipients", "remove", *words)


@pytest.mark.parametrize("content", [
    f"{IDENTITY}\n", f"# {OTHER}\n{IDENTITY}\n", f"{CANARY}\n",
    f"-----BEGIN OPENSSH PRIVATE KEY-----\n{CANARY}\n",
    f"{OTHER}\n{CANARY}\n",
])  # fmt: skip
def test_a_file_that_is_not_a_recipient_s(place: Watch, content: str) -> None:
    place.write("key.pub", content)
    place.fails("recipients", "add", "dev", "key.pub")
    place.fails("recipients", "remove", "dev", "key.pub")


def test_settings_and_rules_that_hold_an_identity(place: Watch) -> None:
    settings = (place.world.work / "sopsmith.yaml").read_text()
    rules = (place.world.work / ".sops.yaml").read_text()
    for name, text in (("sopsmith.yaml", settings), (".sops.yaml", rules)):
        place.write(name, text.replace(place.recipient, IDENTITY))
        for words in (("add", "dev", OTHER), ("remove", "dev", OTHER), ("check",)):
            place.fails("recipients", *words)
        place.write(name, text)


def test_files_that_are_broken_or_closed(place: Watch) -> None:
    path = place.world.work / SECRETS / "a.secret.yaml"
    text = path.read_text()
    for broken in (
        text.replace("name: a", f"name: {CANARY}"),
        text.replace("ENC[AES256_GCM", f"{CANARY}["),
        text + f"  broken: [{CANARY}\n",
    ):
        path.write_text(broken)
        for words in (("add", "dev", OTHER), ("who",), ("check",)):
            place.tells_nothing("recipients", *words)
        path.write_text(text)
    place.fails("recipients", "add", "dev", age.generate()[1], SOPS_AGE_KEY="")
