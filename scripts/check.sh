#!/usr/bin/env bash
# Formatting, lints and tidiness: the one check command.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo fmt --all --check
cargo clippy --locked --workspace --all-targets -q -- -D warnings
cargo test --locked -q --test tidy
