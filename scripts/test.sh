#!/usr/bin/env bash
# Runs the test folders: all, or those that are named (`scripts/test.sh unit http`). Arguments after `--` are passed to
# pytest. Lanes run one after the other, because each uses both cores. Fails at the end if one lane failed.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# A lane: its folders, then how pytest spreads them. Tests of calls and speech measure time, so they run alone.
lanes=(
    "unit service http : -n 2 --dist worksteal"
    "speech :"
    "call :"
    "browser :"
    "faults :"
)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

wanted=()
while (($#)) && [[ $1 != -- ]]; do
    [[ -d tests/$1 ]] || { echo "There is no folder tests/$1." >&2; exit 2; }
    wanted+=("$1")
    shift
done
(($#)) && shift

is_wanted() { ((${#wanted[@]} == 0)) || [[ " ${wanted[*]} " == *" $1 "* ]]; }

failed=() closing=() number=0
for lane in "${lanes[@]}"; do
    folders=()
    for folder in ${lane%%:*}; do
        [[ -d tests/$folder ]] && is_wanted "$folder" && folders+=("tests/$folder")
    done
    ((${#folders[@]})) || continue
    number=$((number + 1)) name="${folders[*]#tests/}"
    # shellcheck disable=SC2086 # a lane must be split into words
    CALLBOX_TEST_FIGURES="$scratch/$number.json" .venv/bin/python -m pytest "${folders[@]}" ${lane##*:} "$@" \
        | tee "$scratch/out"
    status=${PIPESTATUS[0]}
    ((status)) && failed+=("$name")
    closing+=("$(printf '%-18s %s' "$name" "$(tail -n 1 "$scratch/out" | tr -d '=')")")
done

printf '\n'
printf '%s\n' "${closing[@]}"
shopt -s nullglob
.venv/bin/python -m tests.folders "$scratch"/*.json
if ((${#failed[@]})); then
    printf 'Failed: %s.\n' "$(IFS=,; echo "${failed[*]}")" >&2
    exit 1
fi
