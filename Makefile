# Everything is done by name: `make help` lists what there is.
SHELL := /bin/sh
.DEFAULT_GOAL := help

PYTHON ?= python3
export CARGO_TARGET_DIR ?= $(CURDIR)/target
DIST := $(CURDIR)/dist
RELEASE := $(CARGO_TARGET_DIR)/release
VENV := $(CURDIR)/.run/tests-venv

APP ?= web2py
export APP

.PHONY: example help setup build web run test test-rust test-web test-python test-libraries api api-check lint bench soak fuzz clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: ## install what the tests need (a Python environment, web packages, Chromium)
	@sh scripts/setup.sh "$(PYTHON)" "$(VENV)"

web: ## build the dashboard into web/dist
	@sh scripts/build_web.sh

build: web ## build the haechi binary and the Python package into dist/
	@sh scripts/build.sh "$(RELEASE)" "$(DIST)"

example: build
	@if [ "$(APP)" = rust ]; then sh scripts/build_example.sh "$(RELEASE)" "$(DIST)"; fi

run: example ## run an example app under haechi, with visitors (APP=rust: in Rust; VISITORS=0: none)
	@$(PYTHON) scripts/run.py

test: test-rust test-libraries test-web test-python ## run all tests

test-rust: web ## unit and property tests of the crates
	@sh scripts/test_rust.sh

test-web: web ## unit tests of the dashboard
	@cd web && npm run --silent test

test-python: build setup ## tests across processes: real servers, a real browser
	@$(VENV)/bin/python -m pytest -q tests

test-libraries: ## tests beside sqlx, reqwest and OpenTelemetry, which take a minute to build
	@cd tests/rust_libraries && CARGO_TARGET_DIR="$(CARGO_TARGET_DIR)/libraries" cargo test --quiet

api: ## write docs/api.txt, what the crate haechi offers, anew
	@sh scripts/api.sh --write

api-check: ## compare what the crate haechi offers with docs/api.txt
	@sh scripts/api.sh

lint: web ## formatting, lints, budgets
	@sh scripts/lint.sh "$(PYTHON)" "$(VENV)"

bench: build setup ## measure against peers, print tables
	@$(VENV)/bin/python bench/run.py

soak: build setup ## the long versions of the kill tests, and pages left open (more than an hour)
	@HAECHI_SOAK=1 $(VENV)/bin/python -m pytest -q tests -k "kill or soak"

fuzz: ## run each fuzz target for a minute (needs cargo-fuzz: cargo install cargo-fuzz)
	@cd fuzz && for target in $$(sed -n 's/^name = "\(.*\)"$$/\1/p' Cargo.toml | tail -n +2); do \
		RUSTC_BOOTSTRAP=1 cargo fuzz run --fuzz-dir . $$target -- -max_total_time=60 || exit 1; \
	done

clean: ## remove what was built and run here
	rm -rf dist .run web/dist web/node_modules
	cargo clean
