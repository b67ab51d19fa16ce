#!/usr/bin/env bash
# Runs the folders of tests: all of them, or those that are named (`scripts/test.sh unit http`); what follows `--` goes
# to pytest. Lanes run one after the other, because each of them uses both cores. Fails at the end if one of them failed.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# A lane: its folders : how pytest spreads them : the marks of the tests it takes. Calls and speech are judged by time,
# and get the machine to themselves.
lanes=(
    "unit service http : -n 2 --dist worksteal : not alone"
    "service : : alone"
    "speech : :"
    "call : :"
    "browser : :"
    "faults : :"
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
    IFS=: read -r names spread marks <<<"$lane"
    folders=()
    for folder in $names; do
        [[ -d tests/$folder ]] && is_wanted "$folder" && folders+=("tests/$folder")
    done
    ((${#folders[@]})) || continue
    number=$((number + 1)) name="${folders[*]#tests/}"
    # shellcheck disable=SC2086 # the words of a lane are words of their own
    CALLBOX_TEST_FIGURES="$scratch/$number.json" .venv/bin/python -m pytest "${folders[@]}" $spread -m "${marks# }" "$@" \
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
