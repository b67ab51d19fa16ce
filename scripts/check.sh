#!/usr/bin/env bash
# Runs all checks that do not need a running Callbox. Fails at the end if one failed.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/tools-path.sh
bin=.venv/bin
python_code=(services caller measure cli deploy bench examples tests)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=()

check() {
    local name=$1 began=$SECONDS
    shift
    if "$@" >"$scratch/out" 2>&1; then
        printf 'check %-16s ok      %3d s\n' "$name" "$((SECONDS - began))"
    else
        printf 'check %-16s FAILED  %3d s\n' "$name" "$((SECONDS - began))"
        sed 's/^/    /' "$scratch/out"
        failed+=("$name")
    fi
}

stubs_are_fresh() {
    proto/generate.sh "$scratch/gen" && diff -r -x __pycache__ gen/callbox "$scratch/gen/callbox" \
        || { echo "The generated stubs are stale: run 'make proto'."; return 1; }
}

# Checks that proto/ is compatible with the commit before this one.
promises_are_kept() {
    git rev-parse --verify --quiet 'HEAD~1:proto' >/dev/null || { echo "the commit before has no proto/"; return 0; }
    local before="$scratch/before"
    mkdir -p "$before" && git archive HEAD~1 proto | tar -x -C "$before" \
        && "$bin/buf" breaking proto --against "$before/proto"
}

has_web_types() { [[ -d web/node_modules ]]; }

check "ruff"           "$bin/ruff" check --quiet .
check "ruff format"    "$bin/ruff" format --check --quiet .
check "mypy"           "$bin/mypy" "${python_code[@]}"
check "imports"        "$bin/lint-imports"
check "buf lint"       "$bin/buf" lint proto
check "buf breaking"   promises_are_kept
check "stubs"          stubs_are_fresh
if has_web_types; then
    check "web types"  npm --prefix web run --silent typecheck
    check "web units"  npm --prefix web run --silent test --if-present
fi

if ((${#failed[@]})); then
    printf 'check failed: %s\n' "${failed[*]}" >&2
    exit 1
fi
