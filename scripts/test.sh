#!/usr/bin/env bash
# Runs the folders of tests: all of them, or those that are named (`scripts/test.sh unit http`). What follows `--` goes to
# pytest. A lane is one pytest process over some folders. Lanes in one line run side by side; lines run one after the
# other. Fails at the end if a lane failed.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/tools-path.sh
# A lane: its folders : options of pytest. Tests of calls wait for speech in real time, so two lanes of them share the
# cores, those that mostly wait beside those that need most. Tests of speech compute, and would make calls stutter beside
# them; those of its faults wait for servers.
steps=(
    "unit service http : -n 3 --dist worksteal"
    "call browser : --ignore=tests/call/scripted | faults call/scripted :"
    "speech : --ignore=tests/speech/faults -n 2 --dist loadfile | speech/faults :"
)
# Runs beside all steps with the lowest priority, in what they leave of the cores: its tests only compute. A test may
# have to wait while the others need both cores.
background="engines : --timeout 600"
lowest=19
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

# run_lane NUMBER PRIORITY FOLDERS OPTIONS PYTEST-OPTIONS…: prints each line under the lane's name.
run_lane() {
    local number=$1 priority=$2 name=$3 options=$4 folders=() folder
    shift 4
    for folder in $name; do folders+=("tests/$folder"); done
    # shellcheck disable=SC2086 # the words of a lane are words of their own
    TEST_FIGURES="$scratch/$number.json" nice -n "$priority" .venv/bin/python -m pytest "${folders[@]}" $options \
        "$@" 2>&1 | tee "$scratch/$number.out" | sed -u "s#^#${name// /+} | #"
    echo "${PIPESTATUS[0]}" >"$scratch/$number.status"
}

names=() jobs=() began=$SECONDS
# begin_lane PRIORITY LANE PYTEST-OPTIONS…: starts a lane with the folders of it that were asked for.
begin_lane() {
    local priority=$1 folders options folder name=""
    IFS=: read -r folders options <<<"$2"
    shift 2
    for folder in $folders; do
        [[ -d tests/$folder ]] && is_wanted "$folder" && name+="${name:+ }$folder"
    done
    [[ -n $name ]] || return 0
    names+=("$name")
    run_lane ${#names[@]} "$priority" "$name" "$options" "$@" &
    jobs+=($!)
}

begin_lane "$lowest" "$background" "$@"
beside=("${jobs[@]}")
for step in "${steps[@]}"; do
    jobs=()
    IFS='|' read -ra lanes <<<"$step"
    for lane in "${lanes[@]}"; do
        begin_lane 0 "$lane" "$@"
    done
    ((${#jobs[@]} == 0)) || wait "${jobs[@]}"
done
((${#beside[@]} == 0)) || wait "${beside[@]}"

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
