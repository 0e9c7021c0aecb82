"""The kustomize plugin: KSOPS's contract, on a lean import path.

It starts once for each generator at each refresh of Argo CD, so nothing is imported that a
generator and its files do not need; `tests/unit/test_imports.py` holds that.
"""

from __future__ import annotations


def main() -> None:
    """Run as kustomize's plugin and end the process."""
    import sys

    from sopsmith.plugin.run import run

    sys.exit(run(sys.argv[1:]))
