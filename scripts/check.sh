#!/usr/bin/env bash
# Checks that need no build: layers, file sizes, formatting. --fix formats in place.
set -euo pipefail
cd "$(dirname "$0")/.."
python3 scripts/check_layers.py
mapfile -t files < <(git ls-files --cached --others --exclude-standard '*.h' '*.cpp')
if [ "${1:-}" = --fix ]; then
  clang-format -i "${files[@]}"
else
  clang-format --dry-run --Werror "${files[@]}" || {
    echo "check: formatting differs; run scripts/check.sh --fix" >&2
    exit 1
  }
fi
echo "check: ${#files[@]} files are formatted"
