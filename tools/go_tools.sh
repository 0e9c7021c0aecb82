#!/bin/sh
# Build the real tools and servers into .tools/bin, each once for each version: kustomize, sops,
# age, MinIO and actionlint as their own modules have them; etcd, Kubernetes, Argo CD and a small
# Redis by the mains in tools/go, whose go.mod and go.sum pin them. One after the other: the
# largest takes 2.8 GB of memory.
set -eu
cd "$(dirname "$0")/.."
. tools/versions.env
bin=$(pwd -P)/.tools/bin
mkdir -p "$bin" .tools/stamps

need_go() {
    if ! command -v go >/dev/null 2>&1; then
        echo "error: building $1 needs Go, and there is no go on PATH" >&2
        echo "hint: install Go 1.26 or newer; make test runs without it" >&2
        exit 1
    fi
}

# build PROGRAM VERSION PACKAGE: the stamp carries the version, so a new pin builds again.
build() {
    stamp=.tools/stamps/$1@$2
    if [ -x "$bin/$1" ] && [ -f "$stamp" ]; then
        return
    fi
    need_go "$1 $2"
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
build actionlint "$ACTIONLINT_VERSION" github.com/rhysd/actionlint/cmd/actionlint

# build_main PROGRAM [LINKER FLAGS]: of tools/go/PROGRAM; the stamp carries a sum of all that.
build_main() {
    sum=$({ cat "tools/go/$1/main.go" "tools/go/$1/go.mod" "tools/go/$1/go.sum"; echo "${2:-}"; } |
        cksum | tr ' ' -)
    stamp=.tools/stamps/$1@$sum
    if [ -x "$bin/$1" ] && [ -f "$stamp" ]; then
        return
    fi
    need_go "$1"
    echo "building $1" >&2
    rm -f ".tools/stamps/$1@"*
    (cd "tools/go/$1" && GOWORK=off GOFLAGS=-mod=readonly \
        go build -trimpath -buildvcs=false -ldflags "-s -w ${2:-}" -o "$bin/$1" .)
    : >"$stamp"
}

# parts_of PROGRAM PART...: one program is all of its parts, by the name that it is called by.
parts_of() {
    program=$1
    shift
    for part in "$@"; do
        ln -sf "$program" "$bin/$part"
    done
}

build_main redis
build_main etcd
kube_version=$(sed -n 's/^.*k8s.io\/kubernetes \(v[0-9.]*\)$/\1/p' tools/go/kubernetes/go.mod)
build_main kubernetes "-X k8s.io/component-base/version.gitVersion=$kube_version"
parts_of kubernetes kube-apiserver kube-controller-manager
build_main argocd
parts_of argocd argocd-application-controller argocd-applicationset-controller \
    argocd-cmp-server argocd-git-ask-pass argocd-repo-server

# The kinds that Argo CD brings to a cluster stand in its module.
argocd_version=$(sed -n 's/^.*argo-cd\/v3 \(v[0-9.]*\)$/\1/p' tools/go/argocd/go.mod)
if [ ! -f ".tools/stamps/crds@$argocd_version" ]; then
    need_go "the kinds of Argo CD"
    module=$(cd tools/go/argocd &&
        GOWORK=off go list -mod=readonly -m -f '{{.Dir}}' github.com/argoproj/argo-cd/v3)
    rm -rf .tools/crds ".tools/stamps/crds@"*
    mkdir -p .tools/crds
    cp "$module"/manifests/crds/*-crd.yaml .tools/crds/
    chmod u+w .tools/crds/*
    : >".tools/stamps/crds@$argocd_version"
fi
