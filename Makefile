# Two commands: `make demo` settles two recorded nights, `make test` checks everything that the project promises.
# The others are parts of these, or tools for who changes the code.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help demo devnet services-up services-down test check docs abi deny clean install install-tests bench-demo bench-ingest bench-kernels bench-merkle soak

help: ## what there is to make
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

install: ## what building needs, from the package registries
	@scripts/install.sh build

install-tests: install ## what testing needs besides
	@scripts/install.sh tests

demo: install ## build, settle two recorded nights, print where the money went
	cargo build --profile demo --locked
	@target/demo/openbooks demo

devnet: install-tests ## a development chain with the real contracts, for `openbooks demo --chain`
	@scripts/devnet.sh

services-up: install-tests ## a Kafka broker, an S3 gateway and a development chain on loopback
	@scripts/services.sh up

services-down: ## stop them, and leave nothing behind
	@scripts/services.sh down

test: install-tests ## everything that the project promises, checked
	@scripts/test.sh

check: ## formatting, lints, tidiness
	@scripts/check.sh

docs: ## the pages that are made from definitions
	UPDATE_DOCS=1 cargo test --locked -q --workspace --lib the_page_of_tables_is_fresh

abi: install-tests ## contracts/abi, from the contracts
	@scripts/abi.sh

deny: ## bans, licences and sources of dependencies (builds cargo-deny once)
	@command -v cargo-deny >/dev/null || cargo install --locked cargo-deny
	cargo deny check bans licenses sources

bench-demo: install-tests ## the two nights: seconds and peak memory, beside the independent verifier
	cargo build --profile demo --locked
	@target/venv/bin/python benches/demo.py target/demo/openbooks target/venv/bin/python

bench-ingest: install-tests ## events a second from files and from a broker to tables, delays, memory; the gateway; the indexer (ten minutes)
	cargo bench --profile demo --locked --workspace --bench ingest --bench live

bench-kernels: ## products a second, beside a float library
	cargo bench --profile demo --locked --workspace --bench kernels

bench-merkle: install-tests ## a payout tree over a million leaves, beside other libraries (ten minutes, most of them the peers')
	cargo build --release --locked -q --manifest-path benches/merkrs/Cargo.toml --target-dir target/bench-merkrs
	cargo bench --profile demo --locked --workspace --bench merkle -- $(CURDIR)/target/bench-merkrs/release/bench-merkrs $(CURDIR)/tests/js/bench.mjs

soak: install-tests ## the kill loop with 40 kills over 200,000 receipts
	OPENBOOKS_SOAK=1 cargo test --locked --workspace --test kafka nothing_is_lost -- --nocapture

clean: ## forget what was built
	cargo clean
	rm -rf openbooks-demo
