"""The how-to on backups is run as it stands, by somebody who has lost their identities."""

from __future__ import annotations

import re
from pathlib import Path

from tests.world import World

PAGE = Path(__file__).parents[2] / "docs/how-to/backup.md"
BLOCKS = re.findall(r"<!-- run -->\n```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def test_the_page_brings_lost_identities_back(tmp_path: Path) -> None:
    world = World(tmp_path)
    (world.work / ".env").write_text("DEV_A=one\nPROD_B=two\n")
    (tmp_path / "medium").mkdir()
    *before, dry, after = BLOCKS
    lose = f"mv {world.keys_file} lost\n"
    script = "".join(["sopsmith init .\nsopsmith generate\n", *before, lose, dry, after])
    script += f"cmp lost {world.keys_file}\n"
    world.run("bash", "-euo", "pipefail", "-c", script, MEDIUM=str(tmp_path / "medium"))
