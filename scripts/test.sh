#!/usr/bin/env bash
# Checks style and layers, builds everything in release, and runs all tests through CTest.
#   scripts/test.sh            all tests
#   scripts/test.sh -R ledger  only those whose name matches (options go to ctest)
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh
scripts/check.sh
scripts/build.sh release
ctest --preset release -j "$(nproc)" "$@"
