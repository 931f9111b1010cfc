#!/usr/bin/env bash
# Installs what building and testing need on Debian 12. Idempotent; asks nothing.
set -euo pipefail

packages=(
  g++ cmake ninja-build ccache mold pkg-config clang-format git python3
  libboost1.81-dev libre2-dev librocksdb-dev libsodium-dev libssl-dev
  nlohmann-json3-dev libcli11-dev libspdlog-dev libfmt-dev libtomlplusplus-dev
  catch2 libbenchmark-dev
  libqrencode-dev libzxing-dev libpango1.0-dev libcairo2-dev libgdk-pixbuf-2.0-dev fonts-dejavu-core fonts-droid-fallback
)

missing=()
for package in "${packages[@]}"; do
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  echo "setup: all ${#packages[@]} packages are installed"
  exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || {
    echo "setup: needs root (or sudo) to install: ${missing[*]}" >&2
    exit 1
  }
  as_root=(sudo)
fi
echo "setup: installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
echo "setup: done"
