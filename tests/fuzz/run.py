"""Run one fuzz target under atheris: `python -m tests.fuzz.run yaml -max_total_time=60`.

atheris is pinned in `requirements/fuzz.txt`, and `make fuzz` sets up an environment with it.
Options are libFuzzer's own. Inputs that find new paths go to a folder outside of the
repository; a crash is written to `crash-…` in the working directory: shorten it with
`-minimize_crash=1`, and keep it in `tests/fuzz/corpus/TARGET`.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

CORPUS = Path(__file__).parent / "corpus"
LIMITS = (
    "-timeout=10",
    "-max_len=4096",
    "-rss_limit_mb=2048",
    "-len_control=0",
    "-print_final_stats=1",
)


def main(argv: list[str]) -> None:
    """Fuzz the target that the first word names."""
    with atheris.instrument_imports(include=["sopsmith"]):
        from tests.fuzz.registry import load_targets

        targets = load_targets()
    if len(argv) < 2 or argv[1] not in targets:
        sys.exit(f"usage: python -m tests.fuzz.run TARGET [OPTION…]; targets: {', '.join(targets)}")
    name, options = argv[1], argv[2:]
    folders = [word for word in options if not word.startswith("-")]
    if not folders and not any(word.startswith("-minimize_crash") for word in options):
        # The first folder is where libFuzzer keeps what it finds.
        folders = [tempfile.mkdtemp(prefix=f"fuzz-{name}-")]
        if (CORPUS / name).is_dir():
            folders.append(str(CORPUS / name))
        options += folders
    atheris.Setup([argv[0], *LIMITS, *options], targets[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv)
