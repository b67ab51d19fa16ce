#!/usr/bin/env bash
# Runs the folders of tests: all of them, or those that are named (`scripts/test.sh unit http`). What follows `--` goes to
# pytest. A lane is one pytest process over some folders. Lanes in one line run side by side; lines run one after the
# other. Fails at the end if a lane failed.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/tools-path.sh
# A lane: its folders : options of pytest. Tests of calls wait for speech in real time, so two lanes of them share the
# cores. Tests of speech compute, and would make calls stutter beside them.
steps=(
    "unit service http : -n 3 --dist worksteal"
    "call browser : --ignore=tests/call/scripted | call/scripted faults :"
    "speech : -n 2 --dist loadfile"
)
# Else each process would compile all code that it imports.
export PYTHONDONTWRITEBYTECODE=
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# Ctrl-C reaches pytest, too, which ends what it started.
trap : INT TERM

wanted=()
while (($#)) && [[ $1 != -- ]]; do
    [[ -d tests/$1 ]] || { echo "There is no folder tests/$1." >&2; exit 2; }
    wanted+=("$1")
    shift
done
(($#)) && shift

# Whether a folder, or the folder that it is in, was asked for.
is_wanted() { ((${#wanted[@]} == 0)) || [[ " ${wanted[*]} " == *" $1 "* || " ${wanted[*]} " == *" ${1%%/*} "* ]]; }

# run_lane NUMBER FOLDERS OPTIONS PYTEST-OPTIONS…: prints each line under the lane's name.
run_lane() {
    local number=$1 name=$2 options=$3 folders=() folder
    shift 3
    for folder in $name; do folders+=("tests/$folder"); done
    # shellcheck disable=SC2086 # the words of a lane are words of their own
    TEST_FIGURES="$scratch/$number.json" .venv/bin/python -m pytest "${folders[@]}" $options \
        "$@" 2>&1 | tee "$scratch/$number.out" | sed -u "s#^#${name// /+} | #"
    echo "${PIPESTATUS[0]}" >"$scratch/$number.status"
}

names=() began=$SECONDS
for step in "${steps[@]}"; do
    jobs=()
    IFS='|' read -ra lanes <<<"$step"
    for lane in "${lanes[@]}"; do
        IFS=: read -r folders options <<<"$lane"
        name=""
        for folder in $folders; do
            [[ -d tests/$folder ]] && is_wanted "$folder" && name+="${name:+ }$folder"
        done
        [[ -n $name ]] || continue
        names+=("$name")
        run_lane ${#names[@]} "$name" "$options" "$@" &
        jobs+=($!)
    done
    ((${#jobs[@]} == 0)) || wait "${jobs[@]}"
done

printf '\n'
failed=()
for number in $(seq ${#names[@]}); do
    name=${names[number - 1]}
    status=$(cat "$scratch/$number.status" 2>/dev/null || echo "no status")
    # 5: the options left no test.
    [[ $status == 0 || $status == 5 ]] || failed+=("$name")
    printf '%-20s %s\n' "$name" "$(tail -n 1 "$scratch/$number.out" | tr -d '=')"
done
shopt -s nullglob
.venv/bin/python -m tests.folders "$scratch"/*.json
printf 'All of it took %d s.\n' "$((SECONDS - began))"
if ((${#failed[@]})); then
    printf 'Failed: %s.\n' "$(IFS=,; echo "${failed[*]}")" >&2
    exit 1
fi
