#!/bin/sh
# Run every fuzz target under atheris, one after another: tools/fuzz.sh SECONDS
#
# atheris has wheels for a few versions of Python alone, so it has an environment of its own
# and is no part of requirements/dev.txt. The first finding ends the run.
set -eu
cd "$(dirname "$0")/.."
seconds=$1
bin=.tools/fuzz/bin
stamp=.tools/fuzz/.sopsmith-stamp

wanted() {
    cat requirements/runtime.txt requirements/fuzz.txt | cksum
}

if [ "$(wanted)" != "$(cat "$stamp" 2>/dev/null)" ]; then
    .venv/bin/python -m venv --clear .tools/fuzz
    "$bin/python" -m pip install --quiet --disable-pip-version-check \
        --require-hashes -r requirements/runtime.txt -r requirements/fuzz.txt
    wanted >"$stamp"
fi
found=$(mktemp -d)
for name in $(PYTHONPATH=src:. "$bin/python" -c \
    'from tests.fuzz.registry import load_targets; print(*load_targets())'); do
    printf '%-12s' "$name"
    log="$found/$name.log"
    if ! PYTHONPATH=src:. "$bin/python" -m tests.fuzz.run "$name" \
        "-max_total_time=$seconds" "-artifact_prefix=$found/$name-" >"$log" 2>&1; then
        echo "a finding: $(grep -A1 'Uncaught Python exception' "$log" | tail -n 1)"
        echo "hint: the input is beside $log" >&2
        exit 1
    fi
    sed -n 's/^stat::number_of_executed_units: *\([0-9]*\)/\1 runs, no finding/p' "$log"
done
rm -r "$found"
