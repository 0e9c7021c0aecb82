#!/bin/sh
# Build the site of docs/ into build/site, in an environment of its own: the site's tools are
# no part of what sopsmith or its tests need.
set -eu
cd "$(dirname "$0")/.."
bin=.tools/docs/bin
stamp=.tools/docs/.sopsmith-stamp
if [ "$(cksum <requirements/docs.txt)" != "$(cat "$stamp" 2>/dev/null)" ]; then
    .venv/bin/python -m venv --clear .tools/docs
    "$bin/python" -m pip install --disable-pip-version-check \
        --require-hashes -r requirements/docs.txt
    cksum <requirements/docs.txt >"$stamp"
fi
NO_MKDOCS_2_WARNING=1 "$bin/mkdocs" build --strict --quiet --clean
echo "wrote build/site/index.html" >&2
