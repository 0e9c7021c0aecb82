# Everything a clone can do. Each target sets itself up; `make` alone lists them.
.DEFAULT_GOAL := help
.PHONY: help setup tools demo test coverage check bench bench-page e2e fuzz reference docs lock clean
MAKEFLAGS += --no-builtin-rules

root := $(CURDIR)
bin := .venv/bin
export PATH := $(root)/.tools/bin:$(root)/.venv/bin:$(PATH)

help:  ## list the targets
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1\t/p' Makefile | expand -t 12

setup:  ## make .venv from the pinned requirements, when it is not up to date
	@tools/venv.sh

tools:  ## build the real tools and servers into .tools/bin (needs Go, ten minutes the first time)
	@tools/go_tools.sh

demo: setup  ## .env -> encrypted Secrets in Git -> rendered back, in a temporary folder
	@$(bin)/python tools/demo.py

test: check  ## check, then every test but the end-to-end ones
	@$(bin)/python -m pytest -m "not e2e" -n auto

coverage: setup  ## the same tests, and which lines they reach; half as long again
	@$(bin)/python -m pytest -m "not e2e" -n auto --cov=sopsmith --cov-report=term

check: setup  ## ruff and mypy --strict
	@$(bin)/ruff check .
	@$(bin)/ruff format --check .
	@$(bin)/mypy --strict

bench: setup  ## ratios against the real sops, and a real Argo CD's time, measured in one run
	@$(bin)/python -m bench.run $(BENCH_ARGS)
	@if [ -x .tools/bin/argocd-repo-server ]; then \
	    $(bin)/python -m bench.delivery --results bench/results.json; \
	else echo "Argo CD was not measured: make tools builds it" >&2; fi

bench-page: setup  ## write what bench found into docs/explanation/performance.md
	@$(bin)/python -m bench.page

e2e: setup tools  ## the end-to-end tests, against what `make tools` builds
	@tools/vectors.sh
	@$(bin)/python -m pytest -m e2e tests/e2e --ignore=tests/e2e/test_differential.py
	@$(bin)/python -m pytest -m e2e tests/interop -n 2
	@$(bin)/python -m pytest -m e2e tests/e2e/test_differential.py -n 2

fuzz: setup  ## fuzz every parser with atheris, FUZZ_SECONDS (60) each
	@tools/fuzz.sh $(or $(FUZZ_SECONDS),60)

reference: setup  ## write docs/reference/cli.md from the commands' own help
	@$(bin)/python tools/cli_reference.py

# Extras stay in the pins: without them pip refuses coverage[toml] in its hash mode as soon
# as there is a newer coverage than the pinned one.
compile := $(bin)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url \
    --no-strip-extras --no-header
docs: setup  ## the documentation as a site, in build/site
	@tools/docs.sh

lock: setup  ## pin the newest requirements again, with hashes
	@$(compile) --upgrade pyproject.toml -o requirements/runtime.txt
	@$(compile) --upgrade --extra dev pyproject.toml -o requirements/dev.txt
	@$(compile) --upgrade --no-annotate requirements/fuzz.in -o requirements/fuzz.txt
	@$(compile) --upgrade --no-annotate requirements/docs.in -o requirements/docs.txt
	@echo hatchling | $(compile) --no-annotate -c requirements/dev.txt - -o requirements/build.txt

clean:  ## remove all that was built
	rm -rf .venv .tools .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage build dist
	find . -path ./.git -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +
