#!/usr/bin/env bash
# A year of two villages, each under its own rulebooks, on one network of four real nodes on this machine: installs,
# builds, and shows it.
#   scripts/demo.sh           leaves the network running and says what to try next
#   scripts/demo.sh --once    ends it; exit code 0 only if every step held
# Other options go to `tally demo` (see `build/bin/tally demo --help`). Ctrl-C ends the network.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh
scripts/build.sh release tally tallyd
network=$PWD/build/demo-network
if [ -e "$network/devnet.json" ]; then
  echo "demo: removing the network of an earlier run"
  build/bin/tally devnet down --directory "$network" >/dev/null
fi
rm -rf "$network"
exec build/bin/tally demo --directory "$network" "$@"
