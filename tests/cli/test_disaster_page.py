"""What the page on disaster recovery says can be done without a cluster, and brings things back."""

from __future__ import annotations

import re
from pathlib import Path

from tests.disasters import PAGE, Disaster


def test_what_was_lost_comes_back(tmp_path: Path) -> None:
    old, new = tmp_path / "backups", tmp_path / "more-backups"
    at = Disaster(tmp_path, f'{{store: "file://{old}"}}', f'{{store: "file://{new}"}}')
    lost = at.lose_laptop()
    assert "prod: opened 1 of 1" in at.run("A lost laptop")
    assert at.world.keys_file.read_bytes() == lost
    assert "PROD_DB=two" in (at.clone / ".env").read_text()
    for path in old.iterdir():
        path.unlink()
    assert (
        b"if they are lost: sopsmith key backup --force"
        in at.world.attempt("sopsmith", "key", "backup", cwd=at.clone).stderr
    )
    at.run("A lost bucket")
    # The first commands make another recovery identity, and the second ones split one.
    at.run("A lost recovery identity")
    assert sorted(path.name for path in new.iterdir() if path.name.startswith("backup")) == [
        f"backup-{number:06}.json" for number in (1, 2, 3)
    ]
    at.world.keys_file.unlink()
    at.world.run(
        "sopsmith", "key", "restore",
        stdin=at.recovery_of_shares("BEN", "CLEO").encode(),
        cwd=at.clone,
    )  # fmt: skip
    assert at.world.keys_file.read_bytes() == lost
    assert at.sh("git status --porcelain", at.clone) == ""


def test_every_link_leads_to_a_file_and_a_section() -> None:
    for page, _, section in re.findall(r"\]\(([^)#:]*)(#([^)]+))?\)", PAGE.read_text()):
        text = (PAGE.parent / page if page else PAGE).read_text(encoding="utf-8")
        titles = re.findall(r"^#+ (.*)", text, re.MULTILINE)
        known = {re.sub(r"[^a-z0-9 -]", "", one.lower()).replace(" ", "-") for one in titles}
        assert not section or section in known
