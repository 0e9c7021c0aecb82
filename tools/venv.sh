#!/bin/sh
# Make .venv, or bring it up to date, and say nothing when it already is.
#
# The stamp names all that the environment depends on: where it stands (a venv that was moved
# or copied holds absolute paths and must be made again), the interpreter, the pinned
# requirements and pyproject.toml. `PYTHON=/path/to/python make test` picks an interpreter.
set -eu
cd "$(dirname "$0")/.."
root=$(pwd -P)
stamp=.venv/.sopsmith-stamp

new_enough() {
    "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

pick_python() {
    for name in ${PYTHON:-python3 python3.13 python3.12 python3.11 python3.14}; do
        if new_enough "$name"; then
            echo "$name"
            return
        fi
    done
    found=$(${PYTHON:-python3} --version 2>&1 || true)
    echo "error: sopsmith needs Python 3.11 or newer with its venv module; found: $found" >&2
    echo "hint: install one (on Debian: python3 and python3-venv), or name it: PYTHON=... make" >&2
    exit 1
}

wanted() {
    echo "$root"
    cat requirements/dev.txt pyproject.toml | cksum
    .venv/bin/python -c 'import sys; print(sys.version)' 2>/dev/null || echo none
}

if [ -f "$stamp" ] && [ "$(wanted)" = "$(cat "$stamp")" ]; then
    exit 0
fi
# pip's own first line tells where its venv stood when it was made.
if ! grep -qF "$root/.venv/bin/" .venv/bin/pip 2>/dev/null || ! new_enough .venv/bin/python; then
    python=$(pick_python)
    echo "making .venv with $("$python" --version)" >&2
    "$python" -m venv --clear .venv
fi
rm -f "$stamp"
echo "installing the pinned requirements into .venv" >&2
.venv/bin/python -m pip install --quiet --disable-pip-version-check \
    --require-hashes -r requirements/dev.txt
.venv/bin/python -m pip install --quiet --disable-pip-version-check \
    --no-deps --no-build-isolation -e .
wanted >"$stamp"
