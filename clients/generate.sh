#!/usr/bin/env bash
# Writes the generated parts of both clients from the gateway's OpenAPI document into the folder given (default: clients).
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
out=${1:-$root/clients}
bin=$root/.venv/bin
. "$root/scripts/tools-path.sh"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

if [[ ! -x $root/clients/typescript/node_modules/.bin/openapi-typescript ]]; then
    echo "clients/typescript has no packages yet: run 'npm ci' there, or scripts/setup.sh test." >&2
    exit 1
fi
(cd "$root" && "$bin/python" -m services.gateway.openapi.document) >"$scratch/openapi.json"

package=$out/python/callbox_client
rm -rf "$package" && mkdir -p "$out/python" "$out/typescript/src"
"$bin/openapi-python-client" generate --path "$scratch/openapi.json" --meta none \
    --config "$root/clients/python/generator.yml" --output-path "$package" >"$scratch/log" 2>&1 \
    || { cat "$scratch/log" >&2; exit 1; }
# The generator leaves out, with a warning, what it does not understand.
if grep -q -i -E 'warning|error' "$scratch/log"; then
    cat "$scratch/log" >&2
    exit 1
fi
rm -rf "$package/.ruff_cache"
# Where a required body has several types, the generator makes it optional by a name that it does not import
# (openapi-python-client issue 1451); every body of this document is required.
find "$package/api" -name '*.py' -exec sed -i -E 's/^( *body: .*) \| Unset = UNSET,$/\1,/' {} +
"$bin/python" "$root/clients/python/read_csv.py" "$scratch/openapi.json" "$package"
"$bin/ruff" check --isolated --quiet --fix --no-cache --select I,F401,F811 --line-length 120 "$package" || true
"$bin/ruff" format --isolated --quiet --no-cache --line-length 120 "$package"

node "$root/clients/typescript/node_modules/openapi-typescript/bin/cli.js" "$scratch/openapi.json" \
    --output "$out/typescript/src/schema.ts" >"$scratch/log" 2>&1 || { cat "$scratch/log" >&2; exit 1; }
