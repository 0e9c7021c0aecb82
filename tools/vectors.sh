#!/bin/sh
# Fetch the published test vectors of AES-GCM and age as Go modules into .tools/vectors.
set -eu
cd "$(dirname "$0")/.."
. tools/versions.env
mkdir -p .tools/vectors

# fetch NAME MODULE VERSION: link the module's folder, as the Go client unpacked it.
fetch() {
    link=.tools/vectors/$1
    if [ -e "$link/go.mod" ] && [ "$(cat "$link.version" 2>/dev/null)" = "$3" ]; then
        return
    fi
    if ! command -v go >/dev/null 2>&1; then
        echo "error: fetching the vectors of $1 needs Go, and there is no go on PATH" >&2
        exit 1
    fi
    echo "fetching the vectors of $1" >&2
    folder=$(cd .tools && GOWORK=off GOFLAGS=-mod=mod go mod download -json "$2@$3" |
        sed -n 's/^[[:space:]]*"Dir": "\(.*\)",*$/\1/p')
    rm -f "$link"
    ln -s "$folder" "$link"
    echo "$3" >"$link.version"
}

fetch wycheproof github.com/c2sp/wycheproof "$WYCHEPROOF_VERSION"
fetch cctv-age c2sp.org/CCTV/age "$CCTV_AGE_VERSION"
