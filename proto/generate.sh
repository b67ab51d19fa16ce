#!/usr/bin/env bash
# Writes the typed Python stubs of proto/ into the folder given (default: gen).
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
out=${1:-$root/gen}
rm -rf "$out/callbox" && mkdir -p "$out"
cd "$root/proto"
"$root/.venv/bin/python" -m grpc_tools.protoc -I . \
  --plugin=protoc-gen-mypy="$root/.venv/bin/protoc-gen-mypy" \
  --plugin=protoc-gen-mypy_grpc="$root/.venv/bin/protoc-gen-mypy_grpc" \
  --python_out="$out" --grpc_python_out="$out" --mypy_out="$out" --mypy_grpc_out="$out" \
  $(find callbox -name '*.proto' | sort)
find "$out/callbox" -type d -exec touch {}/__init__.py \;
