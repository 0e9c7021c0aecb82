"""Be what git starts for a merge or a diff, past `site` and past pip's entry script.

`git install` has git start this file with the interpreter that it ran under, without site
machinery: that start takes half the time. Whatever comes of it but a finished piece of work, the
line that `git install` wrote goes on with `sopsmith` itself, which has the options and the words.
"""

import os
import sys

CONFLICT = 9
"""The exit code of a merge that is done and has conflicts: Python ends with 1 for any mistake."""
LEFT = 3
"""The exit code where nothing was done."""


def main() -> None:
    """Do what git asked for and end the process."""
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    # Where the package lies in a checkout, its libraries are with the interpreter.
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    prefix = os.path.dirname(os.path.dirname(sys.executable))
    folder = os.path.join(prefix, "lib", version, "site-packages")
    sys.path += dict.fromkeys((root, folder))
    from sopsmith.cli.start import do

    code = do(sys.argv[1:])
    os._exit(LEFT if code is None else CONFLICT if code == 1 else code)


if __name__ == "__main__":
    main()
