#!/bin/sh
# Build the real kustomize, sops, age and MinIO into .tools/bin, each once for each version.
set -eu
cd "$(dirname "$0")/.."
. tools/versions.env
bin=$(pwd -P)/.tools/bin
mkdir -p "$bin" .tools/stamps

# build PROGRAM VERSION PACKAGE: the stamp carries the version, so a new pin builds again.
build() {
    stamp=.tools/stamps/$1@$2
    if [ -x "$bin/$1" ] && [ -f "$stamp" ]; then
        return
    fi
    if ! command -v go >/dev/null 2>&1; then
        echo "error: building $1 $2 needs Go, and there is no go on PATH" >&2
        echo "hint: install Go 1.25 or newer; make test runs without it" >&2
        exit 1
    fi
    echo "building $1 $2" >&2
    rm -f ".tools/stamps/$1@"*
    (cd .tools && GOWORK=off GOFLAGS=-mod=mod GOBIN="$bin" go install "$3@$2")
    : >"$stamp"
}

build kustomize "$KUSTOMIZE_VERSION" sigs.k8s.io/kustomize/kustomize/v5
build sops "$SOPS_VERSION" github.com/getsops/sops/v3/cmd/sops
build age "$AGE_VERSION" filippo.io/age/cmd/age
build age-keygen "$AGE_VERSION" filippo.io/age/cmd/age-keygen
build minio "$MINIO_VERSION" github.com/minio/minio
