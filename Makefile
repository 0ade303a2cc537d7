# Every target is a short name for one command; `make` alone lists them.

SHELL := /bin/sh
.DEFAULT_GOAL := help
# Neither directory names nor parallel runs may stand in the way: cargo parallelises itself.
.PHONY: help postgres build demo test openapi fmt lint doc compose-check schemathesis bench bench-access bench-audit fuzz ci
.NOTPARALLEL:

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)$$/\1|\2/p' Makefile | while IFS='|' read -r name text; do printf '  %-14s %s\n' "$$name" "$$text"; done

postgres: ## make sure PostgreSQL's server programs are installed
	@sh scripts/ensure-postgres.sh

build: ## build the release binary
	cargo build --release --locked

# Quiet, so that standard output carries what the program prints and nothing else.
demo: postgres ## try the service out; options go into ARGS, e.g. make demo ARGS="--exit --json"
	@cargo run --locked --quiet -- demo $(ARGS)

test: postgres ## run all tests
	cargo test --locked

bench-audit: postgres ## measure posting with and without the sealer
	cargo test --release --locked --test integration audit::bench -- --ignored --nocapture

openapi: ## write openapi.json and docs/ACCESS.md anew
	UPDATE_OPENAPI=1 cargo test --locked --test integration openapi

fmt: ## format the sources
	cargo fmt

lint: ## run clippy, every warning counting as an error
	cargo clippy --locked --all-targets -- -D warnings

doc: ## build the documentation, every warning counting as an error
	RUSTDOCFLAGS=-Dwarnings cargo doc --locked --no-deps --document-private-items

compose-check: ## check docker-compose.yml
	@sh scripts/check-compose.sh

schemathesis: postgres ## send generated requests to every endpoint and hold the answers against openapi.json
	@sh scripts/schemathesis.sh

bench: postgres ## measure the service with a hundred thousand payees beside pgbench; figures also go to target/bench/load.json
	cargo bench --locked --bench load

bench-access: postgres ## measure what authentication adds to a request; figures also go to target/bench/access.json
	cargo bench --locked --bench access

fuzz: ## fuzz what reads files from outside; seconds and targets go into ARGS, e.g. make fuzz ARGS="300 table_csv"
	@sh scripts/fuzz.sh $(ARGS)

ci: ## run everything that has to pass before a change is merged
	bash .ci/run
